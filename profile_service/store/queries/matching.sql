-- name: candidates
-- What records are matched with, many calls at once.
SELECT part, call, place, profile_id, node_id, number, sealed
FROM candidates(%(tenant)s, %(wanted)s::jsonb, %(cap)s, %(most)s);

-- name: all_records
-- A page of a tenant's source records, to learn from.
SELECT s.node_id, s.occur_time_us, s.features FROM source_record AS s
WHERE s.tenant_id = %(tenant)s AND s.node_id > %(after)s::uuid
ORDER BY s.node_id LIMIT %(most)s;
