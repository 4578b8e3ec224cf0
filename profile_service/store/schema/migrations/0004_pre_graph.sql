-- Everything reachable from each call's seeds over links that count: both ends reach the minimum of their namespace, and
-- the link is stronger than the fan-out level of either end, and leans on no identifier that is quarantined (8 beside the
-- level). Stops at p_cap nodes and says so. All calls at once, step by step: starting a statement costs more than a row.
CREATE FUNCTION neighbourhoods_v1(p_tenant text, p_calls integer[], p_seeds uuid[], p_minima jsonb, p_cap integer)
RETURNS TABLE (call integer, found json)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    calls integer[] := p_calls;
    nodes uuid[] := p_seeds;
    next_calls integer[] := p_calls;
    next_nodes uuid[] := p_seeds;
    tripped boolean := EXISTS (SELECT 1 FROM breaker AS b WHERE b.tenant_id = p_tenant AND b.lift_time_us IS NULL);
BEGIN
    WHILE next_calls IS NOT NULL LOOP
        SELECT array_agg(s.call), array_agg(s.other) INTO next_calls, next_nodes FROM (
            SELECT f.call, x.other
            FROM (
                SELECT u.call, array_agg(u.node) AS frontier
                FROM unnest(next_calls, next_nodes) AS u (call, node) GROUP BY u.call
            ) AS f
            CROSS JOIN LATERAL (
                SELECT array_agg(u.node) AS found FROM unnest(calls, nodes) AS u (call, node) WHERE u.call = f.call
            ) AS g
            CROSS JOIN LATERAL (
                SELECT DISTINCT y.other
                FROM unnest(f.frontier) AS n (node)
                CROSS JOIN LATERAL (
                    SELECT l.node_b AS other, l.node_a, l.node_b, l.assurance_a, l.assurance_b, l.leans FROM link AS l
                    WHERE l.tenant_id = p_tenant AND l.node_a = n.node AND l.node_b <> ALL (g.found)
                        AND l.state IN ('active', 'ended')
                    UNION ALL
                    SELECT l.node_a, l.node_a, l.node_b, l.assurance_a, l.assurance_b, l.leans FROM link AS l
                    WHERE l.tenant_id = p_tenant AND l.node_b = n.node AND l.node_a <> ALL (g.found)
                        AND l.state IN ('active', 'ended')
                ) AS y
                JOIN node AS a ON a.tenant_id = p_tenant AND a.node_id = y.node_a
                JOIN node AS b ON b.tenant_id = p_tenant AND b.node_id = y.node_b
                WHERE y.assurance_a >= (p_minima ->> split_part(a.namespace, '/', 1))::smallint
                    AND y.assurance_b >= (p_minima ->> split_part(b.namespace, '/', 1))::smallint
                    AND least(y.assurance_a, y.assurance_b) > greatest(a.fan_out & 7, b.fan_out & 7)
                    AND (y.leans = '{}' OR NOT EXISTS (
                        SELECT 1 FROM node AS m
                        WHERE m.tenant_id = p_tenant AND m.node_id = ANY (y.leans) AND m.fan_out >= 8
                    ))
                LIMIT p_cap + 1
            ) AS x
            WHERE cardinality(g.found) <= p_cap
        ) AS s;
        calls := calls || coalesce(next_calls, '{}');
        nodes := nodes || coalesce(next_nodes, '{}');
    END LOOP;
    RETURN QUERY
    SELECT c.call, CASE WHEN cardinality(c.found) > p_cap THEN
        json_build_object('capped', true, 'held', tripped)
    ELSE json_build_object(
        'capped', false, 'held', tripped,
        'nodes', (
            SELECT json_agg(json_build_object(
                'id', n.node_id, 'key', encode(n.key, 'hex'), 'epoch', n.epoch, 'namespace', n.namespace,
                'scope', n.scope, 'superseded', n.superseded OR n.ended_time_us IS NOT NULL, 'shared', n.shared,
                'fan_out', n.fan_out, 'profile', n.profile_id, 'established', n.established,
                'ruled_shared', n.ruled_shared
            ))
            FROM node AS n WHERE n.tenant_id = p_tenant AND n.node_id = ANY (c.found)
        ),
        'links', (
            SELECT json_agg(json_build_array(
                l.node_a, l.node_b, l.kind, l.channel, l.assurance_a, l.assurance_b, l.state, l.first_time_us,
                l.probability, l.model, l.leans
            ))
            FROM link AS l
            WHERE l.tenant_id = p_tenant AND l.node_a = ANY (c.found) AND l.node_b = ANY (c.found)
                AND l.state <> 'withdrawn'
        ),
        'leaned_on', (
            SELECT json_object_agg(m.node_id, m.fan_out)
            FROM node AS m
            WHERE m.tenant_id = p_tenant AND m.node_id <> ALL (c.found) AND m.node_id = ANY (ARRAY(
                SELECT unnest(l.leans) FROM link AS l
                WHERE l.tenant_id = p_tenant AND l.node_a = ANY (c.found) AND l.node_b = ANY (c.found)
            ))
        ),
        'names', (
            SELECT json_agg(json_build_object(
                'id', p.profile_id, 'founder', p.founder_node, 'state', p.state, 'revision', p.revision
            ))
            FROM (
                SELECT q.* FROM profile AS q WHERE q.tenant_id = p_tenant AND q.founder_node = ANY (c.found)
                UNION
                SELECT q.* FROM profile AS q WHERE q.tenant_id = p_tenant AND q.profile_id = ANY (ARRAY(
                    SELECT n.profile_id FROM node AS n
                    WHERE n.tenant_id = p_tenant AND n.node_id = ANY (c.found) AND n.profile_id IS NOT NULL
                ))
            ) AS p
            WHERE p.founder_node IS NOT NULL AND p.state <> 'split'
        ),
        'reviews', (
            SELECT json_agg(json_build_array(v.review_id, v.node_a, v.node_b, v.reason))
            FROM (
                SELECT q.* FROM review AS q WHERE q.tenant_id = p_tenant AND q.node_a = ANY (c.found)
                UNION
                SELECT q.* FROM review AS q WHERE q.tenant_id = p_tenant AND q.node_b = ANY (c.found)
            ) AS v
            WHERE v.close_time_us IS NULL
        )
    ) END
    FROM (
        SELECT u.call, array_agg(u.node) AS found FROM unnest(calls, nodes) AS u (call, node) GROUP BY u.call
    ) AS c;
