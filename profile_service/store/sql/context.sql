-- name: context
-- Everything that the handoff contexts of the contacts are made of: one row per contact, in one round trip. Where the
-- caller holds the context of the same revisions, only those are answered.
WITH wanted AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(wanted)s::json) AS w (
        place integer, contact_id uuid, key bytea, conversation_id uuid, profile_revision bigint, stamp bigint
    )
),
me AS MATERIALIZED (
    SELECT w.place, w.profile_revision, w.stamp, c.* FROM wanted AS w
    CROSS JOIN LATERAL (
        SELECT one.* FROM contact AS one WHERE one.tenant_id = %(tenant)s AND one.contact_id = w.contact_id LIMIT 1
    ) AS c
    UNION ALL
    SELECT w.place, w.profile_revision, w.stamp, c.* FROM wanted AS w
    CROSS JOIN LATERAL (
        SELECT one.* FROM contact AS one WHERE one.tenant_id = %(tenant)s AND one.key = w.key LIMIT 1
    ) AS c
    UNION ALL
    SELECT w.place, w.profile_revision, w.stamp, l.* FROM wanted AS w
    CROSS JOIN LATERAL (
        SELECT c.* FROM contact AS c
        WHERE c.tenant_id = %(tenant)s AND c.conversation_id = w.conversation_id
        ORDER BY c.start_time_us DESC LIMIT 1
    ) AS l
),
placed AS MATERIALIZED (
    SELECT m.place, m.contact_id, m.conversation_id, coalesce(n.profile_id, m.contact_id) AS profile_id FROM me AS m
    LEFT JOIN LATERAL (
        SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = m.anchor_node LIMIT 1
    ) AS n ON true
),
stamped AS MATERIALIZED (
    SELECT own.place, (v.revision + coalesce(sum(y.revision), 0))::bigint AS stamp FROM placed AS own
    CROSS JOIN LATERAL (
        SELECT one.* FROM conversation AS one
        WHERE one.tenant_id = %(tenant)s AND one.conversation_id = own.conversation_id LIMIT 1
    ) AS v
    LEFT JOIN node AS m ON m.tenant_id = %(tenant)s AND m.profile_id = own.profile_id
    LEFT JOIN LATERAL (
        SELECT u.revision FROM conversation AS u
        WHERE u.tenant_id = %(tenant)s AND u.owner_node = m.node_id AND u.state = 'open'
        ORDER BY u.last_time_us + 0 DESC LIMIT 11
    ) AS y ON true
    GROUP BY own.place, v.revision
)
SELECT
    me.place, me.contact_id, v.revision AS conversation_revision, p.revision AS profile_revision,
    own.profile_id, t.stamp, parts.parts
