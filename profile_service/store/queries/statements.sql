-- name: stated_by
-- All that a record states.
SELECT e.node_id AS node, e.assurance, n.key
FROM evidence AS e
CROSS JOIN LATERAL (
    SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = e.node_id LIMIT 1
) AS n
WHERE e.tenant_id = %(tenant)s AND e.subject_id = %(record)s AND NOT e.withdrawn AND e.role = 1
ORDER BY e.node_id;

-- name: to_settle
-- Values whose time to settle is over, the oldest first.
SELECT
    e.subject_id AS record, e.node_id AS node, e.settle_time_us AS time, n.namespace, n.key, r.namespace AS source,
    r.key AS record_key
FROM evidence AS e
CROSS JOIN LATERAL (
    SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = e.node_id LIMIT 1
) AS n
CROSS JOIN LATERAL (
    SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = e.subject_id LIMIT 1
) AS r
WHERE e.tenant_id = %(tenant)s AND e.settle_time_us <= %(now)s AND NOT e.withdrawn
ORDER BY e.settle_time_us LIMIT %(most)s;

-- name: settle
-- A value has settled: it counts from then on.
UPDATE evidence AS e SET assurance = %(assurance)s, occur_time_us = e.settle_time_us, settle_time_us = NULL
WHERE e.tenant_id = %(tenant)s AND e.subject_id = %(record)s AND e.node_id = %(node)s
    AND e.settle_time_us = %(time_us)s AND NOT e.withdrawn
RETURNING 1;
