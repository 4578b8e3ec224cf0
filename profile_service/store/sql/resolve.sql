-- name: find
-- What the calls' identifiers find: one row per call. Shared nodes that identify nobody answer up to 6 of their users.
SELECT
    c.call,
    k.contact, n.nodes, l.links, o.conversations, p.previous, r.reference, d.continued, q.request, i.interaction
FROM json_to_recordset(%(calls)s::json) AS c (
    call integer, contact_key bytea, keys json, previous json, refs json, continued uuid, brand text, request bytea,
    interaction bytea
)
LEFT JOIN LATERAL (
    SELECT json_build_object(
        'id', t.contact_id, 'conversation', t.conversation_id, 'digest', encode(t.start_digest, 'hex'),
        'answer', t.answer, 'end', t.end_time_us, 'anchor', t.anchor_node, 'channel', t.channel,
        'corrected', t.corrected, 'start', t.start_time_us
    ) AS contact
    FROM contact AS t WHERE t.tenant_id = %(tenant)s AND t.key = c.contact_key
) AS k ON true
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object(
        'i', e.i, 'id', f.node_id, 'profile', f.profile_id, 'shared', f.shared, 'fan_out', f.fan_out,
        'established', f.established, 'namespace', f.namespace, 'ended', f.ended_time_us, 'expires', g.expire_time_us,
        'users', u.users
    )) AS nodes
    FROM json_to_recordset(c.keys) AS e (i integer, key bytea, as_of_us bigint)
    CROSS JOIN LATERAL (
        SELECT m.node_id, m.profile_id, m.shared, m.fan_out, m.established, m.namespace, m.ended_time_us
        FROM node AS m
        WHERE m.tenant_id = %(tenant)s AND m.key = e.key
            AND (m.ended_time_us IS NULL OR m.ended_time_us > e.as_of_us)
        ORDER BY m.epoch LIMIT 1
    ) AS f
    LEFT JOIN profile AS g ON g.tenant_id = %(tenant)s AND g.profile_id = f.profile_id
    LEFT JOIN LATERAL (
        SELECT json_agg(w.profile_id ORDER BY w.rank) AS users FROM (
            SELECT v.profile_id, row_number() OVER (ORDER BY v.open DESC, v.last_time_us DESC, v.times_seen DESC) AS rank
            FROM (
                SELECT
                    s.profile_id, max(s.last_time_us) AS last_time_us, sum(s.times_seen) AS times_seen,
                    bool_or(EXISTS (
                        SELECT 1 FROM conversation AS y
                        JOIN node AS x ON x.tenant_id = y.tenant_id AND x.node_id = y.owner_node
                        WHERE y.tenant_id = %(tenant)s AND y.state = 'open' AND x.profile_id = s.profile_id
                            AND x.tenant_id = %(tenant)s
                    )) AS open
                FROM (
                    SELECT x.profile_id, b.last_time_us, b.times_seen FROM link AS b
                    JOIN node AS x ON x.tenant_id = b.tenant_id AND x.node_id = b.node_b
                    WHERE b.tenant_id = %(tenant)s AND b.node_a = f.node_id AND b.state = 'active'
                        AND x.profile_id IS NOT NULL
                    UNION ALL
                    SELECT x.profile_id, b.last_time_us, b.times_seen FROM link AS b
                    JOIN node AS x ON x.tenant_id = b.tenant_id AND x.node_id = b.node_a
                    WHERE b.tenant_id = %(tenant)s AND b.node_b = f.node_id AND b.state = 'active'
                        AND x.profile_id IS NOT NULL
                    LIMIT 200
                ) AS s GROUP BY s.profile_id LIMIT 6
            ) AS v
        ) AS w
    ) AS u ON f.profile_id IS NULL AND f.shared > 0
) AS n ON true
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_array(
        a.node_a, a.node_b, a.kind, a.channel, a.assurance_a, a.assurance_b
    )) AS links
    FROM json_array_elements(n.nodes) AS s (node)
    JOIN link AS a ON a.tenant_id = %(tenant)s AND a.node_a = (s.node ->> 'id')::uuid AND a.state = 'active'
    WHERE a.node_b IN (SELECT (z.node ->> 'id')::uuid FROM json_array_elements(n.nodes) AS z (node))
) AS l ON json_array_length(n.nodes) > 1
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object(
        'id', h.conversation_id, 'profile', h.profile_id, 'brand', h.brand, 'last', h.last_time_us,
        'channel', j.channel
    ) ORDER BY h.last_time_us DESC) AS conversations
    FROM (
        SELECT DISTINCT y.conversation_id, x.profile_id, y.brand, y.last_time_us
        FROM json_array_elements(n.nodes) AS s (node)
        JOIN node AS x ON x.tenant_id = %(tenant)s AND x.profile_id = (s.node ->> 'profile')::uuid
        JOIN LATERAL (
            SELECT w.conversation_id, w.brand, w.last_time_us FROM conversation AS w
            WHERE w.tenant_id = %(tenant)s AND w.owner_node = x.node_id AND w.state = 'open'
            ORDER BY w.last_time_us DESC LIMIT 10
        ) AS y ON true
        ORDER BY y.last_time_us DESC LIMIT 11
    ) AS h
    LEFT JOIN LATERAL (
        SELECT t.channel FROM contact AS t
        WHERE t.tenant_id = %(tenant)s AND t.conversation_id = h.conversation_id
        ORDER BY t.start_time_us DESC LIMIT 1
    ) AS j ON true
) AS o ON json_array_length(n.nodes) > 0
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object(
        'id', t.contact_id, 'conversation', t.conversation_id, 'end', t.end_time_us, 'source', t.source,
        'channel', t.channel, 'evidence', v.evidence
    )) AS previous
    FROM json_to_recordset(c.previous) AS e (key bytea, id uuid)
    JOIN contact AS t ON t.tenant_id = %(tenant)s AND (t.key = e.key OR t.contact_id = e.id)
    LEFT JOIN LATERAL (
        SELECT json_agg(json_build_object(
            'node', m.node_id, 'assurance', w.assurance, 'namespace', m.namespace, 'key', encode(m.key, 'hex')
        )) AS evidence
        FROM evidence AS w
        JOIN node AS m ON m.tenant_id = w.tenant_id AND m.node_id = w.node_id
        WHERE w.tenant_id = %(tenant)s AND w.subject_id = t.contact_id AND w.role = 1 AND NOT w.withdrawn
    ) AS v ON true
) AS p ON json_array_length(c.previous) > 0
LEFT JOIN LATERAL (
    SELECT w.conversation_id AS reference
    FROM json_array_elements_text(c.refs) WITH ORDINALITY AS e (key, place)
    JOIN reference AS w ON w.tenant_id = %(tenant)s AND w.key = e.key::bytea
    ORDER BY e.place LIMIT 1
) AS r ON json_array_length(c.refs) > 0
LEFT JOIN LATERAL (
    SELECT json_build_object('id', w.conversation_id, 'brand', w.brand, 'channel', j.channel) AS continued
    FROM conversation AS w
    LEFT JOIN LATERAL (
        SELECT t.channel FROM contact AS t
        WHERE t.tenant_id = %(tenant)s AND t.conversation_id = w.conversation_id
        ORDER BY t.start_time_us DESC LIMIT 1
    ) AS j ON true
    WHERE w.tenant_id = %(tenant)s AND w.conversation_id = coalesce(c.continued, r.reference)
) AS d ON true
LEFT JOIN LATERAL (
    SELECT json_build_object('digest', encode(w.digest, 'hex'), 'answer', w.answer) AS request
    FROM request AS w WHERE w.tenant_id = %(tenant)s AND w.key = c.request
) AS q ON c.request IS NOT NULL
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_array(
        w.source_revision, encode(w.digest, 'hex'), w.interaction_id, w.conversation_id
    )) AS interaction
    FROM interaction AS w WHERE w.tenant_id = %(tenant)s AND w.key = c.interaction
) AS i ON c.interaction IS NOT NULL
ORDER BY c.call;

