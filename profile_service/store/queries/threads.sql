-- name: rethreading
-- A contact with its customer of now, the other contacts of its conversation, and the customer's open conversations.
SELECT json_build_object(
    'id', c.contact_id, 'conversation', c.conversation_id, 'start_time_us', c.start_time_us, 'brand', c.brand,
    'channel', c.channel, 'source', c.source, 'initiation', c.initiation, 'threading', c.threading,
    'corrected', c.corrected, 'anchor', c.anchor_node, 'customer', n.profile_id, 'owned', EXISTS (
        SELECT 1 FROM conversation AS v
        WHERE v.tenant_id = %(tenant)s AND v.conversation_id = c.conversation_id AND v.owner_node IS NOT NULL
    ), 'beside', (
        SELECT json_agg(json_build_array(d.contact_id, m.profile_id, d.start_time_us))
        FROM (
            SELECT one.* FROM contact AS one
            WHERE one.tenant_id = %(tenant)s AND one.conversation_id = c.conversation_id
                AND one.contact_id <> c.contact_id
            LIMIT 1000
        ) AS d
        LEFT JOIN LATERAL (
            SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = d.anchor_node LIMIT 1
        ) AS m ON true
    ), 'open', (
        SELECT json_agg(json_build_object(
            'id', o.conversation_id, 'brand', o.brand, 'last_time_us', o.last_time_us,
            'channel', coalesce(j.channel, ''), 'start_time_us', f.start_time_us
        ) ORDER BY o.last_time_us DESC)
        FROM open_conversations(%(tenant)s, n.profile_id, %(most)s) AS o
        LEFT JOIN LATERAL (
            SELECT one.channel FROM contact AS one
            WHERE one.tenant_id = %(tenant)s AND one.conversation_id = o.conversation_id
            ORDER BY one.start_time_us DESC LIMIT 1
        ) AS j ON true
        CROSS JOIN LATERAL (
            SELECT min(one.start_time_us) AS start_time_us FROM contact AS one
            WHERE one.tenant_id = %(tenant)s AND one.conversation_id = o.conversation_id
        ) AS f
    )
)::text AS body
FROM (
    SELECT one.* FROM contact AS one
    WHERE one.tenant_id = %(tenant)s AND one.contact_id = %(contact)s AND one.start_digest IS NOT NULL LIMIT 1
) AS c
LEFT JOIN LATERAL (
    SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = c.anchor_node LIMIT 1
) AS n ON true;

-- name: first_contacts
-- The first contacts of the open conversations of a customer, in the order of their begin.
SELECT f.contact_id FROM open_conversations(%(tenant)s, %(profile)s, %(most)s) AS o
CROSS JOIN LATERAL (
    SELECT one.* FROM contact AS one
    WHERE one.tenant_id = %(tenant)s AND one.conversation_id = o.conversation_id
    ORDER BY one.start_time_us, one.contact_id LIMIT 1
) AS f
ORDER BY f.start_time_us, f.contact_id;
