-- What replays answer, and the audit of the plans.
CREATE OR REPLACE FUNCTION apply_answers(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_plans ? 'request' THEN
        INSERT INTO request (tenant_id, key, digest, answer, record_time_us)
        SELECT p_tenant, r.key, r.digest, r.answer, p_now
        FROM jsonb_populate_recordset(NULL::plan_request, p_plans -> 'request') AS r
        WHERE r.plan <> ALL (p_refused);
    END IF;
    INSERT INTO audit (tenant_id, entry_id, kind, caller, method, policy, subject, record_time_us)
    SELECT p_tenant, r.entry_id, 'change', r.caller, r.method, r.policy, r.subject, p_now
    FROM jsonb_populate_recordset(NULL::plan_audit, p_plans -> 'audit') AS r
    WHERE r.plan <> ALL (p_refused);

END
$$;
