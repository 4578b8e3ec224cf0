-- Everything reachable from each call's seeds over links that count: both ends reach the minimum of their namespace, and
-- the link is stronger than the fan-out level of either end (but for what began anew, which stays shared), and depends on no identifier that is quarantined (8 beside the
-- level). Stops at p_cap nodes and says so. All calls at once, step by step: starting a statement costs more than a row.
CREATE OR REPLACE FUNCTION neighbourhoods(p_tenant text, p_calls integer[], p_seeds uuid[], p_minima jsonb, p_cap integer)
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
                    SELECT l.node_b AS other, l.node_a, l.node_b, l.kind, l.assurance_a, l.assurance_b, l.depends_on
                    FROM link AS l
                    WHERE l.tenant_id = p_tenant AND l.node_a = n.node AND l.node_b <> ALL (g.found)
                        AND l.state IN ('active', 'ended')
                    UNION ALL
                    SELECT l.node_a, l.node_a, l.node_b, l.kind, l.assurance_a, l.assurance_b, l.depends_on FROM link AS l
                    WHERE l.tenant_id = p_tenant AND l.node_b = n.node AND l.node_a <> ALL (g.found)
                        AND l.state IN ('active', 'ended')
                ) AS y
                JOIN node AS a ON a.tenant_id = p_tenant AND a.node_id = y.node_a
                JOIN node AS b ON b.tenant_id = p_tenant AND b.node_id = y.node_b
                WHERE y.assurance_a >= (p_minima ->> split_part(a.namespace, '/', 1))::smallint
                    AND y.assurance_b >= (p_minima ->> split_part(b.namespace, '/', 1))::smallint
                    AND (y.kind = 'renewed' OR least(y.assurance_a, y.assurance_b) > greatest(a.fan_out & 7, b.fan_out & 7))
                    AND (y.depends_on = '{}' OR NOT EXISTS (
                        SELECT 1 FROM node AS m
                        WHERE m.tenant_id = p_tenant AND m.node_id = ANY (y.depends_on) AND m.fan_out >= 8
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
                'fan_out', n.fan_out, 'profile', n.profile_id, 'core', n.core_id, 'established', n.established,
                'ruled_shared', n.ruled_shared
            ))
            FROM node AS n WHERE n.tenant_id = p_tenant AND n.node_id = ANY (c.found)
        ),
        'links', (
            SELECT json_agg(json_build_array(
                l.node_a, l.node_b, l.kind, l.channel, l.assurance_a, l.assurance_b, l.state, l.first_time_us,
                l.probability, l.model, l.depends_on
            ))
            FROM link AS l
            WHERE l.tenant_id = p_tenant AND l.node_a = ANY (c.found) AND l.node_b = ANY (c.found)
                AND l.state <> 'withdrawn'
        ),
        'depended_on', (
            SELECT json_object_agg(m.node_id, m.fan_out)
            FROM node AS m
            WHERE m.tenant_id = p_tenant AND m.node_id <> ALL (c.found) AND m.node_id = ANY (ARRAY(
                SELECT unnest(l.depends_on) FROM link AS l
                WHERE l.tenant_id = p_tenant AND l.node_a = ANY (c.found) AND l.node_b = ANY (c.found)
            ))
        ),
        'records', (
            SELECT json_object_agg(r.node_id, encode(r.features, 'hex'))
            FROM unnest(c.found || o.outside || t.outside) AS x (node)
            CROSS JOIN LATERAL (
                SELECT one.* FROM source_record AS one WHERE one.tenant_id = p_tenant AND one.node_id = x.node LIMIT 1
            ) AS r
        ),
        'contesting', o.statements, 'former', t.statements,
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
    ) AS c
    -- Records that state one of the nodes and are not there: what they say of its owner does not fit.
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(y.record), '{}') AS outside,
            json_agg(json_build_array(y.record, y.node, r.namespace, n.namespace, false)) AS statements
        FROM (
            SELECT a.record, x.node
            FROM unnest(c.found) AS x (node)
            CROSS JOIN LATERAL (
                SELECT l.node_b AS record FROM link AS l
                WHERE l.tenant_id = p_tenant AND l.node_a = x.node AND l.state = 'contested' AND l.kind = 'presented'
                LIMIT 5000
            ) AS a
            UNION
            SELECT b.record, x.node
            FROM unnest(c.found) AS x (node)
            CROSS JOIN LATERAL (
                SELECT l.node_a AS record FROM link AS l
                WHERE l.tenant_id = p_tenant AND l.node_b = x.node AND l.state = 'contested' AND l.kind = 'presented'
                LIMIT 5000
            ) AS b
        ) AS y
        CROSS JOIN LATERAL (
            SELECT one.* FROM node AS one WHERE one.tenant_id = p_tenant AND one.node_id = y.record LIMIT 1
        ) AS r
        CROSS JOIN LATERAL (
            SELECT one.* FROM node AS one WHERE one.tenant_id = p_tenant AND one.node_id = y.node LIMIT 1
        ) AS n
        WHERE y.record <> ALL (c.found) AND r.namespace LIKE 'record/%'
    ) AS o
    -- Records that stated one of the nodes once.
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(e.subject_id), '{}') AS outside, json_agg(json_build_array(
            e.subject_id, e.node_id, r.namespace, n.namespace, e.occur_time_us, e.end_time_us
        )) AS statements
        FROM unnest(c.found) AS x (node)
        CROSS JOIN LATERAL (
            SELECT one.* FROM evidence AS one
            WHERE one.tenant_id = p_tenant AND one.node_id = x.node AND one.end_time_us IS NOT NULL AND one.role = 1
                AND one.assurance > 1
            LIMIT 100
        ) AS e
        CROSS JOIN LATERAL (
            SELECT one.* FROM node AS one WHERE one.tenant_id = p_tenant AND one.node_id = e.subject_id LIMIT 1
        ) AS r
        CROSS JOIN LATERAL (
            SELECT one.* FROM node AS one WHERE one.tenant_id = p_tenant AND one.node_id = e.node_id LIMIT 1
        ) AS n
    ) AS t;
END
$$;
