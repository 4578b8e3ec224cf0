-- name: stands_in
-- The conversation in which a contact stands.
SELECT c.conversation_id FROM contact AS c WHERE c.tenant_id = %(tenant)s AND c.contact_id = %(contact)s;

-- name: threads_around
-- The contacts that decide, with some and for some customers, which conversations they make: of one customer with them or
-- in one conversation, that name them or are named, bear a reference of theirs or were named beside them by somebody; and
-- the first of what they were told of. One step of it, at most so many of a kind.
WITH here AS MATERIALIZED (
    SELECT c.contact_id, c.conversation_id, c.key, n.profile_id, c.told_conversation AS told
    FROM unnest(%(contacts)s::uuid[]) AS x (contact_id)
    CROSS JOIN LATERAL (
        SELECT one.* FROM contact AS one WHERE one.tenant_id = %(tenant)s AND one.contact_id = x.contact_id LIMIT 1
    ) AS c
    LEFT JOIN LATERAL (
        SELECT one.profile_id FROM node AS one
        WHERE one.tenant_id = %(tenant)s AND one.node_id = c.anchor_node LIMIT 1
    ) AS n ON true
)
SELECT DISTINCT f.contact_id FROM (
    SELECT d.contact_id
    FROM (
        SELECT h.profile_id FROM here AS h WHERE h.profile_id IS NOT NULL
        UNION
        SELECT p.profile_id FROM unnest(%(profiles)s::uuid[]) AS p (profile_id)
    ) AS p
    CROSS JOIN LATERAL (
        SELECT one.node_id FROM node AS one
        WHERE one.tenant_id = %(tenant)s AND one.profile_id = p.profile_id LIMIT 1000
    ) AS m
    CROSS JOIN LATERAL (
        SELECT one.contact_id FROM contact AS one
        WHERE one.tenant_id = %(tenant)s AND one.anchor_node = m.node_id AND one.start_digest IS NOT NULL
        ORDER BY one.start_time_us DESC LIMIT %(most)s
    ) AS d
    UNION ALL
    SELECT d.contact_id FROM (SELECT DISTINCT h.conversation_id FROM here AS h) AS v
    CROSS JOIN LATERAL (
        SELECT one.contact_id FROM contact AS one
        WHERE one.tenant_id = %(tenant)s AND one.conversation_id = v.conversation_id AND one.start_digest IS NOT NULL
        ORDER BY one.start_time_us DESC LIMIT %(most)s
    ) AS d
    UNION ALL
    SELECT d.contact_id FROM here AS h
    CROSS JOIN LATERAL (
        SELECT one.key FROM naming AS one
        WHERE one.tenant_id = %(tenant)s AND one.contact_id = h.contact_id LIMIT 20
    ) AS a
    CROSS JOIN LATERAL (
        SELECT one.contact_id FROM contact AS one
        WHERE one.tenant_id = %(tenant)s AND one.key = a.key AND one.start_digest IS NOT NULL LIMIT 1
    ) AS d
    UNION ALL
    SELECT d.contact_id FROM here AS h
    CROSS JOIN LATERAL (
        SELECT one.contact_id FROM naming AS one
        WHERE one.tenant_id = %(tenant)s AND one.key = h.key LIMIT %(most)s
    ) AS d
    UNION ALL
    SELECT d.contact_id FROM here AS h
    CROSS JOIN LATERAL (
        SELECT one.key FROM reference AS one
        WHERE one.tenant_id = %(tenant)s AND one.contact_id = h.contact_id LIMIT 100
    ) AS r
    CROSS JOIN LATERAL (
        SELECT one.contact_id FROM reference AS one
        WHERE one.tenant_id = %(tenant)s AND one.key = r.key ORDER BY one.time_us DESC LIMIT 20
    ) AS d
    UNION ALL
    SELECT u.contact_id FROM here AS h
    CROSS JOIN LATERAL (
        SELECT one.act_id FROM act_contact AS one
        WHERE one.tenant_id = %(tenant)s AND one.contact_id = h.contact_id LIMIT 1000
    ) AS t
    CROSS JOIN LATERAL (
        SELECT one.contacts FROM act AS one WHERE one.tenant_id = %(tenant)s AND one.act_id = t.act_id LIMIT 1
    ) AS d
    CROSS JOIN LATERAL unnest(d.contacts) AS u (contact_id)
    UNION ALL
    SELECT coalesce(d.founder, d.owner_contact)
    FROM (
        SELECT h.conversation_id FROM here AS h
        UNION
        SELECT h.told FROM here AS h WHERE h.told IS NOT NULL
    ) AS v
    CROSS JOIN LATERAL (
        SELECT one.founder, one.owner_contact FROM conversation AS one
        WHERE one.tenant_id = %(tenant)s AND one.conversation_id = v.conversation_id LIMIT 1
    ) AS d
) AS f;

