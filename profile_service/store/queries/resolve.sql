-- name: find
-- What calls find, many at once.
SELECT part, body::text AS body FROM find(%(tenant)s, %(wanted)s::jsonb, %(conversations)s);

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
SELECT call, found
FROM neighbourhoods(%(tenant)s, %(calls)s::integer[], %(seeds)s::uuid[], %(minima)s::jsonb, %(cap)s);

-- name: own_links
-- All links of the nodes that could count, with the namespace at the other end (R6 counts all of a node's own links).
SELECT l.node_a, l.node_b, l.kind, l.channel, l.assurance_a, l.assurance_b, l.state, l.first_time_us,
    l.probability, l.model, l.leans, a.namespace AS namespace_a, b.namespace AS namespace_b
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
SELECT contact_id::text AS contact_id, before::text AS before, after::text AS after
FROM reanchor(%(tenant)s, %(now)s, %(nodes)s::uuid[], %(rules)s::jsonb);

-- name: apply_plans
-- Write plans, each whole or not at all.
SELECT plan, status, revision FROM apply_plans(%(tenant)s, %(now)s, %(count)s, %(plans)s::jsonb);

-- name: record_interactions
-- Write interactions, each whole or not at all.
SELECT item, status, interaction_id, conversation_id, revision
FROM record_interactions(%(tenant)s, %(now)s, %(plans)s::jsonb);

-- name: candidates
-- What records are matched with, many calls at once.
SELECT part, call, place, profile_id, node_id, number, sealed
FROM candidates(%(tenant)s, %(wanted)s::jsonb, %(cap)s, %(most)s);

-- name: all_records
-- A page of a tenant's source records, to learn from.
SELECT s.node_id, s.occur_time_us, s.features FROM source_record AS s
WHERE s.tenant_id = %(tenant)s AND s.node_id > %(after)s::uuid
ORDER BY s.node_id LIMIT %(most)s;

-- name: profile_nodes
-- The nodes of profiles, at most so many.
SELECT n.node_id FROM node AS n
WHERE n.tenant_id = %(tenant)s AND n.profile_id = ANY (%(profiles)s::uuid[]) LIMIT %(most)s;
