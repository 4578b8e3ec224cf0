-- Interactions of plans, with what they teach and promise.
CREATE OR REPLACE FUNCTION apply_interactions(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_plans ? 'interaction' THEN
        PERFORM 1 FROM record_interactions(p_tenant, p_now, jsonb_build_object('interaction', (
            SELECT coalesce(jsonb_agg(e), '[]') FROM jsonb_array_elements(p_plans -> 'interaction') AS e
            WHERE (e ->> 'plan')::integer <> ALL (p_refused)
        )));
    END IF;
    IF p_plans ? 'fact' THEN
        INSERT INTO fact AS f (
            tenant_id, contact_id, key, value, how_known, withdrawn, expire_time_us, aside, occur_time_us, holder, said_by
        )
        SELECT
            p_tenant, r.contact_id, r.key, r.value, r.how_known, r.withdrawn, r.expire_time_us, r.aside, r.occur_time_us,
            coalesce(c.anchor_node, r.contact_id), r.said_by
        FROM jsonb_populate_recordset(NULL::plan_fact, p_plans -> 'fact') AS r
        LEFT JOIN LATERAL (
            SELECT d.anchor_node FROM contact AS d
            WHERE d.tenant_id = p_tenant AND d.contact_id = r.contact_id LIMIT 1
        ) AS c ON true
        WHERE r.plan <> ALL (p_refused) AND NOT EXISTS (
            SELECT 1 FROM interaction AS n
            WHERE n.tenant_id = p_tenant AND n.key = r.said_by AND n.source_revision > r.source_revision
        )
        ON CONFLICT ON CONSTRAINT fact_pkey DO UPDATE SET
            value = excluded.value, how_known = excluded.how_known, withdrawn = excluded.withdrawn,
            expire_time_us = excluded.expire_time_us, aside = excluded.aside, occur_time_us = excluded.occur_time_us
        WHERE excluded.occur_time_us >= f.occur_time_us;
    END IF;
    IF p_plans ? 'promise' THEN
        INSERT INTO promise AS m (
            tenant_id, contact_id, key, what, due_time_us, state, occur_time_us, holder, said_by
        )
        SELECT
            p_tenant, r.contact_id, r.key, r.what, r.due_time_us, r.state, r.occur_time_us,
            coalesce(c.anchor_node, r.contact_id), r.said_by
        FROM jsonb_populate_recordset(NULL::plan_promise, p_plans -> 'promise') AS r
        LEFT JOIN LATERAL (
            SELECT d.anchor_node FROM contact AS d
            WHERE d.tenant_id = p_tenant AND d.contact_id = r.contact_id LIMIT 1
        ) AS c ON true
        WHERE r.plan <> ALL (p_refused) AND NOT EXISTS (
            SELECT 1 FROM interaction AS n
            WHERE n.tenant_id = p_tenant AND n.key = r.said_by AND n.source_revision > r.source_revision
        )
        ON CONFLICT ON CONSTRAINT promise_pkey DO UPDATE SET
            what = coalesce(excluded.what, m.what), due_time_us = coalesce(excluded.due_time_us, m.due_time_us), state = excluded.state,
            occur_time_us = excluded.occur_time_us
        WHERE excluded.occur_time_us >= m.occur_time_us;
    END IF;
END
$$;
