-- name: records_stating
-- The records that state identifiers, also as they were before they began anew, and whether the identifiers were proved in
-- another contact. `record` is null where nothing states one.
SELECT
    n.node_id AS node, n.namespace, r.node_id AS record, r.namespace AS source, s.features, coalesce(p.is_so, false) AS proved
FROM unnest(%(nodes)s::uuid[]) AS w (node_id)
CROSS JOIN LATERAL (
    SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = w.node_id LIMIT 1
) AS n
LEFT JOIN LATERAL (
    SELECT m.node_id, m.namespace FROM (
        SELECT one.node_id FROM node AS one
        WHERE one.tenant_id = %(tenant)s AND one.key = n.key AND one.epoch <= n.epoch LIMIT 100
    ) AS f
    CROSS JOIN LATERAL (
        SELECT one.* FROM evidence AS one
        WHERE one.tenant_id = %(tenant)s AND one.node_id = f.node_id AND one.role = 1 AND one.assurance > 1
            AND NOT one.withdrawn
        LIMIT 1000
    ) AS e
    CROSS JOIN LATERAL (
        SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = e.subject_id LIMIT 1
    ) AS m
    WHERE m.namespace LIKE 'record/%%' AND m.node_id <> n.node_id
    LIMIT 20
) AS r ON true
LEFT JOIN LATERAL (
    SELECT true AS is_so
    FROM (
        SELECT one.node_id FROM node AS one
        WHERE one.tenant_id = %(tenant)s AND one.key = n.key AND one.epoch <= n.epoch LIMIT 100
    ) AS f
    CROSS JOIN LATERAL (
        SELECT one.subject_id FROM evidence AS one
        WHERE one.tenant_id = %(tenant)s AND one.node_id = f.node_id AND one.assurance = 4 AND NOT one.withdrawn LIMIT 1000
    ) AS e
    LEFT JOIN LATERAL (
        SELECT one.node_id FROM source_record AS one
        WHERE one.tenant_id = %(tenant)s AND one.node_id = e.subject_id LIMIT 1
    ) AS o ON true
    WHERE e.subject_id <> ALL (%(but)s::uuid[]) AND o.node_id IS NULL
    LIMIT 1
) AS p ON true
LEFT JOIN source_record AS s ON s.tenant_id = %(tenant)s AND s.node_id = r.node_id;

-- name: proved_together
-- The pairs of identifiers that were proved together in a contact.
SELECT l.node_a, l.node_b
FROM unnest(%(nodes)s::uuid[]) AS w (node_id)
CROSS JOIN LATERAL (
    SELECT one.* FROM link AS one
    WHERE one.tenant_id = %(tenant)s AND one.node_a = w.node_id AND one.node_b = ANY (%(nodes)s::uuid[])
    LIMIT 100
) AS l
WHERE l.kind IN ('presented', 'bound') AND l.state = 'active' AND l.assurance_a = 4 AND l.assurance_b = 4;
