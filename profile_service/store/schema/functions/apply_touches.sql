-- New revisions for the profiles and conversations that plans change: greater than before, and than any clock said.
CREATE OR REPLACE FUNCTION apply_touches(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_plans ? 'profile_touch' THEN
        UPDATE profile AS p SET
            revision = greatest(p.revision + 1, p_now),
            expire_time_us = CASE
                WHEN p.expire_time_us IS NOT NULL AND NOT r.keeps THEN coalesce(r.expire_time_us, p.expire_time_us)
            END
        FROM (
            SELECT r.profile_id, max(r.expire_time_us) AS expire_time_us, bool_or(r.keeps) AS keeps
            FROM jsonb_populate_recordset(NULL::plan_profile_touch, p_plans -> 'profile_touch') AS r
            WHERE r.plan <> ALL (p_refused) GROUP BY 1
        ) AS r
        WHERE p.tenant_id = p_tenant AND p.profile_id = r.profile_id
            AND p.profile_id = ANY (ARRAY(SELECT q.profile_id FROM jsonb_populate_recordset(NULL::plan_profile_touch, p_plans -> 'profile_touch') AS q));
    END IF;
    IF p_plans ? 'conversation_touch' THEN
        UPDATE conversation AS c SET revision = greatest(c.revision + 1, p_now)
        WHERE c.tenant_id = p_tenant AND c.conversation_id = ANY (ARRAY(
            SELECT r.conversation_id FROM jsonb_populate_recordset(NULL::plan_conversation_touch, p_plans -> 'conversation_touch') AS r
            WHERE r.plan <> ALL (p_refused)
        ));
    END IF;
END
$$;
