-- Source records, how they are found, and how frequent their values are.
CREATE OR REPLACE FUNCTION apply_records(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_plans ? 'source_record' THEN
        INSERT INTO source_record AS s (
            tenant_id, node_id, source, attributes, features, occur_time_us, source_revision, digest
        )
        SELECT
            p_tenant, r.node_id, r.source, r.attributes, r.features, r.occur_time_us, r.source_revision, r.digest
        FROM jsonb_populate_recordset(NULL::plan_source_record, p_plans -> 'source_record') AS r
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT source_record_pkey DO UPDATE SET
            attributes = excluded.attributes, features = excluded.features, occur_time_us = excluded.occur_time_us,
            source_revision = excluded.source_revision, digest = excluded.digest
        WHERE (excluded.source_revision, excluded.occur_time_us) >= (s.source_revision, s.occur_time_us);
    END IF;
    IF p_plans ? 'blocking_key_gone' THEN
        DELETE FROM blocking_key AS b
        USING jsonb_populate_recordset(NULL::plan_blocking_key_gone, p_plans -> 'blocking_key_gone') AS r
        WHERE b.tenant_id = p_tenant AND b.node_id = r.node_id
            AND b.node_id = ANY (ARRAY(SELECT q.node_id FROM jsonb_populate_recordset(NULL::plan_blocking_key_gone, p_plans -> 'blocking_key_gone') AS q))
            AND r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'blocking_key' THEN
        INSERT INTO blocking_key (tenant_id, key, node_id)
        SELECT p_tenant, k.key, r.node_id
        FROM jsonb_populate_recordset(NULL::plan_blocking_key, p_plans -> 'blocking_key') AS r
        CROSS JOIN LATERAL unnest(r.keys) AS k (key)
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT blocking_key_pkey DO NOTHING;
    END IF;
    IF p_plans ? 'value_count' THEN
        INSERT INTO value_count AS v (tenant_id, key, slot, people)
        SELECT p_tenant, k.key, pg_backend_pid() % 32, sum(r.people)
        FROM jsonb_populate_recordset(NULL::plan_value_count, p_plans -> 'value_count') AS r
        CROSS JOIN LATERAL unnest(r.keys) AS k (key)
        WHERE r.plan <> ALL (p_refused)
        GROUP BY k.key ORDER BY k.key
        ON CONFLICT ON CONSTRAINT value_count_pkey DO UPDATE SET people = v.people + excluded.people;
    END IF;
END
$$;
