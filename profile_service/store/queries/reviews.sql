-- name: reviews
-- A page of the open reviews, the oldest first.
SELECT
    v.review_id AS id, v.reason, v.probability, v.open_time_us AS open, a.profile_id AS profile_a,
    b.profile_id AS profile_b, a.namespace AS namespace_a, b.namespace AS namespace_b
FROM review AS v
JOIN node AS a ON a.tenant_id = v.tenant_id AND a.node_id = v.node_a
JOIN node AS b ON b.tenant_id = v.tenant_id AND b.node_id = v.node_b
WHERE v.tenant_id = %(tenant)s AND v.close_time_us IS NULL
    AND (v.open_time_us, v.review_id) > (%(after_us)s::bigint, %(after_id)s::uuid)
    AND (%(reasons)s::text[] IS NULL OR v.reason = ANY (%(reasons)s::text[]))
ORDER BY v.open_time_us, v.review_id LIMIT %(most)s;

-- name: reviews_total
-- How many reviews are open.
SELECT count(*) AS total FROM review AS v
WHERE v.tenant_id = %(tenant)s AND v.close_time_us IS NULL
    AND (%(reasons)s::text[] IS NULL OR v.reason = ANY (%(reasons)s::text[]));

-- name: duplicates
-- A page of the open reviews of records of a source that the source has twice.
SELECT
    v.review_id AS id, v.open_time_us AS open, a.profile_id AS profile, a.node_id AS node_a, a.value AS value_a,
    b.node_id AS node_b, b.value AS value_b
FROM review AS v
JOIN node AS a ON a.tenant_id = v.tenant_id AND a.node_id = v.node_a
JOIN node AS b ON b.tenant_id = v.tenant_id AND b.node_id = v.node_b
WHERE v.tenant_id = %(tenant)s AND v.close_time_us IS NULL AND a.namespace = %(source)s
    AND (%(reasons)s::text[] IS NULL OR v.reason = ANY (%(reasons)s::text[]))
    AND (v.open_time_us, v.review_id) > (%(after_us)s::bigint, %(after_id)s::uuid)
ORDER BY v.open_time_us, v.review_id LIMIT %(most)s;
