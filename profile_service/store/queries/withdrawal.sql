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
-- A record no longer states some identifiers, from a time on.
UPDATE evidence AS e SET withdrawn = true, end_time_us = %(time_us)s
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

-- name: note_take_back
-- What a record no longer states, or what is kept although it does not.
INSERT INTO take_back (tenant_id, record_node, time_us, source, nodes, state)
VALUES (%(tenant)s, %(record)s, %(time_us)s, %(source)s, %(nodes)s::uuid[], %(state)s)
ON CONFLICT ON CONSTRAINT take_back_pkey DO UPDATE SET nodes = excluded.nodes, state = excluded.state;

-- name: take_back_rate
-- Of how many records a source took identifiers back around a time, whether any were kept, and how many records it has,
-- as far as that matters.
SELECT t.records, t.kept, (
    SELECT count(*) FROM (
        SELECT 1 FROM source_record AS s WHERE s.tenant_id = %(tenant)s AND s.source = %(source)s
        LIMIT CASE WHEN t.records >= %(least)s THEN %(most)s * (t.records + 2) ELSE 0 END
    ) AS counted
) AS total
FROM (
    SELECT count(DISTINCT b.record_node) AS records, coalesce(bool_or(b.state <> 'taken'), false) AS kept
    FROM take_back AS b
    WHERE b.tenant_id = %(tenant)s AND b.source = %(source)s AND b.time_us > %(after_us)s AND b.time_us < %(before_us)s
) AS t;

-- name: undo_take_backs
-- All that a source took back around a time is to be restored.
UPDATE take_back AS b SET state = 'undo'
WHERE b.tenant_id = %(tenant)s AND b.source = %(source)s AND b.time_us > %(after_us)s AND b.time_us < %(before_us)s
    AND b.state = 'taken';

-- name: to_restore
-- What is to be restored, the oldest first.
SELECT b.record_node AS record, b.time_us AS time, b.nodes FROM take_back AS b
WHERE b.tenant_id = %(tenant)s AND b.state = 'undo' AND b.time_us > %(after_us)s
ORDER BY b.time_us LIMIT %(most)s;

-- name: restore_evidence
-- A record states again what was taken back.
UPDATE evidence AS e SET withdrawn = false, end_time_us = NULL
WHERE e.tenant_id = %(tenant)s AND e.subject_id = %(record)s AND e.node_id = ANY (%(nodes)s::uuid[]);

-- name: restored
-- It is restored.
UPDATE take_back AS b SET state = 'kept'
WHERE b.tenant_id = %(tenant)s AND b.record_node = %(record)s AND b.time_us = %(time_us)s;

-- name: say_again
-- The record's delivery is news when it comes again.
UPDATE source_record AS s SET digest = '' WHERE s.tenant_id = %(tenant)s AND s.node_id = %(record)s;

-- name: forget_take_backs
-- Take-backs of long ago count no longer.
DELETE FROM take_back AS b WHERE b.tenant_id = %(tenant)s AND b.time_us < %(before_us)s AND b.state <> 'undo';
