-- name: context
-- Everything that the handoff contexts of the contacts are made of: one row per contact, in one round trip.
SELECT place, contact_id::text, profile_id::text, profile_revision, conversation_revision, stamp, parts::text AS parts
FROM context(%(tenant)s, %(wanted)s::json, %(limits)s::jsonb);

-- name: known_by
-- What candidates are known by: sealed attributes of their records, and the namespaces of their identifiers.
SELECT
    m.profile_id, m.namespace, encode(m.key, 'hex') AS key, m.node_id, s.attributes
FROM node AS m
LEFT JOIN source_record AS s ON s.tenant_id = m.tenant_id AND s.node_id = m.node_id
WHERE m.tenant_id = %(tenant)s AND m.profile_id = ANY (%(profiles)s::uuid[])
LIMIT 1000;