-- name: contacts_of_customers
-- The customers among some who have a contact.
SELECT DISTINCT p.profile_id FROM unnest(%(profiles)s::uuid[]) AS p (profile_id)
CROSS JOIN LATERAL (
    SELECT one.node_id FROM node AS one
    WHERE one.tenant_id = %(tenant)s AND one.profile_id = p.profile_id LIMIT 1000
) AS m
CROSS JOIN LATERAL (
    SELECT one.contact_id FROM contact AS one
    WHERE one.tenant_id = %(tenant)s AND one.anchor_node = m.node_id LIMIT 1
) AS d;

-- name: thread_facts
-- What is known of contacts as far as it decides which conversations they make.
SELECT json_build_object(
    'id', c.contact_id, 'key', encode(c.key, 'hex'), 'start_time_us', c.start_time_us, 'source', c.source,
    'channel', c.channel, 'brand', c.brand, 'customer', n.profile_id, 'initiation', c.initiation,
    'listens', c.listens IS NOT NULL, 'direction', c.direction, 'threading', c.threading,
    'conversation', c.conversation_id, 'channel_change', c.channel_change, 'apart', c.apart,
    'told', coalesce(c.told_conversation::text, ''), 'told_under', t.profile_id, 'told_node', c.told_node, 'ruled_out', ARRAY(
        SELECT DISTINCT m.profile_id FROM unnest(c.ruled_out) AS o (node_id)
        CROSS JOIN LATERAL (
            SELECT one.profile_id FROM node AS one
            WHERE one.tenant_id = %(tenant)s AND one.node_id = o.node_id LIMIT 1
        ) AS m
        WHERE m.profile_id IS NOT NULL AND m.profile_id IS DISTINCT FROM n.profile_id
    ), 'names', (
        SELECT json_agg(json_build_array(a.how, encode(a.key, 'hex'), a.one_desk) ORDER BY a.place)
        FROM naming AS a WHERE a.tenant_id = %(tenant)s AND a.contact_id = c.contact_id
    ), 'references', (
        SELECT json_object_agg(encode(r.key, 'hex'), r.time_us)
        FROM reference AS r WHERE r.tenant_id = %(tenant)s AND r.contact_id = c.contact_id
    ), 'words', (
        SELECT json_agg(json_build_array(w.speaks, w.time_us) ORDER BY w.time_us)
        FROM (
            SELECT s.speaks, coalesce(f.time_us, s.occur_time_us) AS time_us
            FROM interaction AS s
            LEFT JOIN LATERAL (
                SELECT min(one.occur_time_us) AS time_us FROM interaction AS one
                WHERE one.tenant_id = %(tenant)s AND one.key = s.key AND one.source_revision < s.source_revision
            ) AS f ON true
            WHERE s.tenant_id = %(tenant)s AND s.contact_id = c.contact_id AND s.current AND s.speaks > 0
            ORDER BY s.occur_time_us DESC LIMIT 1000
        ) AS w
    ), 'acts', (
        SELECT json_agg(json_build_array(
            d.act_id, d.kind, d.time_us, d.contacts, (
                SELECT m.profile_id FROM node AS m
                WHERE m.tenant_id = %(tenant)s AND m.node_id = d.customer_node LIMIT 1
            )
        ))
        FROM act_contact AS x
        CROSS JOIN LATERAL (
            SELECT one.* FROM act AS one WHERE one.tenant_id = %(tenant)s AND one.act_id = x.act_id LIMIT 1
        ) AS d
        WHERE x.tenant_id = %(tenant)s AND x.contact_id = c.contact_id AND NOT d.withdrawn
    )
)::text AS body
FROM unnest(%(contacts)s::uuid[]) AS x (contact_id)
CROSS JOIN LATERAL (
    SELECT one.* FROM contact AS one
    WHERE one.tenant_id = %(tenant)s AND one.contact_id = x.contact_id AND one.start_digest IS NOT NULL LIMIT 1
) AS c
LEFT JOIN LATERAL (
    SELECT one.profile_id FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = c.anchor_node LIMIT 1
) AS n ON true
LEFT JOIN LATERAL (
    SELECT one.profile_id FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = c.told_node LIMIT 1
) AS t ON true;

