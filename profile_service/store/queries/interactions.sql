-- name: record_interactions
-- Write interactions, each whole or not at all.
SELECT item, status, interaction_id, conversation_id, revision
FROM record_interactions(%(tenant)s, %(now)s, %(plans)s::jsonb);

-- name: conversation_forwards
-- A page of a conversation by (occur_time_us, sequence, interaction_id): of the contacts of one customer, of the reader's own, and
-- of nobody's where no other customer is in it.
SELECT
    t.interaction_id AS id, t.kind, t.channel, t.occur_time_us AS occur, t.sequence, t.record_time_us AS record,
    t.source_revision AS revision, encode(t.key, 'hex') AS key, t.payload,
    t.contact_id AS contact, c.conversation_id AS conversation
FROM contact AS c
LEFT JOIN LATERAL (
    SELECT one.profile_id FROM node AS one
    WHERE one.tenant_id = %(tenant)s AND one.node_id = c.anchor_node LIMIT 1
) AS n ON true
CROSS JOIN LATERAL (
    SELECT s.* FROM interaction AS s
    WHERE s.tenant_id = %(tenant)s AND s.contact_id = c.contact_id AND s.current
        AND (s.occur_time_us, s.sequence, s.interaction_id)
                > (%(after_us)s::bigint, %(after_sequence)s::bigint, %(after_id)s::uuid)
    ORDER BY s.occur_time_us, s.sequence, s.interaction_id LIMIT %(most)s
) AS t
WHERE c.tenant_id = %(tenant)s AND c.conversation_id = %(conversation)s
    AND (
        coalesce(n.profile_id, c.contact_id) = %(profile)s OR c.contact_id = %(reader)s
        OR (c.anchor_node IS NULL AND NOT c.corrected AND NOT c.apart AND NOT EXISTS (
            SELECT 1 FROM contact AS d
            JOIN node AS m ON m.tenant_id = %(tenant)s AND m.node_id = d.anchor_node
            WHERE d.tenant_id = %(tenant)s AND d.conversation_id = %(conversation)s AND m.profile_id <> %(profile)s
        ))
    )
ORDER BY t.occur_time_us, t.sequence, t.interaction_id LIMIT %(most)s;

-- name: profile_forwards
-- A page of a profile's timeline: the contacts that stand under its nodes, or under itself, each by its own index.
SELECT
    t.interaction_id AS id, t.kind, t.channel, t.occur_time_us AS occur, t.sequence, t.record_time_us AS record,
    t.source_revision AS revision, encode(t.key, 'hex') AS key, t.payload,
    t.contact_id AS contact, c.conversation_id AS conversation
FROM (
    SELECT c.contact_id, c.conversation_id FROM node AS m
    JOIN contact AS c ON c.tenant_id = %(tenant)s AND c.anchor_node = m.node_id
    WHERE m.tenant_id = %(tenant)s AND m.profile_id = %(profile)s
    UNION ALL
    SELECT c.contact_id, c.conversation_id FROM contact AS c
    WHERE c.tenant_id = %(tenant)s AND c.contact_id = %(profile)s AND c.anchor_node IS NULL
) AS c
CROSS JOIN LATERAL (
    SELECT s.* FROM interaction AS s
    WHERE s.tenant_id = %(tenant)s AND s.contact_id = c.contact_id AND s.current
            AND (s.occur_time_us, s.sequence, s.interaction_id)
                > (%(after_us)s::bigint, %(after_sequence)s::bigint, %(after_id)s::uuid)
            AND (%(channels)s::text[] IS NULL OR s.channel = ANY (%(channels)s::text[]))
            AND (%(kinds)s::smallint[] IS NULL OR s.kind = ANY (%(kinds)s::smallint[]))
            AND s.occur_time_us >= %(from_us)s AND s.occur_time_us < %(until_us)s
    ORDER BY s.occur_time_us, s.sequence, s.interaction_id LIMIT %(most)s
) AS t
ORDER BY t.occur_time_us, t.sequence, t.interaction_id LIMIT %(most)s;

