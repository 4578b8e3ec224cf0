-- name: find
-- What the calls' identifiers find: rows of (call, part, body). Keys are compared with plain columns only: under
-- row-level security an expression in a comparison keeps the planner from using the index. LATERAL with a LIMIT makes
-- it look up, one by one, whatever it thinks of the sizes; `+ 0` keeps it from walking an index that only sorts.
WITH asked AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(calls)s::json) AS c (
        call integer, contact_key bytea, keys json, previous json, refs json, continued uuid, request bytea,
        interaction bytea
    )
),
sought AS MATERIALIZED (
    SELECT a.call, e.i, e.key, e.as_of_us FROM asked AS a
    CROSS JOIN LATERAL json_to_recordset(a.keys) AS e (i integer, key bytea, as_of_us bigint)
),
found AS MATERIALIZED (
    SELECT s.call, s.i, f.* FROM sought AS s
    CROSS JOIN LATERAL (
        SELECT m.node_id, m.profile_id, m.shared, m.fan_out, m.established, m.namespace FROM node AS m
        WHERE m.tenant_id = %(tenant)s AND m.key = s.key
            AND (m.ended_time_us IS NULL OR m.ended_time_us > s.as_of_us)
        ORDER BY m.epoch LIMIT 1
    ) AS f
),
neighbour AS MATERIALIZED (
    SELECT f.node_id, l.other, l.last_time_us, l.times_seen
    FROM (SELECT DISTINCT g.node_id FROM found AS g WHERE g.profile_id IS NULL AND g.shared > 0) AS f
    CROSS JOIN LATERAL (
        (
            SELECT b.node_b AS other, b.last_time_us, b.times_seen FROM link AS b
            WHERE b.tenant_id = %(tenant)s AND b.node_a = f.node_id AND b.state = 'active' LIMIT 100
        )
        UNION ALL
        (
            SELECT b.node_a, b.last_time_us, b.times_seen FROM link AS b
            WHERE b.tenant_id = %(tenant)s AND b.node_b = f.node_id AND b.state = 'active' LIMIT 100
        )
    ) AS l
),
neighbour_profile AS MATERIALIZED (
    SELECT n.node_id, x.profile_id, max(n.last_time_us) AS last_time_us, sum(n.times_seen) AS times_seen
    FROM neighbour AS n
    CROSS JOIN LATERAL (
        SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = n.other LIMIT 1
    ) AS x
    WHERE x.profile_id IS NOT NULL GROUP BY n.node_id, x.profile_id
),
concerned AS MATERIALIZED (
    SELECT DISTINCT f.call, f.profile_id FROM found AS f WHERE f.profile_id IS NOT NULL
    UNION
    SELECT f.call, p.profile_id FROM found AS f JOIN neighbour_profile AS p ON p.node_id = f.node_id
),
open_conversation AS MATERIALIZED (
    SELECT c.call, c.profile_id, y.conversation_id, y.brand, y.last_time_us FROM concerned AS c
    CROSS JOIN LATERAL (
        SELECT m.node_id FROM node AS m
        WHERE m.tenant_id = %(tenant)s AND m.profile_id = c.profile_id LIMIT 1000
    ) AS x
    CROSS JOIN LATERAL (
        SELECT w.conversation_id, w.brand, w.last_time_us FROM conversation AS w
        WHERE w.tenant_id = %(tenant)s AND w.owner_node = x.node_id AND w.state = 'open'
        ORDER BY w.last_time_us + 0 DESC LIMIT 11
    ) AS y
),
referred AS MATERIALIZED (
    SELECT a.call, e.place, e.key::bytea AS key FROM asked AS a
    CROSS JOIN LATERAL json_array_elements_text(a.refs) WITH ORDINALITY AS e (key, place)
),
reference_found AS MATERIALIZED (
    SELECT DISTINCT ON (r.call) r.call, w.conversation_id FROM referred AS r
    CROSS JOIN LATERAL (
        SELECT one.* FROM reference AS one WHERE one.tenant_id = %(tenant)s AND one.key = r.key LIMIT 1
    ) AS w
    ORDER BY r.call, r.place
),
named AS MATERIALIZED (
    SELECT a.call, coalesce(a.continued, r.conversation_id) AS conversation_id FROM asked AS a
    LEFT JOIN reference_found AS r ON r.call = a.call
),
chained AS MATERIALIZED (
    SELECT a.call, e.place, e.key, e.id FROM asked AS a
    CROSS JOIN LATERAL ROWS FROM (
        json_to_recordset(a.previous) AS (key bytea, id uuid)
    ) WITH ORDINALITY AS e (key, id, place)
),
previous AS MATERIALIZED (
    SELECT e.call, e.place, t.contact_id, t.conversation_id, t.end_time_us, t.source, t.channel FROM chained AS e
    CROSS JOIN LATERAL (
        SELECT one.* FROM contact AS one WHERE one.tenant_id = %(tenant)s AND one.key = e.key LIMIT 1
    ) AS t
    UNION ALL
    SELECT e.call, e.place, t.contact_id, t.conversation_id, t.end_time_us, t.source, t.channel FROM chained AS e
    CROSS JOIN LATERAL (
        SELECT one.* FROM contact AS one WHERE one.tenant_id = %(tenant)s AND one.contact_id = e.id LIMIT 1
    ) AS t
)
SELECT a.call, 'contact' AS part, json_build_object(
    'id', t.contact_id, 'conversation', t.conversation_id, 'digest', encode(t.start_digest, 'hex'),
    'answer', t.answer
) AS body
FROM asked AS a CROSS JOIN LATERAL (
    SELECT one.* FROM contact AS one WHERE one.tenant_id = %(tenant)s AND one.key = a.contact_key LIMIT 1
) AS t
UNION ALL
SELECT f.call, 'node', json_build_object(
    'i', f.i, 'id', f.node_id, 'profile', f.profile_id, 'shared', f.shared, 'fan_out', f.fan_out,
    'established', f.established, 'namespace', f.namespace, 'users', u.users
)
FROM found AS f
LEFT JOIN LATERAL (
    SELECT json_agg(v.profile_id ORDER BY v.open DESC, v.last_time_us DESC, v.times_seen DESC) AS users FROM (
        SELECT p.profile_id, p.last_time_us, p.times_seen, EXISTS (
            SELECT 1 FROM open_conversation AS o WHERE o.profile_id = p.profile_id
        ) AS open
        FROM neighbour_profile AS p WHERE p.node_id = f.node_id LIMIT 6
    ) AS v
) AS u ON true
UNION ALL
SELECT a.call, 'link', json_build_array(l.node_a, l.node_b, l.kind, l.channel, l.assurance_a, l.assurance_b)
FROM found AS a
JOIN found AS b ON b.call = a.call AND b.node_id > a.node_id
CROSS JOIN LATERAL (
    SELECT k.* FROM link AS k
    WHERE k.tenant_id = %(tenant)s AND k.node_a = a.node_id AND k.node_b = b.node_id AND k.state = 'active'
    LIMIT 100
) AS l
UNION ALL
SELECT h.call, 'conversation', json_build_object(
    'id', h.conversation_id, 'profile', h.profile_id, 'brand', h.brand, 'last', h.last_time_us, 'channel', j.channel
)
FROM open_conversation AS h
LEFT JOIN LATERAL (
    SELECT t.channel FROM contact AS t
    WHERE t.tenant_id = %(tenant)s AND t.conversation_id = h.conversation_id
    ORDER BY t.start_time_us DESC LIMIT 1
) AS j ON true
UNION ALL
SELECT p.call, 'previous', json_build_object(
    'place', p.place, 'id', p.contact_id, 'conversation', p.conversation_id, 'end', p.end_time_us,
    'source', p.source, 'channel', p.channel, 'evidence', v.evidence
)
FROM previous AS p
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object(
        'node', m.node_id, 'assurance', w.assurance, 'namespace', m.namespace
    )) AS evidence
    FROM evidence AS w
    CROSS JOIN LATERAL (
        SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = w.node_id LIMIT 1
    ) AS m
    WHERE w.tenant_id = %(tenant)s AND w.subject_id = p.contact_id AND w.role = 1 AND NOT w.withdrawn
) AS v ON true
UNION ALL
SELECT n.call, 'continued', json_build_object(
    'id', w.conversation_id, 'brand', w.brand, 'channel', j.channel, 'by_reference', r.conversation_id IS NOT NULL
)
FROM named AS n
CROSS JOIN LATERAL (
    SELECT one.* FROM conversation AS one
    WHERE one.tenant_id = %(tenant)s AND one.conversation_id = n.conversation_id LIMIT 1
) AS w
LEFT JOIN reference_found AS r ON r.call = n.call AND r.conversation_id = n.conversation_id
LEFT JOIN LATERAL (
    SELECT t.channel FROM contact AS t
    WHERE t.tenant_id = %(tenant)s AND t.conversation_id = w.conversation_id
    ORDER BY t.start_time_us DESC LIMIT 1
) AS j ON true
UNION ALL
SELECT a.call, 'request', json_build_object('digest', encode(w.digest, 'hex'), 'answer', w.answer)
FROM asked AS a CROSS JOIN LATERAL (
    SELECT one.* FROM request AS one WHERE one.tenant_id = %(tenant)s AND one.key = a.request LIMIT 1
) AS w
UNION ALL
SELECT a.call, 'interaction', json_build_array(
    w.source_revision, encode(w.digest, 'hex'), w.interaction_id, w.conversation_id
)
FROM asked AS a
CROSS JOIN LATERAL (
    SELECT t.* FROM interaction AS t WHERE t.tenant_id = %(tenant)s AND t.key = a.interaction LIMIT 1000
) AS w;

