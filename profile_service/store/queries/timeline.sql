-- name: conversation_forwards
-- A page of a conversation by (occur_time_us, interaction_id).
SELECT
    t.interaction_id::text AS id, t.kind, t.channel, t.occur_time_us AS occur, t.record_time_us AS record,
    t.source_revision AS revision, encode(t.key, 'hex') AS key, t.payload,
    t.contact_id::text AS contact, t.conversation_id::text AS conversation
FROM interaction AS t
WHERE t.tenant_id = %(tenant)s AND t.conversation_id = %(conversation)s AND t.current
    AND (t.occur_time_us, t.interaction_id) > (%(after_us)s::bigint, %(after_id)s::uuid)
ORDER BY t.occur_time_us, t.interaction_id LIMIT %(most)s;

-- name: profile_forwards
-- A page of a profile's timeline: the contacts that stand under its nodes, or under itself, each by its own index.
SELECT
    t.interaction_id::text AS id, t.kind, t.channel, t.occur_time_us AS occur, t.record_time_us AS record,
    t.source_revision AS revision, encode(t.key, 'hex') AS key, t.payload,
    t.contact_id::text AS contact, t.conversation_id::text AS conversation
FROM (
    SELECT c.contact_id FROM node AS m
    JOIN contact AS c ON c.tenant_id = %(tenant)s AND c.anchor_node = m.node_id
    WHERE m.tenant_id = %(tenant)s AND m.profile_id = %(profile)s
    UNION ALL
    SELECT c.contact_id FROM contact AS c
    WHERE c.tenant_id = %(tenant)s AND c.contact_id = %(profile)s AND c.anchor_node IS NULL
) AS c
CROSS JOIN LATERAL (
    SELECT s.* FROM interaction AS s
    WHERE s.tenant_id = %(tenant)s AND s.contact_id = c.contact_id AND s.current
            AND (s.occur_time_us, s.interaction_id) > (%(after_us)s::bigint, %(after_id)s::uuid)
            AND (%(channels)s::text[] IS NULL OR s.channel = ANY (%(channels)s::text[]))
            AND (%(kinds)s::smallint[] IS NULL OR s.kind = ANY (%(kinds)s::smallint[]))
            AND s.occur_time_us >= %(from_us)s AND s.occur_time_us < %(until_us)s
    ORDER BY s.occur_time_us, s.interaction_id LIMIT %(most)s
) AS t
ORDER BY t.occur_time_us, t.interaction_id LIMIT %(most)s;

-- name: conversation_backwards
-- A page of a conversation by (occur_time_us, interaction_id).
SELECT
    t.interaction_id::text AS id, t.kind, t.channel, t.occur_time_us AS occur, t.record_time_us AS record,
    t.source_revision AS revision, encode(t.key, 'hex') AS key, t.payload,
    t.contact_id::text AS contact, t.conversation_id::text AS conversation
FROM interaction AS t
WHERE t.tenant_id = %(tenant)s AND t.conversation_id = %(conversation)s AND t.current
    AND (t.occur_time_us, t.interaction_id) < (%(after_us)s::bigint, %(after_id)s::uuid)
ORDER BY t.occur_time_us DESC, t.interaction_id DESC LIMIT %(most)s;

-- name: profile_backwards
-- A page of a profile's timeline: the contacts that stand under its nodes, or under itself, each by its own index.
SELECT
    t.interaction_id::text AS id, t.kind, t.channel, t.occur_time_us AS occur, t.record_time_us AS record,
    t.source_revision AS revision, encode(t.key, 'hex') AS key, t.payload,
    t.contact_id::text AS contact, t.conversation_id::text AS conversation
FROM (
    SELECT c.contact_id FROM node AS m
    JOIN contact AS c ON c.tenant_id = %(tenant)s AND c.anchor_node = m.node_id
    WHERE m.tenant_id = %(tenant)s AND m.profile_id = %(profile)s
    UNION ALL
    SELECT c.contact_id FROM contact AS c
    WHERE c.tenant_id = %(tenant)s AND c.contact_id = %(profile)s AND c.anchor_node IS NULL
) AS c
CROSS JOIN LATERAL (
    SELECT s.* FROM interaction AS s
    WHERE s.tenant_id = %(tenant)s AND s.contact_id = c.contact_id AND s.current
            AND (s.occur_time_us, s.interaction_id) < (%(after_us)s::bigint, %(after_id)s::uuid)
            AND (%(channels)s::text[] IS NULL OR s.channel = ANY (%(channels)s::text[]))
            AND (%(kinds)s::smallint[] IS NULL OR s.kind = ANY (%(kinds)s::smallint[]))
            AND s.occur_time_us >= %(from_us)s AND s.occur_time_us < %(until_us)s
    ORDER BY s.occur_time_us DESC, s.interaction_id DESC LIMIT %(most)s
) AS t
ORDER BY t.occur_time_us DESC, t.interaction_id DESC LIMIT %(most)s;

