-- name: contact_targets
-- The contacts that events name, by id or by the platform's key: one row per event that names a known one.
SELECT
    r.place, c.contact_id AS id, c.conversation_id AS conversation, coalesce(n.profile_id, c.contact_id) AS profile_id,
    c.source, c.channel, c.direction, c.initiation, c.start_time_us AS start, c.end_time_us AS "end",
    c.channel_change AS change, c.corrected, c.payload, c.ending,
    c.brand, c.anchor_node, c.persons, c.start_digest IS NOT NULL AS is_started, c.end_digest, c.answer
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
SELECT e.node_id, e.assurance, e.role, e.method, e.person, n.namespace, n.key
FROM evidence AS e
JOIN node AS n ON n.tenant_id = e.tenant_id AND n.node_id = e.node_id
WHERE e.tenant_id = %(tenant)s AND e.subject_id = %(subject)s AND NOT e.withdrawn;