-- name: thread_conversations
-- Conversations as they are kept, and those that were made for some contacts: the first contact, whether they are closed,
-- whose they are, and whether contacts stand there.
SELECT v.conversation_id AS id, coalesce(v.founder, v.owner_contact) AS founder, v.state = 'closed' AS closed,
    n.profile_id AS customer, EXISTS (
        SELECT 1 FROM (
            SELECT 1 FROM contact AS one
            WHERE one.tenant_id = %(tenant)s AND one.conversation_id = v.conversation_id LIMIT 1
        ) AS c
    ) AS occupied
FROM (
    SELECT u.conversation_id FROM unnest(%(conversations)s::uuid[]) AS u (conversation_id)
    UNION
    SELECT f.conversation_id FROM unnest(%(contacts)s::uuid[]) AS u (contact_id)
    CROSS JOIN LATERAL (
        SELECT one.conversation_id FROM conversation AS one
        WHERE one.tenant_id = %(tenant)s AND one.founder = u.contact_id LIMIT 100
    ) AS f
) AS x
CROSS JOIN LATERAL (
    SELECT one.* FROM conversation AS one
    WHERE one.tenant_id = %(tenant)s AND one.conversation_id = x.conversation_id LIMIT 1
) AS v
LEFT JOIN LATERAL (
    SELECT one.profile_id FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = v.owner_node LIMIT 1
) AS n ON true;

-- name: lock_customers
-- Serialise what concerns some customers, and those of some contacts.
SELECT p.profile_id FROM profile AS p
WHERE p.tenant_id = %(tenant)s AND p.profile_id = ANY (ARRAY(
    SELECT x.profile_id FROM unnest(%(profiles)s::uuid[]) AS x (profile_id)
    UNION
    SELECT n.profile_id FROM unnest(%(contacts)s::uuid[]) AS x (contact_id)
    CROSS JOIN LATERAL (
        SELECT one.anchor_node FROM contact AS one
        WHERE one.tenant_id = %(tenant)s AND one.contact_id = x.contact_id LIMIT 1
    ) AS c
    CROSS JOIN LATERAL (
        SELECT one.profile_id FROM node AS one
        WHERE one.tenant_id = %(tenant)s AND one.node_id = c.anchor_node LIMIT 1
    ) AS n
))
ORDER BY p.profile_id FOR UPDATE;

-- name: pending_threads
-- Contacts around which others wait to be threaded again, at most so many.
SELECT t.contact_id FROM thread_pending AS t WHERE t.tenant_id = %(tenant)s ORDER BY t.contact_id LIMIT %(most)s;

-- name: no_longer_pending
-- The contacts around this one are threaded again.
DELETE FROM thread_pending AS t WHERE t.tenant_id = %(tenant)s AND t.contact_id = %(contact)s RETURNING t.contact_id;

