-- name: import_begun
-- Begin an import, where the same file was not begun before.
INSERT INTO bulk_import (tenant_id, import_id, key, state, create_time_us)
VALUES (%(tenant)s, %(import)s, %(key)s, 'staging', %(now)s) ON CONFLICT (tenant_id, key) DO NOTHING;

-- name: import_of
-- The import of a file.
SELECT i.import_id, i.state FROM bulk_import AS i WHERE i.tenant_id = %(tenant)s AND i.key = %(key)s;

-- name: import_held
-- Take an import until the connection ends; false where another process has it.
SELECT pg_try_advisory_lock(%(lock)s) AS found;

-- name: imports_begun
-- The imports that have rows waiting, apart from one.
SELECT i.import_id FROM bulk_import AS i
WHERE i.tenant_id = %(tenant)s AND i.state <> 'done' AND i.import_id <> %(import)s
    AND EXISTS (
        SELECT 1 FROM (
            SELECT 1 FROM bulk_row AS one WHERE one.tenant_id = %(tenant)s AND one.import_id = i.import_id LIMIT 1
        ) AS r
    )
ORDER BY i.import_id;

-- name: import_given_up
-- End an import that gives its rows up; its file begins anew.
UPDATE bulk_import AS i SET state = 'done', key = uuid_send(i.import_id)
WHERE i.tenant_id = %(tenant)s AND i.import_id = %(import)s;

-- name: import_emptied
-- Forget every row that waits.
DELETE FROM bulk_row AS r WHERE r.tenant_id = %(tenant)s AND r.import_id = %(import)s RETURNING r.number;

-- name: import_state
-- How an import stands: staging, staged or done.
SELECT i.state FROM bulk_import AS i WHERE i.tenant_id = %(tenant)s AND i.import_id = %(import)s;

-- name: import_moved
-- Set the state of an import.
UPDATE bulk_import AS i SET state = %(state)s WHERE i.tenant_id = %(tenant)s AND i.import_id = %(import)s;

-- name: import_counts
-- How many rows were read, were rejected and had each outcome.
SELECT c.outcome, c.records FROM bulk_count AS c WHERE c.tenant_id = %(tenant)s AND c.import_id = %(import)s;

-- name: import_counted
-- Add to the counts.
INSERT INTO bulk_count AS c (tenant_id, import_id, outcome, records)
SELECT %(tenant)s, %(import)s, u.outcome, u.records
FROM unnest(%(outcomes)s::text[], %(records)s::bigint[]) AS u (outcome, records) ORDER BY u.outcome
ON CONFLICT ON CONSTRAINT bulk_count_pkey DO UPDATE SET records = c.records + excluded.records;

-- name: import_table
-- What COPY writes into: it cannot write where rows are secured by tenant.
CREATE TEMPORARY TABLE IF NOT EXISTS bulk_copied (number bigint, sealed bytea) ON COMMIT DELETE ROWS;

-- name: import_copied
-- Take what was copied over.
INSERT INTO bulk_row (tenant_id, import_id, number, sealed)
SELECT %(tenant)s, %(import)s, c.number, c.sealed FROM pg_temp.bulk_copied AS c;

-- name: import_rejected
-- Note rows that are rejected, and why.
INSERT INTO bulk_rejected (tenant_id, import_id, number, reason)
SELECT %(tenant)s, %(import)s, u.number, u.reason
FROM unnest(%(numbers)s::bigint[], %(reasons)s::text[]) AS u (number, reason)
ON CONFLICT ON CONSTRAINT bulk_rejected_pkey DO NOTHING;

-- name: import_rejects
-- The rejected rows in order.
SELECT r.number, r.reason FROM bulk_rejected AS r
WHERE r.tenant_id = %(tenant)s AND r.import_id = %(import)s AND r.number > %(after)s ORDER BY r.number LIMIT %(most)s;

-- name: import_claimed
-- Rows that nobody else works on, until the transaction ends.
SELECT r.number, r.sealed FROM bulk_row AS r
WHERE r.tenant_id = %(tenant)s AND r.import_id = %(import)s AND r.number > %(after)s
ORDER BY r.number LIMIT %(most)s FOR UPDATE SKIP LOCKED;

-- name: import_resolved
-- Forget rows that are resolved.
DELETE FROM bulk_row AS r
WHERE r.tenant_id = %(tenant)s AND r.import_id = %(import)s AND r.number = ANY (%(numbers)s::bigint[]);

-- name: import_left
-- Whether rows wait.
SELECT EXISTS (
    SELECT 1 FROM bulk_row AS r WHERE r.tenant_id = %(tenant)s AND r.import_id = %(import)s
) AS found;

-- name: imports_forgotten
-- Forget imports that came to their end and were begun before a time: counts and reasons with them.
WITH over AS (
    DELETE FROM bulk_import AS i
    WHERE i.tenant_id = %(tenant)s AND i.state = 'done' AND i.create_time_us < %(before)s RETURNING i.import_id
), counted AS (
    DELETE FROM bulk_count AS c USING over AS o WHERE c.tenant_id = %(tenant)s AND c.import_id = o.import_id
)
DELETE FROM bulk_rejected AS r USING over AS o WHERE r.tenant_id = %(tenant)s AND r.import_id = o.import_id;
