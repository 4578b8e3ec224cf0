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

-- name: forget_codes
-- Carry-over codes that expired before a time are forgotten.
DELETE FROM carry_over AS w WHERE w.tenant_id = %(tenant)s AND w.expire_time_us < %(before_us)s RETURNING w.contact_id;

-- name: live_contacts
-- The contacts of a source that have not ended, from a place on, in the order of their begin.
SELECT
    c.contact_id AS id, c.conversation_id AS conversation, c.source, c.channel, c.direction, c.initiation,
    c.start_time_us AS start, c.end_time_us AS "end", c.channel_change AS change, c.corrected, c.payload, c.ending,
    c.updated
FROM contact AS c
WHERE c.tenant_id = %(tenant)s AND c.source = %(source)s AND c.end_time_us IS NULL
    AND c.start_time_us >= %(after_us)s AND (c.start_time_us, c.contact_id) > (%(after_us)s::bigint, %(after_id)s::uuid)
ORDER BY c.start_time_us, c.contact_id LIMIT %(most)s;

-- name: time_out_contacts
-- End contacts in which nothing was said for as long as one of their channel lives, when something was last; a batch. The
-- platform's own end still counts, and later words bring them back to life.
WITH over AS (
    SELECT c.contact_id, c.conversation_id, greatest(c.start_time_us, w.last_time_us) AS last_time_us
    FROM contact AS c
    LEFT JOIN LATERAL (
        SELECT max(s.occur_time_us) AS last_time_us FROM interaction AS s
        WHERE s.tenant_id = %(tenant)s AND s.contact_id = c.contact_id AND s.current
    ) AS w ON true
    WHERE c.tenant_id = %(tenant)s AND c.end_time_us IS NULL AND c.start_time_us < %(before)s
        AND greatest(c.start_time_us, w.last_time_us) < %(now)s
            - coalesce((%(live)s::jsonb ->> c.channel)::bigint, (%(live)s::jsonb ->> '')::bigint)
    ORDER BY c.start_time_us LIMIT %(most)s
),
locked AS (
    SELECT v.conversation_id FROM conversation AS v
    WHERE v.tenant_id = %(tenant)s AND v.conversation_id = ANY (ARRAY(SELECT o.conversation_id FROM over AS o))
    ORDER BY v.conversation_id FOR UPDATE SKIP LOCKED
),
ended AS (
    UPDATE contact AS c SET end_time_us = o.last_time_us
    FROM over AS o
    WHERE c.tenant_id = %(tenant)s AND c.contact_id = ANY (ARRAY(SELECT p.contact_id FROM over AS p))
        AND c.contact_id = o.contact_id AND c.end_time_us IS NULL
        AND o.conversation_id = ANY (ARRAY(SELECT l.conversation_id FROM locked AS l))
    RETURNING o.conversation_id, c.contact_id
),
touched AS (
    UPDATE conversation AS v SET revision = greatest(v.revision + 1, %(now)s)
    WHERE v.tenant_id = %(tenant)s AND v.conversation_id = ANY (ARRAY(SELECT e.conversation_id FROM ended AS e))
)
SELECT e.contact_id FROM ended AS e;

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