-- name: lock_keys
-- Take the locks of the identifiers, in order, until the transaction ends.
SELECT pg_advisory_xact_lock(k.lock)
FROM (SELECT DISTINCT e.lock FROM unnest(%(locks)s::bigint[]) AS e (lock) ORDER BY 1) AS k;

-- name: lock_profiles
-- Lock profiles in id order and answer those that are live.
SELECT p.profile_id FROM profile AS p
WHERE p.tenant_id = %(tenant)s AND p.profile_id = ANY (%(profiles)s::uuid[]) AND p.state = 'live'
ORDER BY p.profile_id FOR UPDATE;

-- name: neighbourhood
-- Everything reachable from the seeds over links that count (R9), with the names that concern it.
SELECT neighbourhood_v1(%(tenant)s, %(seeds)s::uuid[], %(minima)s::json, %(cap)s) AS found;

-- name: own_links
-- All links of the nodes that could count, with the namespace at the other end (R6 counts all of a node's own links).
SELECT l.node_a, l.node_b, l.kind, l.channel, l.assurance_a, l.assurance_b, l.state, l.first_time_us,
    a.namespace AS namespace_a, b.namespace AS namespace_b
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
SELECT reanchor_v1(%(tenant)s, %(now)s, %(nodes)s::uuid[], %(strengths)s::json, %(anchors)s::json) AS moved;

-- name: apply_plans
-- Write plans, each whole or not at all.
SELECT plan, status, revision FROM apply_plans_v1(%(tenant)s, %(now)s, %(plans)s::jsonb);

-- name: record_interactions
-- Write interactions, each whole or not at all.
SELECT item, status, interaction_id, conversation_id, revision
FROM record_interactions_v1(%(tenant)s, %(now)s, %(items)s::jsonb, %(audit)s::jsonb);