-- name: profile_by_id
-- What a profile id resolves to: live, redirected over its founder, or split.
SELECT
    p.profile_id::text AS profile_id, p.state, p.revision, p.heirs,
    coalesce(n.profile_id, m.profile_id, CASE WHEN p.founder_contact IS NOT NULL AND p.state = 'live' THEN p.profile_id END)::text
    AS target,
    ARRAY(
        SELECT DISTINCT h.profile_id::text FROM node AS h
        WHERE h.tenant_id = %(tenant)s AND h.node_id = ANY (p.heirs) AND h.profile_id IS NOT NULL ORDER BY 1
    ) AS successors
FROM profile AS p
LEFT JOIN node AS n ON n.tenant_id = p.tenant_id AND n.node_id = p.founder_node
LEFT JOIN contact AS c ON c.tenant_id = p.tenant_id AND c.contact_id = p.founder_contact
LEFT JOIN node AS m ON m.tenant_id = p.tenant_id AND m.node_id = c.anchor_node
WHERE p.tenant_id = %(tenant)s AND p.profile_id = %(profile)s;

-- name: profile_parts
-- What a profile is shown by.
SELECT
    p.founder_node::text AS founder,
    json_build_object(
    'profile', json_build_object('id', p.profile_id, 'created', p.create_time_us, 'revision', p.revision),
    'nodes', (
        SELECT json_agg(json_build_object(
            'id', n.node_id, 'namespace', n.namespace, 'scope', n.scope, 'value', base64(n.value),
            'shared', n.shared, 'last', n.last_time_us, 'own', n.own
        ) ORDER BY n.last_time_us DESC)
        FROM (
            SELECT m.node_id, m.namespace, m.scope, m.value, m.shared, m.last_time_us, true AS own FROM node AS m
            WHERE m.tenant_id = %(tenant)s AND m.profile_id = p.profile_id
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
            WHERE m.tenant_id = %(tenant)s AND m.profile_id = p.profile_id AND x.profile_id IS NULL AND x.shared > 0
        ) AS n
    ),
    'records', (
        SELECT json_agg(json_build_object(
            'node', s.node_id, 'source', s.source, 'occur', s.occur_time_us, 'value', base64(s.attributes)
        ))
        FROM node AS m JOIN source_record AS s ON s.tenant_id = %(tenant)s AND s.node_id = m.node_id
        WHERE m.tenant_id = %(tenant)s AND m.profile_id = p.profile_id
    ),
    'preferences', (
        SELECT json_agg(json_build_object(
            'node', s.node_id, 'key', s.key, 'occur', s.occur_time_us, 'value', base64(s.value)
        ) ORDER BY s.occur_time_us)
        FROM node AS m JOIN preference AS s ON s.tenant_id = %(tenant)s AND s.node_id = m.node_id
        WHERE m.tenant_id = %(tenant)s AND m.profile_id = p.profile_id AND s.value IS NOT NULL
    ),
    'consents', (
        SELECT json_agg(json_build_array(s.node_id, s.purpose, s.channel, s.brand, s.granted, s.occur_time_us))
        FROM node AS m JOIN consent AS s ON s.tenant_id = %(tenant)s AND s.node_id = m.node_id
        WHERE m.tenant_id = %(tenant)s AND m.profile_id = p.profile_id
    ))::text AS parts
FROM profile AS p WHERE p.tenant_id = %(tenant)s AND p.profile_id = %(profile)s;

-- name: conversation_by_id
-- A conversation with the channels of its contacts, and the profile that it belongs to.
SELECT
    v.conversation_id::text AS id, v.brand, v.state, v.open_time_us AS open, v.last_time_us AS last,
    v.close_time_us AS close, coalesce(n.profile_id, v.owner_contact)::text AS profile,
    ARRAY(
        SELECT c.channel FROM contact AS c
        WHERE c.tenant_id = %(tenant)s AND c.conversation_id = v.conversation_id
        GROUP BY c.channel ORDER BY min(c.start_time_us)
    ) AS channels
FROM conversation AS v
LEFT JOIN node AS n ON n.tenant_id = v.tenant_id AND n.node_id = v.owner_node
WHERE v.tenant_id = %(tenant)s AND v.conversation_id = %(conversation)s;

-- name: reviews
-- A page of the open reviews, the oldest first.
SELECT
    v.review_id::text AS id, v.reason, v.probability, v.open_time_us AS open, a.profile_id::text AS profile_a,
    b.profile_id::text AS profile_b, a.namespace AS namespace_a, b.namespace AS namespace_b
