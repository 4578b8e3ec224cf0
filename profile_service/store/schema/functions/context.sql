-- Everything that the handoff contexts of the contacts are made of: one row per contact, in one round trip. Where the
-- caller holds the context of the same revisions, `parts` is null. Wanted: place, and contact_id, key or
-- conversation_id; profile_revision and stamp as the caller holds them. The stamp is the sum of the revisions of the
-- contact's conversation and of the customer's open ones.
CREATE OR REPLACE FUNCTION context(p_tenant text, p_wanted json, p_limits jsonb)
RETURNS TABLE (
    place integer, contact_id uuid, profile_id uuid, profile_revision bigint, conversation_revision bigint,
    stamp bigint, source text, parts json
)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    places integer[];
    contacts uuid[];
    profiles uuid[];
    profile_revisions bigint[];
    conversation_revisions bigint[];
    stamps bigint[];
    sources text[];
    is_held boolean[];
    most_nodes integer := (p_limits ->> 'nodes')::integer;
    most_contacts integer := (p_limits ->> 'contacts')::integer;
    most_interactions integer := (p_limits ->> 'interactions')::integer + 1;
    -- Some of them are live: those are shown elsewhere.
    most_ended integer := (p_limits ->> 'ended')::integer * 2 + 1;
    most_shown integer := (p_limits ->> 'ended')::integer;
    most_others integer := (p_limits ->> 'others')::integer + 1;
    most_facts integer := (p_limits ->> 'facts_read')::integer;