END
$$;

-- Derive the anchors of all contacts that brought one of the nodes. A contact that came in over an identifier while it
-- was shared stays where it is, and so does one that an agent corrected. Answers how many moved.
CREATE FUNCTION reanchor_v1(p_tenant text, p_now bigint, p_nodes uuid[], p_strengths json, p_anchors json)
RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    contacts uuid[];
    nodes uuid[];
    assurances smallint[];
BEGIN
    SELECT array_agg(c.contact_id), array_agg(b.node_id), array_agg(coalesce(b.assurance, 1))
    INTO contacts, nodes, assurances
    FROM contact AS c
    LEFT JOIN LATERAL (
        SELECT e.node_id, e.assurance FROM evidence AS e
        JOIN node AS n ON n.tenant_id = p_tenant AND n.node_id = e.node_id
        WHERE e.tenant_id = p_tenant AND e.subject_id = c.contact_id AND e.role = 1 AND NOT e.withdrawn
            AND n.profile_id IS NOT NULL AND e.assurance > n.shared
            AND e.assurance >= (p_anchors ->> split_part(n.namespace, '/', 1))::smallint
        ORDER BY e.assurance DESC, (p_strengths ->> split_part(n.namespace, '/', 1))::integer DESC, n.key LIMIT 1
    ) AS b ON true
    WHERE c.tenant_id = p_tenant AND NOT c.shared AND NOT c.ambiguous AND NOT c.corrected
        AND c.contact_id = ANY (ARRAY(
            SELECT e.subject_id FROM evidence AS e WHERE e.tenant_id = p_tenant AND e.node_id = ANY (p_nodes)
        ))
        AND c.anchor_node IS DISTINCT FROM b.node_id;
    IF contacts IS NULL THEN
        RETURN 0;
    END IF;
    UPDATE contact AS c SET anchor_node = m.node_id, anchor_assurance = m.assurance
    FROM unnest(contacts, nodes, assurances) AS m (contact_id, node_id, assurance)
    WHERE c.tenant_id = p_tenant AND c.contact_id = ANY (contacts) AND c.contact_id = m.contact_id;
    UPDATE conversation AS v SET owner_node = m.node_id, revision = greatest(v.revision + 1, p_now)
    FROM unnest(contacts, nodes) AS m (contact_id, node_id)
    WHERE v.tenant_id = p_tenant AND v.owner_contact = ANY (contacts) AND v.owner_contact = m.contact_id;
    UPDATE fact AS f SET holder = coalesce(m.node_id, m.contact_id)
    FROM unnest(contacts, nodes) AS m (contact_id, node_id)
    WHERE f.tenant_id = p_tenant AND f.contact_id = ANY (contacts) AND f.contact_id = m.contact_id;
    UPDATE promise AS s SET holder = coalesce(m.node_id, m.contact_id)
    FROM unnest(contacts, nodes) AS m (contact_id, node_id)
    WHERE s.tenant_id = p_tenant AND s.contact_id = ANY (contacts) AND s.contact_id = m.contact_id;
    INSERT INTO profile AS p (tenant_id, profile_id, founder_contact, state, create_time_us, revision)
    SELECT p_tenant, m.contact_id, m.contact_id, 'live', p_now, p_now
    FROM unnest(contacts, nodes) AS m (contact_id, node_id)
    WHERE m.node_id IS NULL
    ON CONFLICT ON CONSTRAINT profile_pkey DO UPDATE SET
        state = 'live', revision = greatest(p.revision + 1, p_now);
    UPDATE profile AS p SET state = 'redirected', revision = greatest(p.revision + 1, p_now)
    FROM unnest(contacts, nodes) AS m (contact_id, node_id)
    WHERE p.tenant_id = p_tenant AND p.profile_id = ANY (contacts) AND p.profile_id = m.contact_id
        AND p.founder_contact IS NOT NULL AND m.node_id IS NOT NULL;
    RETURN cardinality(contacts);
END
$$;
