-- name: context
-- Everything that the handoff contexts of the contacts are made of: one row per contact, in one round trip.
SELECT place, contact_id::text, profile_id::text, profile_revision, conversation_revision, stamp, parts
FROM context_v1(%(tenant)s, %(wanted)s::json);

-- name: known_by
-- What candidates are known by: sealed attributes of their records, and the namespaces of their identifiers.
SELECT
    m.profile_id, m.namespace, encode(m.key, 'hex') AS key, m.node_id, encode(s.attributes, 'base64') AS attributes
FROM node AS m
LEFT JOIN source_record AS s ON s.tenant_id = m.tenant_id AND s.node_id = m.node_id
WHERE m.tenant_id = %(tenant)s AND m.profile_id = ANY (%(profiles)s::uuid[])
LIMIT 1000;

-- name: contact_targets
-- The contacts that events name, by id or by the platform's key: one row per event that names a known one.
SELECT
    r.place, c.contact_id, c.conversation_id, c.channel, c.source, c.brand, c.anchor_node,
    c.start_digest IS NOT NULL AS started, encode(c.end_digest, 'hex') AS end_digest, c.corrected, c.corrected_node,
    c.anchor_assurance, c.shared, c.ambiguous, c.start_time_us, encode(c.payload, 'base64') AS payload,
    encode(c.ending, 'base64') AS ending, c.direction, c.initiation, c.channel_change, c.answer,
    coalesce(n.profile_id, c.contact_id)::text AS profile_id, c.end_time_us
FROM json_to_recordset(%(wanted)s::json) AS r (place integer, contact_id uuid, key bytea)
CROSS JOIN LATERAL (
    SELECT d.* FROM contact AS d WHERE d.tenant_id = %(tenant)s AND d.contact_id = r.contact_id
    UNION ALL
    SELECT d.* FROM contact AS d WHERE d.tenant_id = %(tenant)s AND d.key = r.key
    LIMIT 1
) AS c
LEFT JOIN node AS n ON n.tenant_id = %(tenant)s AND n.node_id = c.anchor_node;

-- name: contact_evidence
-- What a contact brought.
SELECT e.node_id, e.assurance, e.role, e.method, e.channel, e.occur_time_us, n.namespace, n.profile_id, n.shared,
    n.key, n.epoch
FROM evidence AS e
JOIN node AS n ON n.tenant_id = e.tenant_id AND n.node_id = e.node_id
WHERE e.tenant_id = %(tenant)s AND e.subject_id = %(subject)s AND NOT e.withdrawn;