FROM me
JOIN placed AS own ON own.place = me.place
JOIN stamped AS t ON t.place = me.place
CROSS JOIN LATERAL (
    SELECT one.* FROM conversation AS one
    WHERE one.tenant_id = %(tenant)s AND one.conversation_id = own.conversation_id LIMIT 1
) AS v
CROSS JOIN LATERAL (
    SELECT one.* FROM profile AS one WHERE one.tenant_id = %(tenant)s AND one.profile_id = own.profile_id LIMIT 1
) AS p
LEFT JOIN LATERAL (
    SELECT json_build_object(
        'me', json_build_object(
            'id', me.contact_id, 'anchor', me.anchor_node, 'assurance', me.anchor_assurance,
            'ambiguous', me.ambiguous, 'shared', me.shared, 'corrected', me.corrected, 'loose', me.loose,
            'answer', me.answer, 'brand', me.brand
        ),
        'conversation', json_build_object(
            'id', v.conversation_id, 'brand', v.brand, 'state', v.state, 'open', v.open_time_us,
            'last', v.last_time_us, 'close', v.close_time_us
        ),
        'profile', json_build_object('id', p.profile_id, 'created', p.create_time_us, 'revision', p.revision),
        'contacts', contacts.rows, 'ended', ended.rows, 'others', others.rows, 'facts', facts.rows,
        'promises', promises.rows, 'checks', checks.rows, 'nodes', nodes.rows, 'records', records.rows,
        'preferences', preferences.rows, 'consents', consents.rows, 'claims', claims.rows
    ) AS parts
    FROM (
        SELECT json_agg(json_build_object(
            'id', n.node_id, 'namespace', n.namespace, 'scope', n.scope, 'value', encode(n.value, 'base64'),
            'shared', n.shared, 'last', n.last_time_us, 'own', n.own
        ) ORDER BY n.last_time_us DESC) AS rows
        FROM (
            SELECT m.node_id, m.namespace, m.scope, m.value, m.shared, m.last_time_us, true AS own FROM node AS m
            WHERE m.tenant_id = %(tenant)s AND m.profile_id = own.profile_id
            UNION ALL
            SELECT DISTINCT ON (x.node_id) x.node_id, x.namespace, x.scope, x.value, x.shared, x.last_time_us, false
            FROM node AS m
            CROSS JOIN LATERAL (
                (
                    SELECT l.node_b AS other FROM link AS l
                    WHERE l.tenant_id = %(tenant)s AND l.node_a = m.node_id AND l.state = 'active' LIMIT 100
                )
                UNION ALL
                (
                    SELECT l.node_a FROM link AS l
                    WHERE l.tenant_id = %(tenant)s AND l.node_b = m.node_id AND l.state = 'active' LIMIT 100
                )
            ) AS l
            CROSS JOIN LATERAL (
                SELECT y.* FROM node AS y WHERE y.tenant_id = %(tenant)s AND y.node_id = l.other LIMIT 1
            ) AS x
            WHERE m.tenant_id = %(tenant)s AND m.profile_id = own.profile_id AND x.profile_id IS NULL AND x.shared > 0
        ) AS n
    ) AS nodes
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object(
            'id', c.contact_id, 'source', c.source, 'channel', c.channel, 'direction', c.direction,
            'initiation', c.initiation, 'start', c.start_time_us, 'end', c.end_time_us,
            'payload', encode(c.payload, 'base64'), 'ending', encode(c.ending, 'base64'),
            'change', c.channel_change, 'corrected', c.corrected, 'loose', c.loose, 'profile', c.profile_id,
            'conversation', c.conversation_id, 'interactions', i.rows
        ) ORDER BY c.start_time_us) AS rows
        FROM (
            SELECT d.*, coalesce(n.profile_id, d.contact_id) AS profile_id FROM contact AS d
            LEFT JOIN LATERAL (
                SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = d.anchor_node LIMIT 1
            ) AS n ON true
            WHERE d.tenant_id = %(tenant)s AND d.conversation_id = v.conversation_id
            ORDER BY d.start_time_us DESC LIMIT 20
        ) AS c
        LEFT JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'id', t.interaction_id, 'kind', t.kind, 'channel', t.channel, 'occur', t.occur_time_us,
                'record', t.record_time_us, 'revision', t.source_revision, 'key', encode(t.key, 'hex'),
                'payload', encode(t.payload, 'base64')
            ) ORDER BY t.occur_time_us, t.interaction_id) AS rows
            FROM (
                SELECT s.* FROM interaction AS s
                WHERE s.tenant_id = %(tenant)s AND s.contact_id = c.contact_id AND s.current
                ORDER BY s.occur_time_us DESC, s.interaction_id DESC LIMIT 11
            ) AS t
        ) AS i ON c.end_time_us IS NULL OR c.contact_id = me.contact_id
    ) AS contacts
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object(
            'id', c.contact_id, 'source', c.source, 'channel', c.channel, 'direction', c.direction,
            'initiation', c.initiation, 'start', c.start_time_us, 'end', c.end_time_us,
            'payload', encode(c.payload, 'base64'), 'ending', encode(c.ending, 'base64'),
            'change', c.channel_change, 'corrected', c.corrected, 'conversation', c.conversation_id
        ) ORDER BY c.start_time_us DESC) AS rows
        FROM (
            SELECT d.* FROM node AS m
            CROSS JOIN LATERAL (
                SELECT e.* FROM contact AS e
                WHERE e.tenant_id = %(tenant)s AND e.anchor_node = m.node_id
                ORDER BY e.start_time_us DESC LIMIT 11
            ) AS d
            WHERE m.tenant_id = %(tenant)s AND m.profile_id = own.profile_id AND d.contact_id <> me.contact_id
            ORDER BY d.start_time_us DESC LIMIT 11
        ) AS c
    ) AS ended
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object(
            'id', h.conversation_id, 'brand', h.brand, 'open', h.open_time_us, 'last', h.last_time_us
        ) ORDER BY h.last_time_us DESC) AS rows
        FROM (
            SELECT y.* FROM node AS m
            CROSS JOIN LATERAL (
                SELECT u.conversation_id, u.brand, u.open_time_us, u.last_time_us FROM conversation AS u
                WHERE u.tenant_id = %(tenant)s AND u.owner_node = m.node_id AND u.state = 'open'
                ORDER BY u.last_time_us + 0 DESC LIMIT 11
            ) AS y
            WHERE m.tenant_id = %(tenant)s AND m.profile_id = own.profile_id
                AND y.conversation_id <> v.conversation_id
            ORDER BY y.last_time_us DESC LIMIT 11
        ) AS h
    ) AS others
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object(
            'contact', f.contact_id, 'key', f.key, 'value', encode(f.value, 'base64'), 'how', f.how_known,
            'withdrawn', f.withdrawn, 'expire', f.expire_time_us, 'occur', f.occur_time_us, 'channel', c.channel
        ) ORDER BY f.occur_time_us DESC) AS rows
        FROM (
            SELECT g.* FROM (
                SELECT m.node_id AS holder FROM node AS m
                WHERE m.tenant_id = %(tenant)s AND m.profile_id = own.profile_id
                UNION ALL SELECT own.contact_id
            ) AS h
            CROSS JOIN LATERAL (
                SELECT one.* FROM fact AS one
                WHERE one.tenant_id = %(tenant)s AND one.holder = h.holder
                ORDER BY one.occur_time_us DESC LIMIT 400
            ) AS g
            ORDER BY g.occur_time_us DESC LIMIT 400
        ) AS f
        CROSS JOIN LATERAL (
            SELECT one.* FROM contact AS one
            WHERE one.tenant_id = %(tenant)s AND one.contact_id = f.contact_id LIMIT 1
        ) AS c
    ) AS facts
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object(
            'conversation', f.conversation_id, 'key', f.key, 'what', encode(f.what, 'base64'), 'due', f.due_time_us,
            'state', f.state, 'occur', f.occur_time_us
        ) ORDER BY f.occur_time_us DESC) AS rows
        FROM (
            SELECT g.* FROM (
                SELECT m.node_id AS holder FROM node AS m
                WHERE m.tenant_id = %(tenant)s AND m.profile_id = own.profile_id
                UNION ALL SELECT own.contact_id
            ) AS h
            CROSS JOIN LATERAL (
                SELECT one.* FROM promise AS one
                WHERE one.tenant_id = %(tenant)s AND one.holder = h.holder AND one.state = 1
                ORDER BY one.occur_time_us DESC LIMIT 100
            ) AS g
            ORDER BY g.occur_time_us DESC LIMIT 100
        ) AS f
    ) AS promises
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_array(a.attribute, a.matched)) AS rows FROM answer_check AS a
        WHERE a.tenant_id = %(tenant)s AND a.contact_id = me.contact_id AND NOT a.void
    ) AS checks
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object(
            'node', s.node_id, 'source', s.source, 'occur', s.occur_time_us, 'value', encode(s.attributes, 'base64')
        )) AS rows
        FROM node AS m
        JOIN source_record AS s ON s.tenant_id = %(tenant)s AND s.node_id = m.node_id
        WHERE m.tenant_id = %(tenant)s AND m.profile_id = own.profile_id
    ) AS records
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object(
            'node', s.node_id, 'key', s.key, 'occur', s.occur_time_us, 'value', encode(s.value, 'base64')
        ) ORDER BY s.occur_time_us) AS rows
        FROM node AS m
        JOIN preference AS s ON s.tenant_id = %(tenant)s AND s.node_id = m.node_id
        WHERE m.tenant_id = %(tenant)s AND m.profile_id = own.profile_id AND s.value IS NOT NULL
    ) AS preferences
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_array(
            s.node_id, s.purpose, s.channel, s.brand, s.granted, s.occur_time_us
        )) AS rows
        FROM node AS m
        JOIN consent AS s ON s.tenant_id = %(tenant)s AND s.node_id = m.node_id
        WHERE m.tenant_id = %(tenant)s AND m.profile_id = own.profile_id
    ) AS consents
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object(
            'namespace', n.namespace, 'profile', n.profile_id, 'assurance', e.assurance, 'shared', n.shared,
            'node', n.node_id, 'role', e.role
        )) AS rows
        FROM evidence AS e
        CROSS JOIN LATERAL (
            SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = e.node_id LIMIT 1
        ) AS n
        WHERE e.tenant_id = %(tenant)s AND e.subject_id = me.contact_id AND NOT e.withdrawn
    ) AS claims
) AS parts ON me.profile_revision IS DISTINCT FROM p.revision OR me.stamp IS DISTINCT FROM t.stamp
ORDER BY me.place;

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
