-- How many merges there were, and whether they are held from now on.
CREATE OR REPLACE FUNCTION apply_breaker(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_plans ? 'merge_rate' THEN
        INSERT INTO merge_rate AS m (tenant_id, hour, slot, changes, merges)
        SELECT p_tenant, r.hour, pg_backend_pid() % 32, count(*), sum(r.merges)
        FROM jsonb_populate_recordset(NULL::plan_merge_rate, p_plans -> 'merge_rate') AS r
        WHERE r.plan <> ALL (p_refused)
        GROUP BY r.hour ORDER BY r.hour
        ON CONFLICT ON CONSTRAINT merge_rate_pkey DO UPDATE SET
            changes = m.changes + excluded.changes, merges = m.merges + excluded.merges;
    END IF;
    IF p_plans ? 'breaker' THEN
        INSERT INTO breaker (tenant_id, breaker_id, hour, changes, merges, usual_share, trip_time_us)
        SELECT p_tenant, r.breaker_id, r.hour, r.changes, r.merges, r.usual_share, p_now
        FROM jsonb_populate_recordset(NULL::plan_breaker, p_plans -> 'breaker') AS r
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT (tenant_id) WHERE lift_time_us IS NULL DO NOTHING;
    END IF;
    IF p_plans ? 'breaker_lift' THEN
        UPDATE breaker AS b SET lift_time_us = p_now
        FROM jsonb_populate_recordset(NULL::plan_breaker_lift, p_plans -> 'breaker_lift') AS r
        WHERE b.tenant_id = p_tenant AND b.breaker_id = r.breaker_id AND b.lift_time_us IS NULL
            AND r.plan <> ALL (p_refused);
    END IF;
END
$$;