-- name: lock_keys
-- Take the locks of the identifiers, in order, until the transaction ends.
SELECT pg_advisory_xact_lock(k.lock)
FROM (SELECT DISTINCT e.lock FROM unnest(%(locks)s::bigint[]) AS e (lock) ORDER BY 1) AS k;

-- name: lock_profiles
-- Lock profiles in id order and answer those that are live.
SELECT p.profile_id FROM profile AS p
WHERE p.tenant_id = %(tenant)s AND p.profile_id = ANY (%(profiles)s::uuid[]) AND p.state = 'live'
ORDER BY p.profile_id FOR UPDATE;

-- name: neighbourhood
-- Everything reachable from the seeds over links that count (R9), with the names that concern it.
SELECT neighbourhood_v1(%(tenant)s, %(seeds)s::uuid[], %(minima)s::json, %(cap)s) AS found;

-- name: own_links
-- All links of the nodes that could count, with the namespace at the other end (R6 counts all of a node's own links).
SELECT l.node_a, l.node_b, l.kind, l.channel, l.assurance_a, l.assurance_b, l.state, l.first_time_us,
    a.namespace AS namespace_a, b.namespace AS namespace_b
FROM link AS l
JOIN node AS a ON a.tenant_id = l.tenant_id AND a.node_id = l.node_a
JOIN node AS b ON b.tenant_id = l.tenant_id AND b.node_id = l.node_b
WHERE l.tenant_id = %(tenant)s AND l.state <> 'withdrawn'
    AND (l.node_a = ANY (%(nodes)s::uuid[]) OR l.node_b = ANY (%(nodes)s::uuid[]))
LIMIT %(cap)s;

-- name: reanchor
-- Move contacts whose identifiers turned shared, or stopped being shared, to the strongest that is left (R13).
SELECT reanchor_v1(%(tenant)s, %(now)s, %(nodes)s::uuid[], %(strengths)s::json, %(anchors)s::json) AS moved;

-- name: apply_plans
-- Write plans, each whole or not at all.
SELECT plan, status, revision FROM apply_plans_v1(%(tenant)s, %(now)s, %(plans)s::json);

-- name: record_interactions
-- Write interactions, each whole or not at all.
SELECT item, status, interaction_id, conversation_id, revision
FROM record_interactions_v1(%(tenant)s, %(now)s, %(items)s::json, %(audit)s::json);
