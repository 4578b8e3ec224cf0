-- What calls find, many at once. Wanted, each table with the number of its call: keys (i, key, as_of_us; record: the key of
-- the record that states it, which goes on stating what began anew; signs: whether to say when it was proved last), contacts
-- (key), previous (place, key or id), references (place, key), continued (id), codes (key, as_of_us), requests (key), interactions (key), records
-- (key; what a record that is delivered again said before).
-- Answers one row per part that was found: its name and its rows.
CREATE OR REPLACE FUNCTION find(p_tenant text, p_wanted jsonb, p_conversations integer) RETURNS TABLE (part text, body json)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    calls integer[];
    places integer[];
    nodes uuid[];
    profiles uuid[];
    is_shared boolean[];
    own_calls integer[];
    own_profiles uuid[];
BEGIN
    IF p_wanted ? 'keys' THEN
        SELECT
            array_agg(s.call), array_agg(s.i), array_agg(n.node_id), array_agg(n.profile_id),
            array_agg(n.profile_id IS NULL AND n.shared > 0),
            json_agg(json_build_object(
                'call', s.call, 'i', s.i, 'id', n.node_id, 'profile', n.profile_id, 'shared', n.shared,
                'fan_out', n.fan_out, 'established', n.established, 'namespace', n.namespace, 'epoch', n.epoch,
                'anew', n.anew_time_us, 'revision', (
                    SELECT q.revision FROM profile AS q
                    WHERE q.tenant_id = p_tenant AND q.profile_id = n.profile_id LIMIT 1
                ), 'signed', CASE WHEN s.signs THEN (
                    SELECT e.proof_time_us FROM evidence AS e
                    WHERE e.tenant_id = p_tenant AND e.node_id = n.node_id AND e.assurance >= 3 AND NOT e.withdrawn
                        AND e.role = 1
                    ORDER BY e.proof_time_us DESC LIMIT 1
                ) END
            ))
        INTO calls, places, nodes, profiles, is_shared, body
        FROM jsonb_to_recordset(p_wanted -> 'keys') AS s (
            call integer, i integer, key bytea, as_of_us bigint, record bytea, signs boolean
        )
        CROSS JOIN LATERAL (
            SELECT m.* FROM node AS m
            WHERE m.tenant_id = p_tenant AND m.key = s.key
                AND (m.ended_time_us IS NULL OR m.ended_time_us > s.as_of_us OR (m.renewed AND s.record IS NOT NULL AND EXISTS (
                    SELECT 1 FROM node AS r
                    CROSS JOIN LATERAL (
                        SELECT e.* FROM evidence AS e
                        WHERE e.tenant_id = p_tenant AND e.subject_id = r.node_id AND e.node_id = m.node_id LIMIT 1
                    ) AS e
                    WHERE r.tenant_id = p_tenant AND r.key = s.record AND NOT e.withdrawn
                )))
            ORDER BY m.epoch LIMIT 1
        ) AS n;
    END IF;
    IF nodes IS NOT NULL THEN
        part := 'nodes';
        RETURN NEXT;
        IF cardinality(nodes) > (SELECT count(DISTINCT c.call) FROM unnest(calls) AS c (call)) THEN
            RETURN QUERY
            SELECT 'links', json_agg(json_build_array(
                a.call, l.node_a, l.node_b, l.kind, l.channel, l.assurance_a, l.assurance_b
            ))
            FROM unnest(calls, nodes) AS a (call, node_id)
            JOIN unnest(calls, nodes) AS b (call, node_id) ON b.call = a.call AND b.node_id > a.node_id
            CROSS JOIN LATERAL (
                SELECT k.* FROM link AS k
                WHERE k.tenant_id = p_tenant AND k.node_a = a.node_id AND k.node_b = b.node_id AND k.state = 'active'
                LIMIT 100
            ) AS l
            HAVING count(*) > 0;
        END IF;
        SELECT array_agg(d.call), array_agg(d.profile_id) INTO own_calls, own_profiles FROM (
            SELECT DISTINCT c.call, c.profile_id FROM unnest(calls, profiles) AS c (call, profile_id)
            WHERE c.profile_id IS NOT NULL
        ) AS d;
        IF true = ANY (is_shared) THEN
            RETURN QUERY
            SELECT 'users', json_agg(json_build_array(s.call, s.i, u.users))
            FROM unnest(calls, places, nodes, is_shared) AS s (call, i, node_id, is_shared)
            CROSS JOIN LATERAL (
                SELECT json_agg(v.profile_id ORDER BY v.open DESC, v.last_time_us DESC, v.times_seen DESC) AS users
                FROM (
                    SELECT w.profile_id, w.last_time_us, w.times_seen, EXISTS (
                        SELECT 1 FROM open_conversations(p_tenant, w.profile_id, 1)
                    ) AS open
                    FROM users(p_tenant, s.node_id) AS w
                ) AS v
            ) AS u
            WHERE s.is_shared AND u.users IS NOT NULL
            HAVING count(*) > 0;
            SELECT array_agg(d.call), array_agg(d.profile_id) INTO own_calls, own_profiles FROM (
                SELECT c.call, c.profile_id FROM unnest(own_calls, own_profiles) AS c (call, profile_id)
                UNION
                SELECT s.call, w.profile_id
                FROM unnest(calls, nodes, is_shared) AS s (call, node_id, is_shared)
                CROSS JOIN LATERAL users(p_tenant, s.node_id) AS w
                WHERE s.is_shared
            ) AS d;
        END IF;
    END IF;
    IF own_profiles IS NOT NULL THEN
        RETURN QUERY
        SELECT 'conversations', json_agg(json_build_object(
            'call', c.call, 'id', o.conversation_id, 'profile', c.profile_id, 'brand', o.brand,
            'last', o.last_time_us, 'channel', j.channel, 'start', j.start_time_us, 'bulk', j.initiation = 6
        ))
        FROM unnest(own_calls, own_profiles) AS c (call, profile_id)
        CROSS JOIN LATERAL open_conversations(p_tenant, c.profile_id, p_conversations) AS o
        LEFT JOIN LATERAL (
            SELECT t.channel, t.start_time_us, t.initiation FROM contact AS t
            WHERE t.tenant_id = p_tenant AND t.conversation_id = o.conversation_id
            ORDER BY t.start_time_us DESC LIMIT 1
        ) AS j ON true
        HAVING count(*) > 0;
    END IF;
    IF p_wanted ? 'contacts' THEN
        RETURN QUERY
        SELECT 'contacts', json_agg(json_build_object(
            'call', a.call, 'id', t.contact_id, 'conversation', t.conversation_id,
            'digest', base64(t.start_digest), 'answer', t.answer, 'early', CASE WHEN t.start_digest IS NULL THEN (
                SELECT json_agg(json_build_object('node', e.node_id, 'namespace', n.namespace, 'method', e.method))
                FROM (
                    SELECT one.* FROM evidence AS one
                    WHERE one.tenant_id = p_tenant AND one.subject_id = t.contact_id LIMIT 1000
                ) AS e
                CROSS JOIN LATERAL (
                    SELECT one.* FROM node AS one WHERE one.tenant_id = p_tenant AND one.node_id = e.node_id LIMIT 1
                ) AS n
                WHERE e.role = 1 AND NOT e.withdrawn
            ) END
        ))
        FROM jsonb_to_recordset(p_wanted -> 'contacts') AS a (call integer, key bytea)
        CROSS JOIN LATERAL (
            SELECT one.* FROM contact AS one WHERE one.tenant_id = p_tenant AND one.key = a.key LIMIT 1
        ) AS t
        HAVING count(*) > 0;
    END IF;
    IF p_wanted ? 'contacts' THEN
        RETURN QUERY
        SELECT 'awaiting', json_agg(json_build_array(a.call, w.contact_id))
        FROM jsonb_to_recordset(p_wanted -> 'contacts') AS a (call integer, key bytea)
        CROSS JOIN LATERAL (
            SELECT one.* FROM naming AS one WHERE one.tenant_id = p_tenant AND one.key = a.key LIMIT 100
        ) AS w
        HAVING count(*) > 0;
    END IF;
    IF p_wanted ? 'previous' THEN
        RETURN QUERY
        SELECT 'previous', json_agg(json_build_object(
            'call', e.call, 'id', t.contact_id, 'key', base64(t.key), 'conversation', t.conversation_id, 'end', t.end_time_us,
            'source', t.source, 'channel', t.channel, 'evidence', v.evidence, 'corrected', t.corrected,
            'anchor', t.anchor_node, 'profile', (
                SELECT m.profile_id FROM node AS m WHERE m.tenant_id = p_tenant AND m.node_id = t.anchor_node
            ), 'owner', (
                SELECT m.profile_id
                FROM conversation AS v JOIN node AS m ON m.tenant_id = p_tenant AND m.node_id = v.owner_node
                WHERE v.tenant_id = p_tenant AND v.conversation_id = t.conversation_id LIMIT 1
            ), 'ruled_out', ruled_out(p_tenant, t.conversation_id), 'legs', CASE WHEN t.persons = '{}' THEN t.legs ELSE '{}' END, 'inherited', EXISTS (
                SELECT 1 FROM contact AS d
                WHERE d.tenant_id = p_tenant AND d.conversation_id = t.conversation_id
                    AND t.contact_id = ANY (d.legs)
            ), 'taken_back', ARRAY(
                SELECT w.node_id FROM unnest(t.legs || t.contact_id) AS g (contact_id)
                CROSS JOIN LATERAL (
                    SELECT one.* FROM evidence AS one WHERE one.tenant_id = p_tenant AND one.subject_id = g.contact_id
                    LIMIT 1000
                ) AS w
                WHERE w.withdrawn
            )
        ) ORDER BY e.place)
        FROM jsonb_to_recordset(p_wanted -> 'previous') AS e (call integer, place integer, key bytea, id uuid)
        CROSS JOIN LATERAL (
            (SELECT one.* FROM contact AS one WHERE one.tenant_id = p_tenant AND one.key = e.key LIMIT 1)
            UNION ALL
            (SELECT one.* FROM contact AS one WHERE one.tenant_id = p_tenant AND one.contact_id = e.id LIMIT 1)
            LIMIT 1
        ) AS t
        LEFT JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'node', m.node_id, 'assurance', w.assurance, 'namespace', m.namespace, 'method', w.method,
                'stands', g.until IS NULL AND NOT w.withdrawn
            )) AS evidence
            FROM legs_of(p_tenant, t.contact_id, t.start_time_us, t.persons, t.legs, NULL) AS g
            CROSS JOIN LATERAL (
                SELECT one.* FROM evidence AS one WHERE one.tenant_id = p_tenant AND one.subject_id = g.contact_id
                LIMIT 1000
            ) AS w
            CROSS JOIN LATERAL (
                SELECT one.* FROM node AS one WHERE one.tenant_id = p_tenant AND one.node_id = w.node_id LIMIT 1
            ) AS m
            WHERE w.role = 1 AND w.person = g.person AND (g.until IS NULL OR w.occur_time_us <= g.until)
        ) AS v ON true
        HAVING count(*) > 0;
    END IF;
    IF p_wanted ? 'codes' THEN
        RETURN QUERY
        SELECT 'carried', json_agg(json_build_object(
            'call', a.call, 'key', base64(t.key), 'conversation', t.conversation_id, 'channel', t.channel, 'owner', (
                SELECT m.profile_id
                FROM conversation AS v JOIN node AS m ON m.tenant_id = p_tenant AND m.node_id = v.owner_node
                WHERE v.tenant_id = p_tenant AND v.conversation_id = t.conversation_id LIMIT 1
            ), 'ruled_out', ruled_out(p_tenant, t.conversation_id)
        ))
        FROM jsonb_to_recordset(p_wanted -> 'codes') AS a (call integer, key bytea, as_of_us bigint)
        CROSS JOIN LATERAL (
            SELECT one.* FROM carry_over AS one
            WHERE one.tenant_id = p_tenant AND one.key = a.key AND one.expire_time_us >= a.as_of_us LIMIT 1
        ) AS w
        CROSS JOIN LATERAL (
            SELECT one.* FROM contact AS one
            WHERE one.tenant_id = p_tenant AND one.contact_id = w.contact_id LIMIT 1
        ) AS t
        HAVING count(*) > 0;
    END IF;
    IF p_wanted ?| ARRAY['references', 'continued'] THEN
        RETURN QUERY
        SELECT 'named', json_agg(json_build_object(
            'call', b.call, 'id', w.conversation_id, 'brand', w.brand, 'channel', j.channel, 'owner', o.profile_id,
            'key', base64(j.key), 'source', j.source, 'ruled_out', ruled_out(p_tenant, w.conversation_id),
            'by_reference', b.by_reference, 'sources', ARRAY(
                SELECT DISTINCT t.source FROM contact AS t
                WHERE t.tenant_id = p_tenant AND t.conversation_id = w.conversation_id
            )
        ) ORDER BY b.by_reference, b.time_us DESC, b.place)
        FROM (
            SELECT c.call, conversation_now(p_tenant, c.id) AS conversation_id, false AS by_reference, 0 AS place,
                0::bigint AS time_us
            FROM jsonb_to_recordset(p_wanted -> 'continued') AS c (call integer, id uuid)
            UNION ALL
            SELECT r.call, d.conversation_id, true, r.place, w.time_us
            FROM jsonb_to_recordset(p_wanted -> 'references') AS r (call integer, place integer, key bytea)
            CROSS JOIN LATERAL (
                SELECT one.* FROM reference AS one WHERE one.tenant_id = p_tenant AND one.key = r.key
                ORDER BY one.time_us DESC LIMIT 10
            ) AS w
            CROSS JOIN LATERAL (
                SELECT one.conversation_id FROM contact AS one
                WHERE one.tenant_id = p_tenant AND one.contact_id = w.contact_id LIMIT 1
            ) AS d
        ) AS b
        CROSS JOIN LATERAL (
            SELECT one.* FROM conversation AS one
            WHERE one.tenant_id = p_tenant AND one.conversation_id = b.conversation_id LIMIT 1
        ) AS w
        LEFT JOIN LATERAL (
            SELECT one.profile_id FROM node AS one
            WHERE one.tenant_id = p_tenant AND one.node_id = w.owner_node LIMIT 1
        ) AS o ON true
        LEFT JOIN LATERAL (
            SELECT t.channel, t.key, t.source FROM contact AS t
            WHERE t.tenant_id = p_tenant AND t.conversation_id = w.conversation_id
            ORDER BY t.start_digest IS NULL, t.start_time_us DESC, t.contact_id LIMIT 1
        ) AS j ON true
        HAVING count(*) > 0;
    END IF;
    IF p_wanted ? 'requests' THEN
        RETURN QUERY
        SELECT 'requests', json_agg(json_build_object(
            'call', a.call, 'digest', base64(w.digest), 'answer', w.answer
        ))
        FROM jsonb_to_recordset(p_wanted -> 'requests') AS a (call integer, key bytea)
        CROSS JOIN LATERAL (
            SELECT one.* FROM request AS one WHERE one.tenant_id = p_tenant AND one.key = a.key LIMIT 1
        ) AS w
        HAVING count(*) > 0;
    END IF;
    IF p_wanted ? 'records' THEN
        RETURN QUERY
        SELECT 'records', json_agg(json_build_object(
            'call', a.call, 'node', r.node_id, 'profile', r.profile_id, 'digest', base64(s.digest),
            'revision', s.source_revision, 'occur', s.occur_time_us, 'attributes', base64(s.attributes),
            'features', base64(s.features), 'statements', v.statements
        ))
        FROM jsonb_to_recordset(p_wanted -> 'records') AS a (call integer, key bytea)
        CROSS JOIN LATERAL (
            SELECT one.* FROM node AS one
            WHERE one.tenant_id = p_tenant AND one.key = a.key ORDER BY one.epoch DESC LIMIT 1
        ) AS r
        CROSS JOIN LATERAL (
            SELECT one.* FROM source_record AS one WHERE one.tenant_id = p_tenant AND one.node_id = r.node_id LIMIT 1
        ) AS s
        LEFT JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'node', m.node_id, 'namespace', m.namespace, 'key', base64(m.key), 'role', e.role, 'assurance', e.assurance,
                'settle', e.settle_time_us
            )) AS statements
            FROM (
                SELECT one.* FROM evidence AS one
                WHERE one.tenant_id = p_tenant AND one.subject_id = r.node_id AND NOT one.withdrawn LIMIT 100
            ) AS e
            CROSS JOIN LATERAL (
                SELECT one.* FROM node AS one WHERE one.tenant_id = p_tenant AND one.node_id = e.node_id LIMIT 1
            ) AS m
            WHERE e.node_id <> r.node_id
        ) AS v ON true
        HAVING count(*) > 0;
    END IF;
    IF p_wanted ? 'interactions' THEN
        RETURN QUERY
        SELECT 'interactions', json_agg(json_build_object(
            'call', a.call, 'revision', w.source_revision, 'digest', base64(w.digest), 'interaction', w.interaction_id,
            'conversation', c.conversation_id
        ))
        FROM jsonb_to_recordset(p_wanted -> 'interactions') AS a (call integer, key bytea)
        CROSS JOIN LATERAL (
            SELECT n.* FROM interaction AS n WHERE n.tenant_id = p_tenant AND n.key = a.key LIMIT 1000
        ) AS w
        CROSS JOIN LATERAL (
            SELECT one.* FROM contact AS one WHERE one.tenant_id = p_tenant AND one.contact_id = w.contact_id LIMIT 1
        ) AS c
        HAVING count(*) > 0;
    END IF;
END
$$;
