-- name: take_share
-- Take a share of an hour's budget, or what is left of it; no row where nothing is.
INSERT INTO budget AS b (tenant_id, caller, kind, hour, taken)
VALUES (%(tenant)s, %(caller)s, %(kind)s, %(hour)s, least(%(share)s::bigint, %(most)s))
ON CONFLICT ON CONSTRAINT budget_pkey DO UPDATE SET taken = least(b.taken + %(share)s, %(most)s)
WHERE b.taken < %(most)s
RETURNING b.taken;

-- name: forget_budgets
-- Hours that are over.
DELETE FROM budget AS b WHERE b.tenant_id = %(tenant)s AND b.hour < %(hour)s;
