-- What customers chose, and what they were asked.
CREATE OR REPLACE FUNCTION apply_choices(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_plans ? 'preference' THEN
        INSERT INTO preference AS f (tenant_id, node_id, key, value, occur_time_us)
        SELECT p_tenant, r.node_id, r.key, r.value, r.occur_time_us
        FROM jsonb_populate_recordset(NULL::plan_preference, p_plans -> 'preference') AS r
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT preference_pkey DO UPDATE SET
            value = excluded.value, occur_time_us = excluded.occur_time_us;
    END IF;
    IF p_plans ? 'consent' THEN
        INSERT INTO consent (
            tenant_id, consent_id, node_id, purpose, channel, brand, granted, worth, occur_time_us, record_time_us
        )
        SELECT
            p_tenant, r.consent_id, r.node_id, r.purpose, r.channel, r.brand, r.granted, r.worth, r.occur_time_us, p_now
        FROM jsonb_populate_recordset(NULL::plan_consent, p_plans -> 'consent') AS r
        WHERE r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'answer_check' THEN
        INSERT INTO answer_check (tenant_id, check_id, contact_id, attribute, matched, node_id, worth, needed,
            address, occur_time_us, record_time_us)
        SELECT p_tenant, r.check_id, r.contact_id, r.attribute, r.matched, r.node_id, r.worth, r.needed, r.address,
            r.occur_time_us, p_now
        FROM jsonb_populate_recordset(NULL::plan_answer_check, p_plans -> 'answer_check') AS r
        WHERE r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'answer_check_void' THEN
        UPDATE answer_check AS a SET void = true
        FROM jsonb_populate_recordset(NULL::plan_answer_check_void, p_plans -> 'answer_check_void') AS r
        WHERE a.tenant_id = p_tenant AND a.contact_id = r.contact_id
            AND a.contact_id = ANY (ARRAY(SELECT q.contact_id FROM jsonb_populate_recordset(NULL::plan_answer_check_void, p_plans -> 'answer_check_void') AS q)) AND r.plan <> ALL (p_refused);
    END IF;
END
$$;
