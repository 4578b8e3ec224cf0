-- name: reviews
-- A page of the open reviews, the oldest first.
SELECT
    v.review_id AS id, v.reason, v.probability, v.open_time_us AS open, a.profile_id AS profile_a,
    b.profile_id AS profile_b, a.namespace AS namespace_a, b.namespace AS namespace_b
FROM review AS v
JOIN node AS a ON a.tenant_id = v.tenant_id AND a.node_id = v.node_a
JOIN node AS b ON b.tenant_id = v.tenant_id AND b.node_id = v.node_b
WHERE v.tenant_id = %(tenant)s AND v.close_time_us IS NULL AND NOT v.waits
    AND (v.open_time_us, v.review_id) > (%(after_us)s::bigint, %(after_id)s::uuid)
    AND (%(reasons)s::text[] IS NULL OR v.reason = ANY (%(reasons)s::text[]))
ORDER BY v.open_time_us, v.review_id LIMIT %(most)s;

-- name: reviews_total
-- How many reviews are open, and how many wait until they may be.
SELECT count(*) FILTER (WHERE NOT v.waits) AS total, count(*) FILTER (WHERE v.waits) AS waiting FROM review AS v
WHERE v.tenant_id = %(tenant)s AND v.close_time_us IS NULL
    AND (%(reasons)s::text[] IS NULL OR v.reason = ANY (%(reasons)s::text[]));

-- name: open_waiting
-- As many of the reviews that wait as their sources may open today, the oldest first.
UPDATE review AS v SET waits = false, open_time_us = %(now)s
FROM (
    SELECT w.review_id FROM (
        SELECT x.review_id, x.source, row_number() OVER (PARTITION BY x.source ORDER BY x.open_time_us, x.review_id) AS place
        FROM review AS x
        WHERE x.tenant_id = %(tenant)s AND x.waits AND x.close_time_us IS NULL
    ) AS w
    CROSS JOIN LATERAL (
        SELECT count(*) AS opened FROM review AS y
        WHERE y.tenant_id = %(tenant)s AND y.source = w.source AND y.open_time_us > %(now)s - 86400000000 AND NOT y.waits
    ) AS o
    WHERE w.place <= %(budget)s - o.opened
) AS d
WHERE v.tenant_id = %(tenant)s AND v.review_id = d.review_id;

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
