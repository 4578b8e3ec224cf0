-- Profile ids. A profile's revision grows with everything that changes what it shows.
CREATE OR REPLACE FUNCTION apply_profiles(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_plans ? 'profile' THEN
        INSERT INTO profile AS p (
            tenant_id, profile_id, founder_node, founder_contact, state, heirs, create_time_us, expire_time_us,
            revision
        )
        SELECT
            p_tenant, r.profile_id, r.founder_node, r.founder_contact, r.state,
            r.heirs, r.create_time_us, r.expire_time_us, p_now
        FROM jsonb_populate_recordset(NULL::plan_profile, p_plans -> 'profile') AS r
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT profile_pkey DO UPDATE SET
            founder_node = excluded.founder_node, founder_contact = excluded.founder_contact, state = excluded.state,
            heirs = excluded.heirs, expire_time_us = excluded.expire_time_us;
    END IF;
END
$$;
