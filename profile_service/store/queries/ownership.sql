-- name: sources_stating
-- The sources whose records state an identifier.
SELECT DISTINCT s.source
FROM (
    SELECT one.subject_id FROM evidence AS one
    WHERE one.tenant_id = %(tenant)s AND one.node_id = %(node)s AND one.role = 1 AND one.assurance > 1
        AND NOT one.withdrawn
    LIMIT 1000
) AS e
CROSS JOIN LATERAL (
    SELECT one.source FROM source_record AS one
    WHERE one.tenant_id = %(tenant)s AND one.node_id = e.subject_id LIMIT 1
) AS s;

-- name: last_released
-- The latest node of a key, where it was released.
SELECT n.node_id AS node, n.profile_id AS profile, (
    SELECT f.node_id FROM node AS f
    WHERE f.tenant_id = %(tenant)s AND f.key = n.key AND f.epoch = n.epoch - 1 AND f.anew_time_us = n.ended_time_us
) AS former
FROM (
    SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.key = %(key)s ORDER BY one.epoch DESC LIMIT 1
) AS n
WHERE n.ended_time_us IS NOT NULL AND NOT n.renewed;
