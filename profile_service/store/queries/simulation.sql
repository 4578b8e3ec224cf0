-- name: graph_size
-- How many nodes there are.
SELECT count(*) AS number FROM node AS n WHERE n.tenant_id = %(tenant)s;

-- name: graph_page
-- A page of nodes, each with what it is linked to on one side, and when something last happened to it.
SELECT n.node_id, greatest(n.last_time_us, l.last_time_us, e.occur_time_us) AS last_time_us, l.linked
FROM (
    SELECT m.node_id, m.last_time_us FROM node AS m
    WHERE m.tenant_id = %(tenant)s AND m.node_id > %(after)s::uuid
    ORDER BY m.node_id LIMIT %(most)s
) AS n
LEFT JOIN LATERAL (
    SELECT array_agg(x.node_b) AS linked, max(x.last_time_us) AS last_time_us FROM link AS x
    WHERE x.tenant_id = %(tenant)s AND x.node_a = n.node_id AND x.state <> 'withdrawn'
) AS l ON true
LEFT JOIN LATERAL (
    SELECT x.occur_time_us FROM evidence AS x
    WHERE x.tenant_id = %(tenant)s AND x.node_id = n.node_id AND NOT x.withdrawn
    ORDER BY x.occur_time_us DESC LIMIT 1
) AS e ON true
ORDER BY n.node_id;

-- name: graph_nodes
-- Nodes as they are now, with their sealed values.
SELECT n.node_id AS id, encode(n.key, 'hex') AS key, n.epoch, n.namespace, n.scope,
    n.superseded OR n.ended_time_us IS NOT NULL AS superseded, n.shared, n.fan_out, n.profile_id AS profile, n.core_id AS core,
    n.established, n.ruled_shared, n.value
FROM node AS n WHERE n.tenant_id = %(tenant)s AND n.node_id = ANY (%(nodes)s::uuid[]);

-- name: graph_links
-- The links of nodes, each at its first end.
SELECT l.node_a, l.node_b, l.kind, l.channel, l.assurance_a, l.assurance_b, l.state,
    l.first_time_us, l.probability, l.model, l.depends_on
FROM link AS l
WHERE l.tenant_id = %(tenant)s AND l.node_a = ANY (%(nodes)s::uuid[]) AND l.state <> 'withdrawn';

-- name: graph_records
-- The sealed features of source records.
SELECT s.node_id, s.occur_time_us, s.features FROM source_record AS s
WHERE s.tenant_id = %(tenant)s AND s.node_id = ANY (%(nodes)s::uuid[]);

-- name: score_reviews
-- Open reviews of pairs that were scored.
SELECT v.node_a, v.node_b, v.probability FROM review AS v
WHERE v.tenant_id = %(tenant)s AND v.close_time_us IS NULL AND v.reason = 'score' AND v.probability IS NOT NULL;

-- name: contacts_of
-- How many contacts stand under nodes.
SELECT count(*) AS number FROM contact AS c
WHERE c.tenant_id = %(tenant)s AND c.anchor_node = ANY (%(nodes)s::uuid[]);
