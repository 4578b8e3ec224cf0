-- name: stating_records
-- The records that state identifiers, as they stand.
SELECT
    n.node_id AS node, n.namespace, n.core_id AS core, n.profile_id AS profile, r.node_id AS record,
    r.namespace AS source, r.core_id AS record_core, r.profile_id AS record_profile, s.features
FROM unnest(%(nodes)s::uuid[]) AS g (node_id)
CROSS JOIN LATERAL (
    SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = g.node_id LIMIT 1
) AS n
CROSS JOIN LATERAL (
    SELECT one.subject_id FROM evidence AS one
    WHERE one.tenant_id = %(tenant)s AND one.node_id = n.node_id AND one.role = 1 AND one.assurance > 1
        AND NOT one.withdrawn
) AS e
CROSS JOIN LATERAL (
    SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = e.subject_id LIMIT 1
) AS r
CROSS JOIN LATERAL (
    SELECT one.* FROM source_record AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = r.node_id LIMIT 1
) AS s
WHERE r.node_id <> n.node_id
ORDER BY n.node_id, r.node_id;

-- name: begin_anew
-- Identifiers that were released, or that their last record took back, begin anew with what comes after that.
UPDATE node AS n SET anew_time_us = %(time_us)s, anew_record = %(record)s
WHERE n.tenant_id = %(tenant)s AND n.node_id = ANY (%(nodes)s::uuid[]);

-- name: unbind
-- What answers bound to a record is not, since the record no longer states it.
UPDATE link AS l SET state = 'withdrawn'
FROM unnest(%(nodes)s::uuid[]) AS g (node_id)
WHERE l.tenant_id = %(tenant)s AND l.node_a = least(g.node_id, %(record)s::uuid)
    AND l.node_b = greatest(g.node_id, %(record)s::uuid) AND l.kind IN ('bound', 'settled');

-- name: taken_back_lately
-- The identifiers of keys that records of a source took back since a time; `successor`: the node that has begun since, if
-- one has.
SELECT n.node_id AS node, m.node_id AS successor, n.anew_record AS record, s.features
FROM unnest(%(keys)s::bytea[]) AS k (key)
CROSS JOIN LATERAL (
    SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.key = k.key LIMIT 1000
) AS n
CROSS JOIN LATERAL (
    SELECT one.* FROM source_record AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = n.anew_record LIMIT 1
) AS s
LEFT JOIN LATERAL (
    SELECT one.node_id FROM node AS one
    WHERE one.tenant_id = %(tenant)s AND one.key = n.key AND one.epoch = n.epoch + 1 LIMIT 1
) AS m ON true
WHERE n.anew_time_us > %(after_us)s AND n.anew_time_us <= %(before_us)s AND s.source = %(source)s
ORDER BY n.node_id;

-- name: left_by
-- Of some identifiers those that began anew because a record took them back.
SELECT n.node_id AS node, m.node_id AS successor, n.anew_record AS record, s.features
FROM unnest(%(nodes)s::uuid[]) AS g (node_id)
CROSS JOIN LATERAL (
    SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = g.node_id LIMIT 1
) AS n
CROSS JOIN LATERAL (
    SELECT one.* FROM source_record AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = n.anew_record LIMIT 1
) AS s
LEFT JOIN LATERAL (
    SELECT one.node_id FROM node AS one
    WHERE one.tenant_id = %(tenant)s AND one.key = n.key AND one.epoch = n.epoch + 1 LIMIT 1
) AS m ON true
WHERE n.anew_record = %(record)s
ORDER BY n.node_id;

-- name: goes_on
-- What was taken back is stated again: it never was.
UPDATE node AS n SET anew_time_us = NULL, anew_record = NULL
WHERE n.tenant_id = %(tenant)s AND n.node_id = ANY (%(nodes)s::uuid[]);

-- name: bind_again
-- What answers bound to the record that took it back is bound again.
UPDATE link AS l SET state = 'active'
FROM unnest(%(nodes)s::uuid[], %(records)s::uuid[]) AS g (node_id, record)
WHERE l.tenant_id = %(tenant)s AND l.node_a = least(g.node_id, g.record) AND l.node_b = greatest(g.node_id, g.record)
    AND l.kind IN ('bound', 'settled');
