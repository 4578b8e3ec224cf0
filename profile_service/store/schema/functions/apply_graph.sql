-- The rows of the identity graph of plans that still hold: nodes, links, evidence.
CREATE OR REPLACE FUNCTION apply_graph(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_plans ? 'node' THEN
        INSERT INTO node (
            tenant_id, node_id, namespace, scope, key, epoch, value, established, superseded, shared, fan_out,
            profile_id, core_id, first_time_us, last_time_us, ended_time_us
        )
        SELECT
            p_tenant, r.node_id, r.namespace, r.scope, r.key,
            (
                SELECT coalesce(max(n.epoch) + 1, 0) FROM node AS n
                WHERE n.tenant_id = p_tenant AND n.key = r.key
            ),
            r.value, r.established, false, r.shared, r.fan_out, r.profile_id, r.core_id, r.time_us, r.time_us, NULL
        FROM jsonb_populate_recordset(NULL::plan_node, p_plans -> 'node') AS r
        WHERE r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'node_change' THEN
        UPDATE node AS n SET
            profile_id = r.profile_id, core_id = r.core_id, shared = r.shared, fan_out = r.fan_out,
            established = n.established OR r.established,
            superseded = n.superseded OR r.superseded,
            last_time_us = greatest(n.last_time_us, r.time_us)
        FROM jsonb_populate_recordset(NULL::plan_node_change, p_plans -> 'node_change') AS r
        WHERE n.tenant_id = p_tenant AND n.node_id = r.node_id
            AND n.node_id = ANY (ARRAY(SELECT q.node_id FROM jsonb_populate_recordset(NULL::plan_node_change, p_plans -> 'node_change') AS q)) AND r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'node_end' THEN
        UPDATE node AS n SET ended_time_us = r.ended_time_us, renewed = r.renewed
        FROM jsonb_populate_recordset(NULL::plan_node_end, p_plans -> 'node_end') AS r
        WHERE n.tenant_id = p_tenant AND n.node_id = r.node_id
            AND n.node_id = ANY (ARRAY(
                SELECT q.node_id FROM jsonb_populate_recordset(NULL::plan_node_end, p_plans -> 'node_end') AS q
            ))
            AND r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'link' THEN
        INSERT INTO link AS l (
            tenant_id, node_a, node_b, kind, channel, assurance_a, assurance_b, state, first_time_us, last_time_us,
            times_seen, probability, model, depends_on
        )
        SELECT
            p_tenant, r.node_a, r.node_b, r.kind, r.channel, r.assurance_a, r.assurance_b, r.state, r.time_us,
            r.time_us, 1, r.probability, r.model, r.depends_on
        FROM jsonb_populate_recordset(NULL::plan_link, p_plans -> 'link') AS r
        WHERE r.plan <> ALL (p_refused)
        ORDER BY r.node_a, r.node_b
        ON CONFLICT ON CONSTRAINT link_pkey DO UPDATE SET
            first_time_us = CASE l.state
                WHEN 'withdrawn' THEN excluded.first_time_us ELSE least(l.first_time_us, excluded.first_time_us)
            END,
            last_time_us = greatest(l.last_time_us, excluded.last_time_us),
            times_seen = l.times_seen + 1,
            probability = coalesce(excluded.probability, l.probability),
            model = coalesce(excluded.model, l.model),
            depends_on = CASE
                WHEN l.depends_on <@ excluded.depends_on THEN l.depends_on
                WHEN excluded.depends_on <@ l.depends_on THEN excluded.depends_on
                ELSE least(l.depends_on, excluded.depends_on)
            END,
            state = CASE WHEN l.state = 'active' THEN 'active' ELSE excluded.state END;
    END IF;
    IF p_plans ? 'evidence' THEN
        INSERT INTO evidence AS e (
            tenant_id, subject_id, node_id, role, assurance, method, channel, occur_time_us, proof_time_us, person, withdrawn,
            settle_time_us
        )
        SELECT p_tenant, r.subject_id, r.node_id, r.role, r.assurance, r.method, r.channel, r.occur_time_us,
            least(r.proof_time_us, p_now), r.person, false, r.settle_time_us
        FROM jsonb_populate_recordset(NULL::plan_evidence, p_plans -> 'evidence') AS r
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT evidence_pkey DO UPDATE SET
            assurance = excluded.assurance, role = excluded.role, method = excluded.method, person = excluded.person, withdrawn = false,
            settle_time_us = excluded.settle_time_us, end_time_us = NULL,
            occur_time_us = least(e.occur_time_us, excluded.occur_time_us), proof_time_us = CASE
                WHEN e.withdrawn OR excluded.assurance > e.assurance THEN excluded.proof_time_us
                ELSE greatest(e.proof_time_us, excluded.proof_time_us)
            END
        WHERE excluded.assurance > e.assurance OR e.withdrawn
            -- The same proof again: it is valid from then on.
            OR (excluded.assurance = 4 AND e.assurance = 4 AND excluded.role = e.role);
    END IF;
END
$$;