-- name: began_later
-- Whether something is known that came after a contact began, or after a time in it, by their own time: a later contact of
-- its customer, one that names it or is named by it, or bears a reference of its; an act on what stands there, which is not
-- before the contacts that it names.
SELECT c.contact_id FROM contact AS c
LEFT JOIN LATERAL (
    SELECT one.profile_id FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = c.anchor_node LIMIT 1
) AS n ON true
WHERE c.tenant_id = %(tenant)s AND c.contact_id = %(contact)s AND (
    EXISTS (
        SELECT 1 FROM (
            SELECT one.node_id FROM node AS one
            WHERE one.tenant_id = %(tenant)s AND one.profile_id = n.profile_id LIMIT 1000
        ) AS m
        CROSS JOIN LATERAL (
            SELECT 1 FROM contact AS one
            WHERE one.tenant_id = %(tenant)s AND one.anchor_node = m.node_id AND one.start_time_us >= %(time_us)s
                AND one.contact_id <> c.contact_id LIMIT 1
        ) AS d
    )
    OR EXISTS (
        SELECT 1 FROM (
            SELECT 1 FROM naming AS one WHERE one.tenant_id = %(tenant)s AND one.key = c.key LIMIT 1
        ) AS a
    )
    OR EXISTS (
        SELECT 1 FROM (
            SELECT one.key FROM naming AS one
            WHERE one.tenant_id = %(tenant)s AND one.contact_id = c.contact_id LIMIT 20
        ) AS a
        CROSS JOIN LATERAL (
            SELECT 1 FROM contact AS one
            WHERE one.tenant_id = %(tenant)s AND one.key = a.key AND one.start_time_us >= %(time_us)s LIMIT 1
        ) AS d
    )
    OR EXISTS (
        SELECT 1 FROM (
            SELECT one.key FROM reference AS one
            WHERE one.tenant_id = %(tenant)s AND one.contact_id = c.contact_id LIMIT 100
        ) AS r
        CROSS JOIN LATERAL (
            SELECT 1 FROM reference AS one
            WHERE one.tenant_id = %(tenant)s AND one.key = r.key AND one.contact_id <> c.contact_id
                AND one.time_us >= %(time_us)s LIMIT 1
        ) AS o
    )
    OR EXISTS (
        SELECT 1 FROM (
            SELECT one.contact_id FROM contact AS one
            WHERE one.tenant_id = %(tenant)s AND one.conversation_id = c.conversation_id LIMIT 1000
        ) AS d
        CROSS JOIN LATERAL (
            SELECT one.act_id FROM act_contact AS one
            WHERE one.tenant_id = %(tenant)s AND one.contact_id = d.contact_id LIMIT 1000
        ) AS t
        CROSS JOIN LATERAL (
            SELECT 1 FROM act AS one
            WHERE one.tenant_id = %(tenant)s AND one.act_id = t.act_id AND (one.time_us >= %(time_us)s OR EXISTS (
                SELECT 1 FROM unnest(one.contacts) AS u (contact_id)
                CROSS JOIN LATERAL (
                    SELECT 1 FROM contact AS one
                    WHERE one.tenant_id = %(tenant)s AND one.contact_id = u.contact_id
                        AND one.start_time_us >= %(time_us)s LIMIT 1
                ) AS e
            )) LIMIT 1
        ) AS b
    )
);

-- name: latest_of_customer
-- The latest contacts of the customer of a contact, with the contact, where that stands alone in its conversation and names
-- nothing: what it may go on with by itself.
SELECT d.contact_id FROM contact AS c
CROSS JOIN LATERAL (
    SELECT one.profile_id FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = c.anchor_node LIMIT 1
) AS n
CROSS JOIN LATERAL (
    SELECT one.node_id FROM node AS one
    WHERE one.tenant_id = %(tenant)s AND one.profile_id = n.profile_id LIMIT 1000
) AS m
CROSS JOIN LATERAL (
    SELECT one.contact_id, one.start_time_us FROM contact AS one
    WHERE one.tenant_id = %(tenant)s AND one.anchor_node = m.node_id AND one.start_digest IS NOT NULL
    ORDER BY one.start_time_us DESC LIMIT %(most)s
) AS d
WHERE c.tenant_id = %(tenant)s AND c.contact_id = %(contact)s AND c.start_digest IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM contact AS o
        WHERE o.tenant_id = %(tenant)s AND o.conversation_id = c.conversation_id AND o.contact_id <> c.contact_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM (
            SELECT 1 FROM naming AS one WHERE one.tenant_id = %(tenant)s AND one.contact_id = c.contact_id LIMIT 1
        ) AS a
    )
    AND NOT EXISTS (
        SELECT 1 FROM (
            SELECT 1 FROM reference AS one WHERE one.tenant_id = %(tenant)s AND one.contact_id = c.contact_id LIMIT 1
        ) AS r
    )
ORDER BY d.start_time_us DESC LIMIT %(most)s;

-- name: is_pending
-- Whether others around a contact wait to be threaded again.
SELECT t.contact_id FROM thread_pending AS t WHERE t.tenant_id = %(tenant)s AND t.contact_id = %(contact)s;
