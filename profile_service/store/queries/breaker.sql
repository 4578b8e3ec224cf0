-- name: merge_rates
-- Changes and merges of an hour, and of the hours before it.
SELECT m.hour < %(hour)s AS usual, sum(m.changes) AS changes, sum(m.merges) AS merges
FROM merge_rate AS m
WHERE m.tenant_id = %(tenant)s AND m.hour BETWEEN %(first)s AND %(hour)s
GROUP BY 1;

-- name: latest_breaker
-- The breaker that is tripped, else the one that was lifted last.
SELECT b.breaker_id, b.hour, b.changes, b.merges, b.usual_share, b.trip_time_us, b.lift_time_us
FROM breaker AS b
WHERE b.tenant_id = %(tenant)s
ORDER BY b.lift_time_us DESC NULLS FIRST LIMIT 1;

-- name: breaker_of_hour
-- Whether an hour tripped the breaker already.
SELECT b.breaker_id FROM breaker AS b WHERE b.tenant_id = %(tenant)s AND b.hour = %(hour)s LIMIT 1;

-- name: held_merges
-- Merges that the breaker holds.
SELECT v.review_id, v.node_a, v.node_b FROM review AS v
WHERE v.tenant_id = %(tenant)s AND v.close_time_us IS NULL AND v.reason = 'held' AND v.review_id > %(after)s::uuid
ORDER BY v.review_id LIMIT %(most)s;

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

-- name: leaning
-- The links by score that lean on identifiers: each is between records, one of which has the identifier.
SELECT DISTINCT l.node_a::text AS node_a, l.node_b::text AS node_b
FROM unnest(%(nodes)s::uuid[]) AS n (node_id)
CROSS JOIN LATERAL (
    SELECT x.node_b AS other FROM link AS x WHERE x.tenant_id = %(tenant)s AND x.node_a = n.node_id
    UNION
    SELECT x.node_a FROM link AS x WHERE x.tenant_id = %(tenant)s AND x.node_b = n.node_id
) AS o
CROSS JOIN LATERAL (
    SELECT x.node_a, x.node_b, x.leans FROM link AS x WHERE x.tenant_id = %(tenant)s AND x.node_a = o.other
    UNION ALL
    SELECT x.node_a, x.node_b, x.leans FROM link AS x WHERE x.tenant_id = %(tenant)s AND x.node_b = o.other
) AS l
WHERE n.node_id = ANY (l.leans)
ORDER BY 1, 2;
