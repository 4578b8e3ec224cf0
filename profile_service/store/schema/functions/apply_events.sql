-- What plans did to profiles.
CREATE OR REPLACE FUNCTION apply_events(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event (
        tenant_id, event_id, kind, before, after, nodes, links, policy, model, cause_kind, cause_id, caller,
        occur_time_us, record_time_us
    )
    SELECT
        p_tenant, r.event_id, r.kind, r.before, r.after, r.nodes, r.links, r.policy, r.model, r.cause_kind, r.cause_id,
        r.caller, r.occur_time_us, p_now
    FROM jsonb_populate_recordset(NULL::plan_event, p_plans -> 'event') AS r
    WHERE r.plan <> ALL (p_refused);
    INSERT INTO event_profile (tenant_id, profile_id, event_id)
    SELECT DISTINCT p_tenant, n.profile_id, r.event_id
    FROM jsonb_populate_recordset(NULL::plan_event, p_plans -> 'event') AS r
    CROSS JOIN LATERAL unnest(r.before || r.after) AS n (profile_id)
    WHERE r.plan <> ALL (p_refused);
END
$$;
