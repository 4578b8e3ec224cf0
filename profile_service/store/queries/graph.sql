-- name: last_seen
-- When nodes that have not ended were last brought by a contact or a record, or linked again.
SELECT n.node_id, greatest(e.occur_time_us, a.last_time_us, b.last_time_us) AS last_time_us
FROM (
    SELECT m.node_id FROM node AS m
    WHERE m.tenant_id = %(tenant)s AND m.node_id = ANY (%(nodes)s::uuid[]) AND m.ended_time_us IS NULL
) AS n
LEFT JOIN LATERAL (
    SELECT x.occur_time_us FROM evidence AS x
    WHERE x.tenant_id = %(tenant)s AND x.node_id = n.node_id AND NOT x.withdrawn
    ORDER BY x.occur_time_us DESC LIMIT 1
) AS e ON true
LEFT JOIN LATERAL (
    SELECT max(x.last_time_us) AS last_time_us FROM link AS x
    WHERE x.tenant_id = %(tenant)s AND x.node_a = n.node_id AND x.state <> 'withdrawn'
) AS a ON true
LEFT JOIN LATERAL (
    SELECT max(x.last_time_us) AS last_time_us FROM link AS x
    WHERE x.tenant_id = %(tenant)s AND x.node_b = n.node_id AND x.state <> 'withdrawn'
) AS b ON true;

-- name: rule_node
-- A steward's word on an identifier. Where it is one customer's, its links count from now on.
UPDATE node AS n SET ruled_shared = %(shared)s, fan_out = CASE WHEN %(shared)s THEN n.fan_out ELSE 0 END
WHERE n.tenant_id = %(tenant)s AND n.node_id = %(node)s
RETURNING n.node_id;

-- name: lock_keys
-- Take the locks of the identifiers, in order, until the transaction ends.
SELECT pg_advisory_xact_lock(k.lock)
FROM (SELECT DISTINCT e.lock FROM unnest(%(locks)s::bigint[]) AS e (lock) ORDER BY 1) AS k;

-- name: lock_profiles
-- Lock profiles in id order and answer those that are live.
SELECT p.profile_id FROM profile AS p
WHERE p.tenant_id = %(tenant)s AND p.profile_id = ANY (%(profiles)s::uuid[]) AND p.state = 'live'
ORDER BY p.profile_id FOR UPDATE;

-- name: neighbourhoods
-- Everything reachable from each call's seeds over links that count (R9), with the names that concern it.
SELECT call, found::text AS found
FROM neighbourhoods(%(tenant)s, %(calls)s::integer[], %(seeds)s::uuid[], %(minima)s::jsonb, %(cap)s);

-- name: own_links
-- All links of the nodes that could count, with the namespace at the other end (R6 counts all of a node's own links).
SELECT l.node_a, l.node_b, l.kind, l.channel, l.assurance_a, l.assurance_b, l.state, l.first_time_us,
    l.probability, l.model, l.depends_on, a.namespace AS namespace_a, b.namespace AS namespace_b
FROM (
    SELECT DISTINCT ON (e.node_a, e.node_b, e.kind, e.channel, e.assurance_a, e.assurance_b) e.*
    FROM unnest(%(nodes)s::uuid[]) AS n (node_id)
    CROSS JOIN LATERAL (
        (
            SELECT x.* FROM link AS x
            WHERE x.tenant_id = %(tenant)s AND x.node_a = n.node_id AND x.state <> 'withdrawn' LIMIT %(cap)s
        )
        UNION ALL
        (
            SELECT x.* FROM link AS x
            WHERE x.tenant_id = %(tenant)s AND x.node_b = n.node_id AND x.state <> 'withdrawn' LIMIT %(cap)s
        )
    ) AS e
) AS l
CROSS JOIN LATERAL (
    SELECT y.namespace FROM node AS y WHERE y.tenant_id = %(tenant)s AND y.node_id = l.node_a LIMIT 1
) AS a
CROSS JOIN LATERAL (
    SELECT y.namespace FROM node AS y WHERE y.tenant_id = %(tenant)s AND y.node_id = l.node_b LIMIT 1
) AS b;

-- name: reanchor
-- Move contacts whose identifiers turned shared, or stopped being shared, to the strongest that is left (R13).
SELECT contact_id, before, after
FROM reanchor(%(tenant)s, %(now)s, %(nodes)s::uuid[], %(rules)s::jsonb);

-- name: apply_plans
-- Write plans, each whole or not at all.
SELECT plan, status, revision FROM apply_plans(%(tenant)s, %(now)s, %(count)s, %(plans)s::jsonb);
