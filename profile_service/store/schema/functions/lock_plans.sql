-- Take the locks of all plans in one order: keys, then profiles, then conversations.
CREATE OR REPLACE FUNCTION lock_plans(p_tenant text, p_plans jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    held uuid[];
BEGIN
    PERFORM pg_advisory_xact_lock(k.lock) FROM (
        SELECT DISTINCT l.lock
        FROM jsonb_populate_recordset(NULL::plan_lock, p_plans -> 'lock') AS r CROSS JOIN LATERAL unnest(r.locks) AS l (lock)
        ORDER BY 1
    ) AS k;
    SELECT array_agg(r.profile_id) INTO held FROM (
        SELECT q.profile_id FROM jsonb_populate_recordset(NULL::plan_profile_touch, p_plans -> 'profile_touch') AS q
        UNION
        SELECT q.profile_id FROM jsonb_populate_recordset(NULL::plan_profile_expected, p_plans -> 'profile_expected') AS q
    ) AS r;
    IF held IS NOT NULL THEN
        PERFORM 1 FROM profile AS p
        WHERE p.tenant_id = p_tenant AND p.profile_id = ANY (held) ORDER BY p.profile_id FOR UPDATE;
    END IF;
    SELECT array_agg(DISTINCT r.conversation_id) INTO held
    FROM jsonb_populate_recordset(NULL::plan_conversation_touch, p_plans -> 'conversation_touch') AS r;
    IF held IS NOT NULL THEN
        PERFORM 1 FROM conversation AS c
        WHERE c.tenant_id = p_tenant AND c.conversation_id = ANY (held) ORDER BY c.conversation_id FOR UPDATE;
    END IF;
END
$$;
