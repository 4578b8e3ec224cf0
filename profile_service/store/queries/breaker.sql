-- name: merge_rates
-- Changes and merges of an hour, and of the hours before it.
SELECT m.hour < %(hour)s AS usual, sum(m.changes)::bigint AS changes, sum(m.merges)::bigint AS merges
FROM merge_rate AS m
WHERE m.tenant_id = %(tenant)s AND m.hour BETWEEN %(first)s AND %(hour)s
GROUP BY 1;

-- name: latest_breaker
-- The breaker that is tripped, else the one that was lifted last.
SELECT b.breaker_id AS id, b.hour, b.changes, b.merges, b.usual_share, b.trip_time_us, b.lift_time_us
FROM breaker AS b
WHERE b.tenant_id = %(tenant)s
ORDER BY b.lift_time_us DESC NULLS FIRST LIMIT 1;

-- name: breaker_of_hour
-- Whether an hour tripped the breaker already.
SELECT b.breaker_id FROM breaker AS b WHERE b.tenant_id = %(tenant)s AND b.hour = %(hour)s LIMIT 1;

-- name: held_merges
-- Merges that the breaker holds.
SELECT v.review_id AS review, v.node_a, v.node_b FROM review AS v
WHERE v.tenant_id = %(tenant)s AND v.close_time_us IS NULL AND v.reason = 'held' AND v.review_id > %(after)s::uuid
ORDER BY v.review_id LIMIT %(most)s;