-- name: conversation_backwards
-- A page of a conversation by (occur_time_us, sequence, interaction_id): of the contacts of one customer, of the reader's own, and
-- of nobody's where no other customer is in it.
SELECT
    t.interaction_id AS id, t.kind, t.channel, t.occur_time_us AS occur, t.sequence, t.record_time_us AS record,
    t.source_revision AS revision, encode(t.key, 'hex') AS key, t.payload,
    t.contact_id AS contact, c.conversation_id AS conversation
FROM contact AS c
LEFT JOIN LATERAL (
    SELECT one.profile_id FROM node AS one
    WHERE one.tenant_id = %(tenant)s AND one.node_id = c.anchor_node LIMIT 1
) AS n ON true
CROSS JOIN LATERAL (
    SELECT s.* FROM interaction AS s
    WHERE s.tenant_id = %(tenant)s AND s.contact_id = c.contact_id AND s.current
        AND (s.occur_time_us, s.sequence, s.interaction_id)
                < (%(after_us)s::bigint, %(after_sequence)s::bigint, %(after_id)s::uuid)
    ORDER BY s.occur_time_us DESC, s.sequence DESC, s.interaction_id DESC LIMIT %(most)s
) AS t
WHERE c.tenant_id = %(tenant)s AND c.conversation_id = %(conversation)s
    AND (
        coalesce(n.profile_id, c.contact_id) = %(profile)s OR c.contact_id = %(reader)s
        OR (c.anchor_node IS NULL AND NOT c.corrected AND NOT c.apart AND NOT EXISTS (
            SELECT 1 FROM contact AS d
            JOIN node AS m ON m.tenant_id = %(tenant)s AND m.node_id = d.anchor_node
            WHERE d.tenant_id = %(tenant)s AND d.conversation_id = %(conversation)s AND m.profile_id <> %(profile)s
        ))
    )
ORDER BY t.occur_time_us DESC, t.sequence DESC, t.interaction_id DESC LIMIT %(most)s;

-- name: profile_backwards
-- A page of a profile's timeline: the contacts that stand under its nodes, or under itself, each by its own index.
SELECT
    t.interaction_id AS id, t.kind, t.channel, t.occur_time_us AS occur, t.sequence, t.record_time_us AS record,
    t.source_revision AS revision, encode(t.key, 'hex') AS key, t.payload,
    t.contact_id AS contact, c.conversation_id AS conversation
FROM (
    SELECT c.contact_id, c.conversation_id FROM node AS m
    JOIN contact AS c ON c.tenant_id = %(tenant)s AND c.anchor_node = m.node_id
    WHERE m.tenant_id = %(tenant)s AND m.profile_id = %(profile)s
    UNION ALL
    SELECT c.contact_id, c.conversation_id FROM contact AS c
    WHERE c.tenant_id = %(tenant)s AND c.contact_id = %(profile)s AND c.anchor_node IS NULL
) AS c
CROSS JOIN LATERAL (
    SELECT s.* FROM interaction AS s
    WHERE s.tenant_id = %(tenant)s AND s.contact_id = c.contact_id AND s.current
            AND (s.occur_time_us, s.sequence, s.interaction_id)
                < (%(after_us)s::bigint, %(after_sequence)s::bigint, %(after_id)s::uuid)
            AND (%(channels)s::text[] IS NULL OR s.channel = ANY (%(channels)s::text[]))
            AND (%(kinds)s::smallint[] IS NULL OR s.kind = ANY (%(kinds)s::smallint[]))
            AND s.occur_time_us >= %(from_us)s AND s.occur_time_us < %(until_us)s
    ORDER BY s.occur_time_us DESC, s.sequence DESC, s.interaction_id DESC LIMIT %(most)s
) AS t
ORDER BY t.occur_time_us DESC, t.sequence DESC, t.interaction_id DESC LIMIT %(most)s;
