-- The plans that are not written, and why: stale (what they were decided on has changed), exists (the key was used
-- before), conflict (the interaction is there with other content).
CREATE OR REPLACE FUNCTION refuse_plans(p_tenant text, p_plans jsonb, OUT stale integer[], OUT existing integer[], OUT conflicting integer[])
LANGUAGE plpgsql AS $$
BEGIN
    SELECT array_agg(DISTINCT f.plan) INTO stale FROM (
        SELECT r.plan
        FROM jsonb_populate_recordset(NULL::plan_key_absent, p_plans -> 'key_absent') AS r
        WHERE EXISTS (
            SELECT 1 FROM node AS n
            WHERE n.tenant_id = p_tenant AND n.key = r.key AND n.node_id IS DISTINCT FROM r.but_node
                AND (n.ended_time_us IS NULL OR n.ended_time_us > r.as_of_us)
        )
        UNION ALL
        SELECT r.plan
        FROM jsonb_populate_recordset(NULL::plan_node_seen, p_plans -> 'node_seen') AS r
        LEFT JOIN LATERAL (
            SELECT m.* FROM node AS m WHERE m.tenant_id = p_tenant AND m.node_id = r.node_id LIMIT 1
        ) AS n ON true
        WHERE n.node_id IS NULL OR n.profile_id IS DISTINCT FROM r.profile_id OR n.shared <> r.shared
        UNION ALL
        SELECT r.plan
        FROM jsonb_populate_recordset(NULL::plan_profile_expected, p_plans -> 'profile_expected') AS r
        LEFT JOIN LATERAL (
            SELECT q.* FROM profile AS q WHERE q.tenant_id = p_tenant AND q.profile_id = r.profile_id LIMIT 1
        ) AS p ON true
        WHERE p.profile_id IS NULL OR p.state <> 'live' OR p.revision <> coalesce(r.etag, p.revision)
        UNION ALL
        SELECT r.plan
        FROM jsonb_populate_recordset(NULL::plan_contact_ending, p_plans -> 'contact_ending') AS r
        CROSS JOIN LATERAL (
            SELECT d.end_digest FROM contact AS d
            WHERE d.tenant_id = p_tenant AND d.contact_id = r.contact_id LIMIT 1
        ) AS c
        WHERE c.end_digest IS NOT NULL
        UNION ALL
        SELECT r.plan
        FROM jsonb_populate_recordset(NULL::plan_contact_update, p_plans -> 'contact_update') AS r
        CROSS JOIN LATERAL (
            SELECT d.updates FROM contact AS d
            WHERE d.tenant_id = p_tenant AND d.contact_id = r.contact_id LIMIT 1
        ) AS c
        WHERE c.updates <> r.seen
        UNION ALL
        SELECT r.plan
        FROM jsonb_populate_recordset(NULL::plan_blocking_key_seen, p_plans -> 'blocking_key_seen') AS r
        CROSS JOIN LATERAL unnest(r.keys, r.records) AS s (key, records)
        CROSS JOIN LATERAL (
            SELECT count(*) AS records FROM (
                SELECT 1 FROM blocking_key AS x WHERE x.tenant_id = p_tenant AND x.key = s.key LIMIT s.records + 1
            ) AS y
        ) AS b
        WHERE b.records <> s.records
    ) AS f;
    SELECT array_agg(DISTINCT f.plan) INTO existing FROM (
        SELECT r.plan FROM jsonb_populate_recordset(NULL::plan_contact, p_plans -> 'contact') AS r
        CROSS JOIN LATERAL (
            SELECT 1 FROM contact AS c WHERE c.tenant_id = p_tenant AND c.key = r.key LIMIT 1
        ) AS c
        WHERE r.is_new
        UNION ALL
        SELECT r.plan FROM jsonb_populate_recordset(NULL::plan_request, p_plans -> 'request') AS r
        CROSS JOIN LATERAL (
            SELECT 1 FROM request AS q WHERE q.tenant_id = p_tenant AND q.key = r.key LIMIT 1
        ) AS q
    ) AS f;
    SELECT array_agg(DISTINCT r.plan) INTO conflicting
    FROM jsonb_populate_recordset(NULL::plan_interaction, p_plans -> 'interaction') AS r
    CROSS JOIN LATERAL (
        SELECT m.digest FROM interaction AS m
        WHERE m.tenant_id = p_tenant AND m.key = r.key AND m.source_revision = r.source_revision LIMIT 1
    ) AS n
    WHERE n.digest <> r.digest;
    stale := coalesce(stale, '{}');
    existing := coalesce(existing, '{}');
    conflicting := coalesce(conflicting, '{}');
END
$$;