FROM review AS v
JOIN node AS a ON a.tenant_id = v.tenant_id AND a.node_id = v.node_a
JOIN node AS b ON b.tenant_id = v.tenant_id AND b.node_id = v.node_b
WHERE v.tenant_id = %(tenant)s AND v.close_time_us IS NULL
    AND (v.open_time_us, v.review_id) > (%(after_us)s::bigint, %(after_id)s::uuid)
    AND (%(reasons)s::text[] IS NULL OR v.reason = ANY (%(reasons)s::text[]))
ORDER BY v.open_time_us, v.review_id LIMIT %(most)s;

-- name: reviews_total
-- How many reviews are open.
SELECT count(*) AS total FROM review AS v
WHERE v.tenant_id = %(tenant)s AND v.close_time_us IS NULL
    AND (%(reasons)s::text[] IS NULL OR v.reason = ANY (%(reasons)s::text[]));

-- name: idle_conversations
-- Close conversations in which nothing happened since a time; a batch at once.
UPDATE conversation AS v SET state = 'closed', close_time_us = %(now)s, revision = greatest(v.revision + 1, %(now)s)
WHERE v.tenant_id = %(tenant)s AND v.conversation_id IN (
    SELECT w.conversation_id FROM conversation AS w
    WHERE w.tenant_id = %(tenant)s AND w.state = 'open' AND w.last_time_us < %(before)s
    ORDER BY w.last_time_us LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
RETURNING v.conversation_id;

-- name: expire_profiles
-- End the identifiers of profiles whose time is over (nothing stronger than a cookie or device, not seen for long): the
-- next contact over them begins a new profile, so that none grows without end.
WITH over AS (
    UPDATE profile AS p SET expire_time_us = NULL, revision = greatest(p.revision + 1, %(now)s)
    WHERE p.tenant_id = %(tenant)s AND p.profile_id IN (
        SELECT q.profile_id FROM profile AS q
        WHERE q.tenant_id = %(tenant)s AND q.state = 'live' AND q.expire_time_us < %(now)s
        ORDER BY q.expire_time_us LIMIT %(most)s FOR UPDATE SKIP LOCKED
    )
    RETURNING p.profile_id
)
UPDATE node AS n SET ended_time_us = %(now)s
FROM over AS e WHERE n.tenant_id = %(tenant)s AND n.profile_id = e.profile_id AND n.ended_time_us IS NULL
RETURNING n.node_id;

-- name: withdraw_evidence
-- A contact's word is taken back.
UPDATE evidence AS e SET withdrawn = true WHERE e.tenant_id = %(tenant)s AND e.subject_id = %(subject)s;

-- name: withdraw_links
-- Links that only withdrawn evidence made are superseded; those that others made too keep the others' first time.
WITH brought AS (
    SELECT e.node_id, e.assurance, e.channel FROM evidence AS e
    WHERE e.tenant_id = %(tenant)s AND e.subject_id = %(subject)s AND e.role = 1 AND e.assurance > 1
),
made AS (
    SELECT l.node_a, l.node_b, l.channel, l.assurance_a, l.assurance_b, o.first_time_us, o.times_seen
    FROM brought AS a
    JOIN brought AS b ON a.node_id < b.node_id
    JOIN link AS l
        ON l.tenant_id = %(tenant)s AND l.node_a = a.node_id AND l.node_b = b.node_id AND l.kind = 'presented'
            AND l.channel = a.channel AND l.state = 'active'
    CROSS JOIN LATERAL (
        SELECT min(greatest(x.occur_time_us, y.occur_time_us)) AS first_time_us, count(*) AS times_seen
        FROM evidence AS x
        JOIN evidence AS y
            ON y.tenant_id = x.tenant_id AND y.subject_id = x.subject_id AND y.node_id = l.node_b AND NOT y.withdrawn
                AND y.role = 1 AND y.assurance = l.assurance_b
        WHERE x.tenant_id = %(tenant)s AND x.node_id = l.node_a AND NOT x.withdrawn AND x.role = 1
            AND x.assurance = l.assurance_a AND x.channel = l.channel
    ) AS o
)
UPDATE link AS l SET
    state = CASE WHEN m.times_seen = 0 THEN 'withdrawn' ELSE l.state END,
    first_time_us = coalesce(m.first_time_us, l.first_time_us),
    times_seen = m.times_seen
FROM made AS m
WHERE l.tenant_id = %(tenant)s AND l.node_a = m.node_a AND l.node_b = m.node_b AND l.kind = 'presented'
    AND l.channel = m.channel AND l.assurance_a = m.assurance_a AND l.assurance_b = m.assurance_b;
