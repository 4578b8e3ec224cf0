-- name: depending
-- The links by score that depend on identifiers: each is between records, one of which has the identifier.
SELECT DISTINCT l.node_a, l.node_b
FROM unnest(%(nodes)s::uuid[]) AS n (node_id)
CROSS JOIN LATERAL (
    SELECT x.node_b AS other FROM link AS x WHERE x.tenant_id = %(tenant)s AND x.node_a = n.node_id
    UNION
    SELECT x.node_a FROM link AS x WHERE x.tenant_id = %(tenant)s AND x.node_b = n.node_id
) AS o
CROSS JOIN LATERAL (
    SELECT x.node_a, x.node_b, x.depends_on FROM link AS x WHERE x.tenant_id = %(tenant)s AND x.node_a = o.other
    UNION ALL
    SELECT x.node_a, x.node_b, x.depends_on FROM link AS x WHERE x.tenant_id = %(tenant)s AND x.node_b = o.other
) AS l
WHERE n.node_id = ANY (l.depends_on)
ORDER BY 1, 2;

-- name: take_back_evidence
-- A record no longer states some identifiers.
UPDATE evidence AS e SET withdrawn = true
WHERE e.tenant_id = %(tenant)s AND e.subject_id = %(subject)s AND e.node_id = ANY (%(nodes)s::uuid[]);

-- name: take_back_scores
-- The links by score of a record, which is matched anew.
UPDATE link AS l SET state = 'withdrawn'
FROM (
    SELECT a.node_a, a.node_b FROM link AS a WHERE a.tenant_id = %(tenant)s AND a.node_a = %(subject)s::uuid
    UNION
    SELECT b.node_a, b.node_b FROM link AS b WHERE b.tenant_id = %(tenant)s AND b.node_b = %(subject)s::uuid
) AS own
WHERE l.tenant_id = %(tenant)s AND l.node_a = own.node_a AND l.node_b = own.node_b AND l.kind = 'scored'
    AND l.state = 'active'
RETURNING l.node_a, l.node_b;

-- name: withdraw_evidence
-- A contact's word is taken back.
UPDATE evidence AS e SET withdrawn = true WHERE e.tenant_id = %(tenant)s AND e.subject_id = %(subject)s;

-- name: withdraw_links
-- Links that only withdrawn evidence made are withdrawn; those that others made too keep the others' first time: twin of
-- `pairs` of identity/graph/counting.py.
WITH brought AS (
    SELECT e.node_id, e.assurance, e.channel FROM evidence AS e
    WHERE e.tenant_id = %(tenant)s AND e.subject_id = %(subject)s AND e.role = 1 AND e.assurance > 1
),
made AS (
    SELECT l.node_a, l.node_b, l.channel, l.assurance_a, l.assurance_b, o.first_time_us, o.times_seen
    FROM brought AS a
    JOIN brought AS b ON a.node_id < b.node_id
    JOIN link AS l
        ON l.tenant_id = %(tenant)s AND l.node_a = a.node_id AND l.node_b = b.node_id AND l.kind = 'presented'
            AND l.channel = a.channel AND l.state IN ('active', 'contested')
    CROSS JOIN LATERAL (
        SELECT min(greatest(x.occur_time_us, y.occur_time_us)) AS first_time_us, count(*) AS times_seen
        FROM evidence AS x
        JOIN evidence AS y
            ON y.tenant_id = x.tenant_id AND y.subject_id = x.subject_id AND y.node_id = l.node_b AND NOT y.withdrawn
                AND y.role = 1 AND y.assurance = l.assurance_b
        WHERE x.tenant_id = %(tenant)s AND x.node_id = l.node_a AND NOT x.withdrawn AND x.role = 1
            AND x.assurance = l.assurance_a AND x.channel = l.channel
    ) AS o
)
UPDATE link AS l SET
    state = CASE WHEN m.times_seen = 0 THEN 'withdrawn' ELSE l.state END,
    first_time_us = coalesce(m.first_time_us, l.first_time_us),
    times_seen = m.times_seen
FROM made AS m
WHERE l.tenant_id = %(tenant)s AND l.node_a = m.node_a AND l.node_b = m.node_b AND l.kind = 'presented'
    AND l.channel = m.channel AND l.assurance_a = m.assurance_a AND l.assurance_b = m.assurance_b;
