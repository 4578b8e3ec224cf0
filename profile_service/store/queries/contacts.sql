-- name: contact_targets
-- The contacts that events name, by id or by the platform's key: one row per event that names a known one.
SELECT
    r.place, c.contact_id AS id, c.conversation_id AS conversation, coalesce(n.profile_id, c.contact_id) AS profile_id,
    c.source, c.channel, c.direction, c.initiation, c.start_time_us AS start, c.end_time_us AS "end",
    c.channel_change AS change, c.corrected, c.payload, c.ending, c.updated, c.updates,
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
-- What a contact brought, but for what was taken back.
SELECT e.node_id, e.assurance, e.role, e.method, e.person, n.namespace, n.key
FROM evidence AS e
JOIN node AS n ON n.tenant_id = e.tenant_id AND n.node_id = e.node_id
WHERE e.tenant_id = %(tenant)s AND e.subject_id = %(subject)s AND NOT e.withdrawn;

-- name: shown_in_call
-- What who speaks in a contact showed there, or in the legs of its call before it, taken back or not.
SELECT
    e.node_id AS node, n.namespace, e.assurance, e.method,
    g.until IS NULL AND NOT e.withdrawn AS stands
FROM contact AS c
CROSS JOIN LATERAL legs_of(%(tenant)s, c.contact_id, c.start_time_us, c.persons, c.legs, NULL) AS g
CROSS JOIN LATERAL (
    SELECT one.* FROM evidence AS one WHERE one.tenant_id = %(tenant)s AND one.subject_id = g.contact_id LIMIT 1000
) AS e
CROSS JOIN LATERAL (
    SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = e.node_id LIMIT 1
) AS n
WHERE c.tenant_id = %(tenant)s AND c.contact_id = %(contact)s AND e.role = 1 AND e.person = g.person
    AND (g.until IS NULL OR e.occur_time_us <= g.until);
