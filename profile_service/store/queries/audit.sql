-- name: audit_append
-- Write reads with their numbers and links.
INSERT INTO audit (
    tenant_id, entry_id, kind, caller, method, policy, subject, record_time_us, sequence, chain
)
SELECT
    %(tenant)s, r.entry_id, r.kind, r.caller, r.method, r.policy, r.subject, r.record_time_us, r.sequence, r.chain
FROM json_to_recordset(%(rows)s::json) AS r (
    entry_id uuid, kind text, caller text, method text, policy text, subject json, record_time_us bigint,
    sequence bigint, chain bytea
);

-- name: audit_written
-- Which of the entries are there.
SELECT a.entry_id FROM audit AS a WHERE a.tenant_id = %(tenant)s AND a.entry_id = ANY (%(entries)s::uuid[]);

-- name: audit_alive
-- Say that a writer lives.
INSERT INTO audit_writer (tenant_id, writer_id, alive_time_us) VALUES (%(tenant)s, %(writer)s, %(now)s)
ON CONFLICT ON CONSTRAINT audit_writer_pkey DO UPDATE SET alive_time_us = excluded.alive_time_us;

-- name: audit_sign_off
-- A writer that stops cleanly leaves no gap.
DELETE FROM audit_writer WHERE tenant_id = %(tenant)s AND writer_id = %(writer)s;

-- name: audit_record_gaps
-- A writer that fell silent may have lost the reads of its last second.
WITH silent AS (
    DELETE FROM audit_writer WHERE tenant_id = %(tenant)s AND alive_time_us < %(silent_before)s
    RETURNING writer_id, alive_time_us
)
INSERT INTO audit (tenant_id, entry_id, kind, caller, method, policy, subject, record_time_us)
SELECT
    %(tenant)s, gen_random_uuid(), 'gap', 'audit', 'recovery', '',
    json_build_object('writer', s.writer_id, 'alive_time_us', s.alive_time_us), %(now)s
FROM silent AS s;

-- name: audit_lock
-- One process at a time chains; a statement of its own, so that the next one sees what the last holder wrote.
SELECT pg_advisory_xact_lock(hashtextextended('audit/' || %(tenant)s, 0));

-- name: audit_unchained
-- Rows that are committed and not chained.
SELECT a.entry_id, a.kind, a.caller, a.method, a.policy, a.subject, a.record_time_us
FROM audit AS a WHERE a.tenant_id = %(tenant)s AND a.sequence IS NULL
ORDER BY a.entry_id LIMIT %(most)s;

-- name: audit_chain
-- Write the numbers and links.
UPDATE audit AS a SET sequence = r.sequence, chain = r.chain
FROM json_to_recordset(%(links)s::json) AS r (entry_id uuid, sequence bigint, chain bytea)
WHERE a.tenant_id = %(tenant)s AND a.entry_id = r.entry_id
    AND a.entry_id = ANY (ARRAY(SELECT q.entry_id FROM json_to_recordset(%(links)s::json) AS q (entry_id uuid)));

-- name: audit_move_head
-- Move the end of the chain.
INSERT INTO audit_head (tenant_id, sequence, chain) VALUES (%(tenant)s, %(sequence)s, %(chain)s)
ON CONFLICT ON CONSTRAINT audit_head_pkey DO UPDATE SET sequence = excluded.sequence, chain = excluded.chain;

-- name: audit_read
-- The chained rows in order.
SELECT a.entry_id, a.sequence, a.chain, a.kind, a.caller, a.method, a.policy, a.subject, a.record_time_us
FROM audit AS a WHERE a.tenant_id = %(tenant)s AND a.sequence IS NOT NULL ORDER BY a.sequence;

-- name: audit_head
-- The end of the chain.
SELECT h.sequence, h.chain FROM audit_head AS h WHERE h.tenant_id = %(tenant)s;