BEGIN
    WITH own AS MATERIALIZED (
        SELECT w.place, w.profile_revision, w.stamp, c.contact_id, c.conversation_id, c.source,
            coalesce(n.profile_id, c.contact_id) AS profile_id
        FROM json_to_recordset(p_wanted) AS w (
            place integer, contact_id uuid, key bytea, conversation_id uuid, profile_revision bigint, stamp bigint
        )
        CROSS JOIN LATERAL (
            (SELECT d.* FROM contact AS d WHERE d.tenant_id = p_tenant AND d.contact_id = w.contact_id LIMIT 1)
            UNION ALL
            (SELECT d.* FROM contact AS d WHERE d.tenant_id = p_tenant AND d.key = w.key LIMIT 1)
            UNION ALL
            (
                SELECT d.* FROM contact AS d
                WHERE w.conversation_id IS NOT NULL AND d.tenant_id = p_tenant
                    AND d.conversation_id = conversation_now(p_tenant, w.conversation_id)
                ORDER BY d.start_time_us DESC LIMIT 1
            )
            LIMIT 1
        ) AS c
        LEFT JOIN LATERAL (
            SELECT one.profile_id FROM node AS one
            WHERE one.tenant_id = p_tenant AND one.node_id = c.anchor_node LIMIT 1
        ) AS n ON true
    )
    SELECT
        array_agg(own.place), array_agg(own.contact_id), array_agg(own.profile_id), array_agg(p.revision),
        array_agg(v.revision), array_agg(t.stamp), array_agg(own.source),
        array_agg(coalesce(own.profile_revision = p.revision AND own.stamp = t.stamp, false))
    INTO places, contacts, profiles, profile_revisions, conversation_revisions, stamps, sources, is_held
    FROM own
    CROSS JOIN LATERAL (
        SELECT one.revision FROM conversation AS one
        WHERE one.tenant_id = p_tenant AND one.conversation_id = own.conversation_id LIMIT 1
    ) AS v
    CROSS JOIN LATERAL (
        SELECT one.revision FROM profile AS one
        WHERE one.tenant_id = p_tenant AND one.profile_id = own.profile_id LIMIT 1
    ) AS p
    CROSS JOIN LATERAL (
        SELECT (v.revision + coalesce(sum(o.revision), 0))::bigint AS stamp
        FROM open_conversations(p_tenant, own.profile_id, most_others) AS o
    ) AS t;
    RETURN QUERY
    SELECT
        h.place, h.contact_id, h.profile_id, h.profile_revision, h.conversation_revision, h.stamp, h.source, NULL::json
    FROM unnest(places, contacts, profiles, profile_revisions, conversation_revisions, stamps, sources, is_held) AS h (
        place, contact_id, profile_id, profile_revision, conversation_revision, stamp, source, is_held
    )
    WHERE h.is_held;
    IF NOT (false = ANY (is_held)) THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT
        own.place, own.contact_id, own.profile_id, own.profile_revision, own.conversation_revision, own.stamp,
        own.source, body.parts
    FROM (
        SELECT h.*, ARRAY(
            SELECT m.node_id FROM node AS m
            WHERE m.tenant_id = p_tenant AND m.profile_id = h.profile_id LIMIT most_nodes
        ) AS nodes
        FROM unnest(places, contacts, profiles, profile_revisions, conversation_revisions, stamps, sources, is_held) AS h (
            place, contact_id, profile_id, profile_revision, conversation_revision, stamp, source, is_held
        )
        WHERE NOT h.is_held
    ) AS own
    CROSS JOIN LATERAL (
        SELECT one.* FROM contact AS one
        WHERE one.tenant_id = p_tenant AND one.contact_id = own.contact_id LIMIT 1
    ) AS me
    CROSS JOIN LATERAL (
        SELECT one.* FROM conversation AS one
        WHERE one.tenant_id = p_tenant AND one.conversation_id = me.conversation_id LIMIT 1
    ) AS v
    CROSS JOIN LATERAL (
        SELECT one.* FROM profile AS one
        WHERE one.tenant_id = p_tenant AND one.profile_id = own.profile_id LIMIT 1
    ) AS p
    CROSS JOIN LATERAL (
        SELECT json_build_object(
            'me', json_build_object(
                'id', me.contact_id, 'anchor', me.anchor_node, 'profile', own.profile_id, 'assurance', me.anchor_assurance,
                'ambiguous', me.ambiguous, 'shared', me.shared, 'corrected', me.corrected, 'apart', me.apart,
                'answer', me.answer, 'brand', me.brand, 'visibility', me.visibility,
                'channel', me.channel, 'direction', me.direction, 'end', me.end_time_us, 'legs', CASE WHEN me.persons = '{}' THEN me.legs ELSE '{}' END,
                'call', CASE WHEN me.listens IS NOT NULL THEN live_leg(p_tenant, me.listens) END
            ),
            'conversation', json_build_object(
                'id', v.conversation_id, 'brand', v.brand, 'state', v.state, 'open', v.open_time_us,
                'last', v.last_time_us, 'close', v.close_time_us
            ),
            'profile', json_build_object('id', p.profile_id, 'created', p.create_time_us, 'revision', p.revision),
            'contacts', contacts.rows, 'contact_count', contact_count.of, 'ended', ended.rows, 'others', others.rows, 'calls', calls.by_contact, 'words', words.by_contact, 'intents', intents.by_contact, 'facts', facts.rows,
            'promises', promises.rows, 'checks', checks.rows, 'nodes', nodes.rows, 'records', records.rows,
            'failed_us', failed.first_us, 'preferences', preferences.rows, 'consents', consents.rows, 'claims', claims.rows,
            'dialled', CASE WHEN me.direction = 2 THEN (
                SELECT json_agg(json_build_array(
                    n.core_id, s.purpose, s.channel, s.brand, s.granted, s.occur_time_us, s.worth
                ))
                FROM (
                    SELECT unnest(own.nodes) AS node_id
                    UNION
                    SELECT e.node_id FROM evidence AS e WHERE e.tenant_id = p_tenant AND e.subject_id = me.contact_id
                ) AS d
                CROSS JOIN LATERAL (
                    SELECT one.core_id FROM node AS one
                    WHERE one.tenant_id = p_tenant AND one.node_id = d.node_id LIMIT 1
                ) AS n
                JOIN consent AS s ON s.tenant_id = p_tenant AND s.node_id = d.node_id
            ) END
        ) AS parts
        FROM (
            SELECT json_agg(json_build_object(
                'id', n.node_id, 'namespace', n.namespace, 'scope', n.scope, 'value', base64(n.value),
                'shared', n.shared, 'last', n.last_time_us, 'own', n.own, 'core', n.core_id, 'assurance', w.assurance
            ) ORDER BY n.last_time_us DESC, n.node_id) AS rows
            FROM (
                SELECT m.node_id, m.namespace, m.scope, m.value, m.shared, m.last_time_us, true AS own, m.core_id
                FROM node AS m
                WHERE m.tenant_id = p_tenant AND m.profile_id = own.profile_id
                UNION ALL
                SELECT DISTINCT ON (x.node_id) x.node_id, x.namespace, x.scope, x.value, x.shared, x.last_time_us, false,
                    x.core_id
                FROM unnest(own.nodes) AS m (node_id)
                CROSS JOIN LATERAL (
                    (
                        SELECT l.node_b AS other FROM link AS l
                        WHERE l.tenant_id = p_tenant AND l.node_a = m.node_id AND l.state = 'active' LIMIT 100
                    )
                    UNION ALL
                    (
                        SELECT l.node_a FROM link AS l
                        WHERE l.tenant_id = p_tenant AND l.node_b = m.node_id AND l.state = 'active' LIMIT 100
                    )
                ) AS l
                CROSS JOIN LATERAL (
                    SELECT y.* FROM node AS y WHERE y.tenant_id = p_tenant AND y.node_id = l.other LIMIT 1
                ) AS x
                WHERE x.profile_id IS NULL AND x.shared > 0
            ) AS n
            LEFT JOIN LATERAL (
                SELECT max(e.assurance) AS assurance FROM (
                    SELECT one.assurance FROM evidence AS one
                    WHERE one.tenant_id = p_tenant AND one.node_id = n.node_id AND one.assurance >= 3
                        AND NOT one.withdrawn
                    ORDER BY one.proof_time_us DESC LIMIT 5
                ) AS e
            ) AS w ON n.own
        ) AS nodes
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'id', c.contact_id, 'source', c.source, 'channel', c.channel, 'direction', c.direction,
                'initiation', c.initiation, 'start', c.start_time_us, 'end', c.end_time_us,
                'payload', base64(c.payload), 'ending', base64(c.ending), 'updated', base64(c.updated),
                'change', c.channel_change, 'corrected', c.corrected, 'apart', c.apart, 'profile', c.profile_id,
                'conversation', c.conversation_id, 'listens', c.listens IS NOT NULL
            ) ORDER BY c.start_time_us) AS rows, array_agg(c.contact_id) AS ids, array_agg(c.contact_id) FILTER (
                WHERE c.end_time_us IS NULL OR c.contact_id = me.contact_id OR c.place <= most_shown
            ) AS shown
            FROM (
                SELECT e.*, row_number() OVER (PARTITION BY e.end_time_us IS NULL ORDER BY e.start_time_us DESC) AS place
                FROM (
                    SELECT d.*, coalesce(n.profile_id, d.contact_id) AS profile_id FROM contact AS d
                    LEFT JOIN LATERAL (
                        SELECT one.* FROM node AS one
                        WHERE one.tenant_id = p_tenant AND one.node_id = d.anchor_node LIMIT 1
                    ) AS n ON true
                    WHERE d.tenant_id = p_tenant AND d.conversation_id = v.conversation_id
                    ORDER BY d.start_time_us DESC LIMIT most_contacts
                ) AS e
            ) AS c
        ) AS contacts
        CROSS JOIN LATERAL (
            SELECT count(*) AS of FROM (
                SELECT 1 FROM contact AS d
                WHERE d.tenant_id = p_tenant AND d.conversation_id = v.conversation_id LIMIT 1000
            ) AS c
        ) AS contact_count
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'id', c.contact_id, 'source', c.source, 'channel', c.channel, 'direction', c.direction,
                'initiation', c.initiation, 'start', c.start_time_us, 'end', c.end_time_us,
                'payload', base64(c.payload), 'ending', base64(c.ending), 'updated', base64(c.updated),
                'change', c.channel_change, 'corrected', c.corrected, 'conversation', c.conversation_id,
                'listens', c.listens IS NOT NULL
            ) ORDER BY c.start_time_us DESC) AS rows, array_agg(c.contact_id) AS ids,
                array_agg(c.contact_id) FILTER (WHERE c.place <= most_shown AND c.end_time_us IS NOT NULL) AS shown
            FROM (
                SELECT f.*, row_number() OVER (PARTITION BY f.end_time_us IS NULL ORDER BY f.start_time_us DESC) AS place
                FROM (
                    SELECT d.* FROM unnest(own.nodes) AS m (node_id)
                    CROSS JOIN LATERAL (
                        SELECT e.* FROM contact AS e
                        WHERE e.tenant_id = p_tenant AND e.anchor_node = m.node_id
                        ORDER BY e.start_time_us DESC LIMIT most_ended
                    ) AS d
                    WHERE d.contact_id <> me.contact_id
                    ORDER BY d.start_time_us DESC LIMIT most_ended
                ) AS f
            ) AS c
        ) AS ended
        CROSS JOIN LATERAL (
            SELECT json_object_agg(c.contact_id, i.rows) AS by_contact
            FROM (
                SELECT DISTINCT u.contact_id FROM unnest(contacts.shown || ended.shown) AS u (contact_id)
            ) AS x
            CROSS JOIN LATERAL (
                SELECT one.*, CASE
                    WHEN one.contact_id = ANY (me.legs) AND me.persons = '{}' THEN me.start_time_us
                    ELSE 9223372036854775807
                END AS until
                FROM contact AS one WHERE one.tenant_id = p_tenant AND one.contact_id = x.contact_id LIMIT 1
            ) AS c
            CROSS JOIN LATERAL (
                SELECT json_agg(json_build_object(
                    'id', t.interaction_id, 'kind', t.kind, 'channel', t.channel, 'occur', t.occur_time_us,
                    'record', t.record_time_us, 'revision', t.source_revision, 'key', encode(t.key, 'hex'),
                    'payload', base64(t.payload)
                ) ORDER BY t.occur_time_us, t.sequence, t.interaction_id) AS rows
                FROM (
                    SELECT s.* FROM interaction AS s
                    WHERE s.tenant_id = p_tenant AND s.contact_id = c.contact_id AND s.current
                        AND width_bucket(s.occur_time_us, c.persons) = width_bucket(c.until, c.persons)
                        AND s.occur_time_us <= c.until
                    ORDER BY s.occur_time_us DESC, s.sequence DESC, s.interaction_id DESC LIMIT most_interactions
                ) AS t
            ) AS i
            WHERE i.rows IS NOT NULL
        ) AS words
        CROSS JOIN LATERAL (
            SELECT json_object_agg(c.contact_id, json_build_object(
                'id', t.interaction_id, 'kind', t.kind, 'channel', t.channel, 'occur', t.occur_time_us,
                'record', t.record_time_us, 'revision', t.source_revision, 'key', encode(t.key, 'hex'),
                'payload', base64(t.payload)
            )) AS by_contact
            FROM unnest(contacts.ids) AS x (contact_id)
            CROSS JOIN LATERAL (
                SELECT one.* FROM contact AS one WHERE one.tenant_id = p_tenant AND one.contact_id = x.contact_id LIMIT 1
            ) AS c
            CROSS JOIN LATERAL (
                SELECT s.* FROM interaction AS s
                WHERE s.tenant_id = p_tenant AND s.contact_id = c.contact_id AND s.current AND s.intends
                    AND width_bucket(s.occur_time_us, c.persons) = cardinality(c.persons)
                ORDER BY s.occur_time_us DESC, s.sequence DESC LIMIT 1
            ) AS t
        ) AS intents
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'id', h.conversation_id, 'brand', h.brand, 'open', h.open_time_us, 'last', h.last_time_us,
                'owner', h.owner_contact, 'channels', ARRAY(
                    SELECT DISTINCT c.channel FROM (
                        SELECT d.* FROM contact AS d
                        WHERE d.tenant_id = p_tenant AND d.conversation_id = h.conversation_id
                        ORDER BY d.start_time_us DESC LIMIT most_contacts
                    ) AS c ORDER BY c.channel
                )
            ) ORDER BY h.last_time_us DESC) AS rows, array_agg(h.owner_contact) AS ids
            FROM (
                SELECT y.* FROM open_conversations(p_tenant, own.profile_id, most_others) AS y
                WHERE y.conversation_id <> v.conversation_id
                ORDER BY y.last_time_us DESC LIMIT most_others
            ) AS h
        ) AS others
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'contact', f.contact_id, 'key', f.key, 'value', base64(f.value), 'how', f.how_known,
                'withdrawn', f.withdrawn, 'aside', f.aside, 'expire', f.expire_time_us, 'occur', f.occur_time_us, 'channel', c.channel,
                'said', encode(f.said_by, 'hex')
            ) ORDER BY f.occur_time_us DESC) AS rows, array_agg(f.contact_id) AS ids
            FROM (
                SELECT g.* FROM (
                    SELECT m.node_id AS holder FROM unnest(own.nodes) AS m (node_id)
                    UNION ALL SELECT own.contact_id
                ) AS h
                CROSS JOIN LATERAL (
                    SELECT one.* FROM fact AS one
                    WHERE one.tenant_id = p_tenant AND one.holder = h.holder
                    ORDER BY one.occur_time_us DESC LIMIT most_facts
                ) AS g
                ORDER BY g.occur_time_us DESC LIMIT most_facts
            ) AS f
            CROSS JOIN LATERAL (
                SELECT one.* FROM contact AS one
                WHERE one.tenant_id = p_tenant AND one.contact_id = f.contact_id LIMIT 1
            ) AS c
        ) AS facts
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'conversation', c.conversation_id, 'key', f.key, 'what', base64(f.what), 'due', f.due_time_us,
                'state', f.state, 'occur', f.occur_time_us, 'contact', f.contact_id, 'said', encode(f.said_by, 'hex')
            ) ORDER BY f.occur_time_us DESC) AS rows, array_agg(f.contact_id) AS ids
            FROM (
                SELECT g.* FROM (
                    SELECT m.node_id AS holder FROM unnest(own.nodes) AS m (node_id)
                    UNION ALL SELECT own.contact_id
                ) AS h
                CROSS JOIN LATERAL (
                    SELECT one.* FROM promise AS one
                    WHERE one.tenant_id = p_tenant AND one.holder = h.holder
                    ORDER BY one.occur_time_us DESC LIMIT most_facts
                ) AS g
                ORDER BY g.occur_time_us DESC LIMIT most_facts
            ) AS f
            CROSS JOIN LATERAL (
                SELECT one.* FROM contact AS one
                WHERE one.tenant_id = p_tenant AND one.contact_id = f.contact_id LIMIT 1
            ) AS c
        ) AS promises
        CROSS JOIN LATERAL (
            SELECT json_object_agg(k.contact_id, json_build_array(
                k.start_time_us, k.persons, k.legs,
                (
                    SELECT json_agg(json_build_array(e.person, e.occur_time_us, json_build_array(
                        n.namespace, n.core_id, n.shared, e.method, e.proof_time_us, n.profile_id
                    )))
                    FROM (
                        SELECT one.* FROM evidence AS one
                        WHERE one.tenant_id = p_tenant AND one.subject_id = k.contact_id LIMIT 1000
                    ) AS e
                    CROSS JOIN LATERAL (
                        SELECT one.* FROM node AS one
                        WHERE one.tenant_id = p_tenant AND one.node_id = e.node_id LIMIT 1
                    ) AS n
                    WHERE e.role = 1 AND e.assurance = 4 AND NOT e.withdrawn
                ),
                (
                    SELECT json_agg(json_build_array(a.occur_time_us, json_build_array(
                        a.attribute, n.core_id, n.profile_id, a.worth, a.needed, a.record_time_us
                    )))
                    FROM (
                        SELECT one.* FROM answer_check AS one
                        WHERE one.tenant_id = p_tenant AND one.contact_id = k.contact_id LIMIT 1000
                    ) AS a
                    CROSS JOIN LATERAL (
                        SELECT one.* FROM node AS one
                        WHERE one.tenant_id = p_tenant AND one.node_id = a.node_id LIMIT 1
                    ) AS n
                    WHERE a.matched AND NOT a.void
                )
            )) AS by_contact
            FROM (
                SELECT DISTINCT l.contact_id
                FROM (
                    SELECT DISTINCT u.contact_id
                    FROM unnest(contacts.ids || ended.ids || others.ids || facts.ids || promises.ids || me.contact_id)
                        AS u (contact_id)
                ) AS c
                CROSS JOIN LATERAL (
                    SELECT one.* FROM contact AS one
                    WHERE one.tenant_id = p_tenant AND one.contact_id = c.contact_id LIMIT 1
                ) AS d
                CROSS JOIN LATERAL unnest(d.legs || d.contact_id) AS l (contact_id)
            ) AS x
            CROSS JOIN LATERAL (
                SELECT one.* FROM contact AS one
                WHERE one.tenant_id = p_tenant AND one.contact_id = x.contact_id LIMIT 1
            ) AS k
        ) AS calls
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_array(a.attribute, a.matched)) AS rows
            FROM unnest(me.legs || me.contact_id) AS g (contact_id)
            CROSS JOIN LATERAL (
                SELECT one.* FROM answer_check AS one WHERE one.tenant_id = p_tenant AND one.contact_id = g.contact_id
                LIMIT 1000
            ) AS a
            WHERE NOT a.void
        ) AS checks
        CROSS JOIN LATERAL (
            SELECT min(a.record_time_us) AS first_us FROM unnest(own.nodes) AS m (node_id)
            CROSS JOIN LATERAL (
                SELECT one.record_time_us FROM answer_check AS one
                WHERE one.tenant_id = p_tenant AND one.node_id = m.node_id AND NOT one.matched
                    AND one.record_time_us > extract(epoch FROM now()) * 1000000 - 86400000000
                LIMIT 1000
            ) AS a
        ) AS failed
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'node', s.node_id, 'source', s.source, 'occur', s.occur_time_us, 'value', base64(s.attributes),
                'states', ARRAY(
                    SELECT e.node_id FROM evidence AS e
                    WHERE e.tenant_id = p_tenant AND e.subject_id = s.node_id AND e.role = 1 AND NOT e.withdrawn AND e.assurance > 1
                    LIMIT 1000
                )
            )) AS rows
            FROM unnest(own.nodes) AS m (node_id)
            JOIN source_record AS s ON s.tenant_id = p_tenant AND s.node_id = m.node_id
        ) AS records
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'node', s.node_id, 'key', s.key, 'occur', s.occur_time_us, 'value', base64(s.value)
            ) ORDER BY s.occur_time_us) AS rows
            FROM unnest(own.nodes) AS m (node_id)
            JOIN preference AS s ON s.tenant_id = p_tenant AND s.node_id = m.node_id
            WHERE s.value IS NOT NULL
        ) AS preferences
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_array(
                s.node_id, s.purpose, s.channel, s.brand, s.granted, s.occur_time_us, s.worth
            )) AS rows
            FROM unnest(own.nodes) AS m (node_id)
            JOIN consent AS s ON s.tenant_id = p_tenant AND s.node_id = m.node_id
        ) AS consents
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'namespace', n.namespace, 'profile', n.profile_id, 'assurance', e.assurance, 'shared', n.shared,
                'node', n.node_id, 'role', e.role
            )) AS rows
            FROM evidence AS e
            CROSS JOIN LATERAL (
                SELECT one.* FROM node AS one WHERE one.tenant_id = p_tenant AND one.node_id = e.node_id LIMIT 1
            ) AS n
            WHERE e.tenant_id = p_tenant AND e.subject_id = me.contact_id AND NOT e.withdrawn
                AND e.method <> 'ANSWERED' AND e.person = cardinality(me.persons)
        ) AS claims
    ) AS body;
END
$$;
