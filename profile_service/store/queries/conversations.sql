-- name: conversation_by_id
-- The conversation that an id names now, with the channels of its contacts, and the profile that it belongs to. Where the id
-- leads to another customer than it was told for, its successors.
SELECT
    v.conversation_id AS id, v.brand, v.state, v.open_time_us AS open, v.last_time_us AS last,
    v.close_time_us AS close, coalesce(n.profile_id, v.owner_contact) AS profile, v.owner_node AS node,
    coalesce((
        SELECT c.contact_id FROM contact AS c
        WHERE c.tenant_id = %(tenant)s AND c.conversation_id = v.conversation_id
        ORDER BY c.start_digest IS NULL, c.anchor_node IS NULL, c.start_time_us, c.contact_id LIMIT 1
    ), v.owner_contact) AS first,
    ARRAY(
        SELECT DISTINCT c.source FROM contact AS c
        WHERE c.tenant_id = %(tenant)s AND c.conversation_id = v.conversation_id
    ) AS sources,
    ARRAY(
        SELECT c.channel FROM contact AS c
        WHERE c.tenant_id = %(tenant)s AND c.conversation_id = v.conversation_id
        GROUP BY c.channel ORDER BY min(c.start_time_us)
    ) AS channels,
    CASE WHEN v.conversation_id <> %(conversation)s THEN ARRAY(
        SELECT DISTINCT c.conversation_id
        FROM (
            SELECT one.* FROM conversation AS one
            WHERE one.tenant_id = %(tenant)s AND one.conversation_id = %(conversation)s LIMIT 1
        ) AS w
        CROSS JOIN LATERAL (
            SELECT one.profile_id FROM node AS one
            WHERE one.tenant_id = %(tenant)s AND one.node_id = w.owner_node LIMIT 1
        ) AS m
        CROSS JOIN LATERAL unnest(w.departed || w.founder) AS d (contact_id)
        CROSS JOIN LATERAL (
            SELECT one.conversation_id FROM contact AS one
            WHERE one.tenant_id = %(tenant)s AND one.contact_id = d.contact_id LIMIT 1
        ) AS c
        WHERE m.profile_id IS DISTINCT FROM n.profile_id
    ) ELSE '{}' END AS successors
FROM conversation AS v
LEFT JOIN node AS n ON n.tenant_id = v.tenant_id AND n.node_id = v.owner_node
WHERE v.tenant_id = %(tenant)s AND v.conversation_id = conversation_now(%(tenant)s, %(conversation)s);

-- name: conversation_of_asking
-- The conversation of a contact whose caller was told an id.
SELECT c.conversation_id AS id FROM contact AS c
WHERE c.tenant_id = %(tenant)s AND c.contact_id = %(asking)s AND c.told_conversation = %(conversation)s;

-- name: idle_conversations
-- Close conversations in which nothing happened since a time; a batch at once.
WITH closed AS (
    UPDATE conversation AS v
    SET state = 'closed', close_time_us = %(now)s, revision = greatest(v.revision + 1, %(now)s)
    WHERE v.tenant_id = %(tenant)s AND v.conversation_id IN (
        SELECT w.conversation_id FROM conversation AS w
        WHERE w.tenant_id = %(tenant)s AND w.state = 'open' AND w.last_time_us < %(before)s
        ORDER BY w.last_time_us LIMIT %(most)s FOR UPDATE SKIP LOCKED
    )
    RETURNING v.conversation_id, v.owner_contact, v.owner_node
),
said AS (
    INSERT INTO act (tenant_id, act_id, kind, time_us, contacts, customer_node)
    SELECT %(tenant)s, gen_random_uuid(), 1, %(now)s, ARRAY[c.owner_contact], c.owner_node FROM closed AS c
    RETURNING act_id, contacts
),
named AS (
    INSERT INTO act_contact (tenant_id, contact_id, act_id) SELECT %(tenant)s, s.contacts[1], s.act_id FROM said AS s
)
SELECT c.conversation_id FROM closed AS c;
