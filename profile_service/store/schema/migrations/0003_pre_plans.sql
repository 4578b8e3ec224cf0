-- Apply plans, many at once, each whole or not at all. Takes the locks of all plans in order (keys, then profiles,
-- then conversations), checks what each plan was decided on, and writes the plans that still hold.
-- Answers one row per plan: applied, stale (decide again), exists (the key was used before) or conflict.
CREATE FUNCTION apply_plans_v1(p_tenant text, p_now bigint, p_plans jsonb)
RETURNS TABLE (plan integer, status text, revision bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    held uuid[];
    stale integer[];
    existing integer[];
    conflicting integer[];
    refused integer[];
    top bigint := p_now;
BEGIN
    PERFORM pg_advisory_xact_lock(k.lock) FROM (
        SELECT DISTINCT l.lock
        FROM jsonb_to_recordset(p_plans -> 'locks') AS r (locks bigint[]) CROSS JOIN LATERAL unnest(r.locks) AS l (lock)
        ORDER BY 1
    ) AS k;
    SELECT array_agg(r.profile_id) INTO held FROM (
        SELECT q.profile_id FROM jsonb_to_recordset(p_plans -> 'profiles') AS q (profile_id uuid)
        UNION
        SELECT q.profile_id FROM jsonb_to_recordset(p_plans -> 'expected') AS q (profile_id uuid)
    ) AS r;
    IF held IS NOT NULL THEN
        PERFORM 1 FROM profile AS p
        WHERE p.tenant_id = p_tenant AND p.profile_id = ANY (held) ORDER BY p.profile_id FOR UPDATE;
    END IF;
    SELECT array_agg(DISTINCT r.conversation_id) INTO held
    FROM jsonb_to_recordset(p_plans -> 'conversations') AS r (conversation_id uuid);
    IF held IS NOT NULL THEN
        PERFORM 1 FROM conversation AS c
        WHERE c.tenant_id = p_tenant AND c.conversation_id = ANY (held) ORDER BY c.conversation_id FOR UPDATE;
    END IF;

    SELECT array_agg(DISTINCT f.plan) INTO stale FROM (
        SELECT r.plan
        FROM jsonb_to_recordset(p_plans -> 'absent') AS r (plan integer, key bytea, as_of_us bigint, but_node uuid)
        WHERE EXISTS (
            SELECT 1 FROM node AS n
            WHERE n.tenant_id = p_tenant AND n.key = r.key AND n.node_id IS DISTINCT FROM r.but_node
                AND (n.ended_time_us IS NULL OR n.ended_time_us > r.as_of_us)
        )
        UNION ALL
        SELECT r.plan
        FROM jsonb_to_recordset(p_plans -> 'seen') AS r (plan integer, node_id uuid, profile_id uuid, shared smallint)
        LEFT JOIN LATERAL (
            SELECT m.* FROM node AS m WHERE m.tenant_id = p_tenant AND m.node_id = r.node_id LIMIT 1
        ) AS n ON true
        WHERE n.node_id IS NULL OR n.profile_id IS DISTINCT FROM r.profile_id OR n.shared <> r.shared
        UNION ALL
        SELECT r.plan
        FROM jsonb_to_recordset(p_plans -> 'expected') AS r (plan integer, profile_id uuid, etag bigint)
        LEFT JOIN LATERAL (
            SELECT q.* FROM profile AS q WHERE q.tenant_id = p_tenant AND q.profile_id = r.profile_id LIMIT 1
        ) AS p ON true
        WHERE p.profile_id IS NULL OR p.state <> 'live' OR p.revision <> coalesce(r.etag, p.revision)
        UNION ALL
        SELECT r.plan
        FROM jsonb_to_recordset(p_plans -> 'ending') AS r (plan integer, contact_id uuid)
        CROSS JOIN LATERAL (
            SELECT d.end_digest FROM contact AS d
            WHERE d.tenant_id = p_tenant AND d.contact_id = r.contact_id LIMIT 1
        ) AS c
        WHERE c.end_digest IS NOT NULL
        UNION ALL
        SELECT r.plan
        FROM jsonb_to_recordset(p_plans -> 'blocking_seen') AS r (plan integer, keys bytea[], records integer[])
        CROSS JOIN LATERAL unnest(r.keys, r.records) AS s (key, records)
        CROSS JOIN LATERAL (
            SELECT count(*) AS records FROM (
                SELECT 1 FROM blocking_key AS x WHERE x.tenant_id = p_tenant AND x.key = s.key LIMIT s.records + 1
            ) AS y
        ) AS b
        WHERE b.records <> s.records
    ) AS f;
    SELECT array_agg(DISTINCT f.plan) INTO existing FROM (
        SELECT r.plan FROM jsonb_to_recordset(p_plans -> 'contact') AS r (plan integer, key bytea, is_new boolean)
        CROSS JOIN LATERAL (
            SELECT 1 FROM contact AS c WHERE c.tenant_id = p_tenant AND c.key = r.key LIMIT 1
        ) AS c
        WHERE r.is_new
        UNION ALL
        SELECT r.plan FROM jsonb_to_recordset(p_plans -> 'request') AS r (plan integer, key bytea)
        CROSS JOIN LATERAL (
            SELECT 1 FROM request AS q WHERE q.tenant_id = p_tenant AND q.key = r.key LIMIT 1
        ) AS q
    ) AS f;
    SELECT array_agg(DISTINCT r.plan) INTO conflicting
    FROM jsonb_to_recordset(p_plans -> 'interaction') AS r (plan integer, key bytea, source_revision bigint, digest bytea)
    CROSS JOIN LATERAL (
        SELECT m.digest FROM interaction AS m
        WHERE m.tenant_id = p_tenant AND m.key = r.key AND m.source_revision = r.source_revision LIMIT 1
    ) AS n
    WHERE n.digest <> r.digest;
    stale := coalesce(stale, '{}');
    existing := coalesce(existing, '{}');
    conflicting := coalesce(conflicting, '{}');
    refused := stale || existing || conflicting;

    IF jsonb_array_length(p_plans -> 'node') > 0 THEN
        INSERT INTO node (
            tenant_id, node_id, namespace, scope, key, epoch, value, established, superseded, shared, fan_out,
            profile_id, first_time_us, last_time_us, ended_time_us
        )
        SELECT
            p_tenant, r.node_id, r.namespace, r.scope, r.key,
            (
                SELECT coalesce(max(n.epoch) + 1, 0) FROM node AS n
                WHERE n.tenant_id = p_tenant AND n.key = r.key
            ),
            r.value, r.established, false, r.shared, r.fan_out, r.profile_id, r.time_us, r.time_us, NULL
        FROM jsonb_to_recordset(p_plans -> 'node') AS r (
            plan integer, node_id uuid, namespace text, scope text, key bytea, value bytea, established boolean,
            shared smallint, fan_out smallint, profile_id uuid, time_us bigint
        )
        WHERE r.plan <> ALL (refused);
    END IF;
    IF jsonb_array_length(p_plans -> 'node_change') > 0 THEN
        UPDATE node AS n SET
            profile_id = r.profile_id, shared = r.shared, fan_out = r.fan_out,
            established = n.established OR r.established,
            superseded = n.superseded OR r.superseded,
            ruled_shared = coalesce(r.ruled_shared, n.ruled_shared),
            ended_time_us = coalesce(r.ended_time_us, n.ended_time_us),
            last_time_us = greatest(n.last_time_us, r.time_us)
        FROM jsonb_to_recordset(p_plans -> 'node_change') AS r (
            plan integer, node_id uuid, profile_id uuid, shared smallint, fan_out smallint, established boolean,
            superseded boolean, ended_time_us bigint, time_us bigint, ruled_shared boolean
        )
        WHERE n.tenant_id = p_tenant AND n.node_id = r.node_id
            AND n.node_id = ANY (ARRAY(SELECT q.node_id FROM jsonb_to_recordset(p_plans -> 'node_change') AS q (node_id uuid))) AND r.plan <> ALL (refused);
    END IF;
    IF jsonb_array_length(p_plans -> 'link') > 0 THEN
        INSERT INTO link AS l (
            tenant_id, node_a, node_b, kind, channel, assurance_a, assurance_b, state, first_time_us, last_time_us,
            times_seen, probability, model, leans
        )
        SELECT
            p_tenant, r.node_a, r.node_b, r.kind, r.channel, r.assurance_a, r.assurance_b, r.state, r.time_us,
            r.time_us, 1, r.probability, r.model, ARRAY(SELECT json_array_elements_text(r.leans)::uuid)
        FROM jsonb_to_recordset(p_plans -> 'link') AS r (
            plan integer, node_a uuid, node_b uuid, kind text, channel text, assurance_a smallint,
            assurance_b smallint, state text, time_us bigint, probability real, model text, leans json
        )
        WHERE r.plan <> ALL (refused)
        ORDER BY r.node_a, r.node_b
        ON CONFLICT ON CONSTRAINT link_pkey DO UPDATE SET
            first_time_us = CASE l.state
                WHEN 'withdrawn' THEN excluded.first_time_us ELSE least(l.first_time_us, excluded.first_time_us)
            END,
            last_time_us = greatest(l.last_time_us, excluded.last_time_us),
            times_seen = l.times_seen + 1,
            probability = coalesce(excluded.probability, l.probability),
            model = coalesce(excluded.model, l.model),
            leans = CASE
                WHEN l.leans <@ excluded.leans THEN l.leans
                WHEN excluded.leans <@ l.leans THEN excluded.leans
                ELSE least(l.leans, excluded.leans)
            END,
            state = CASE WHEN l.state = 'active' THEN 'active' ELSE excluded.state END;
    END IF;
    IF jsonb_array_length(p_plans -> 'evidence') > 0 THEN
        INSERT INTO evidence AS e (
            tenant_id, subject_id, node_id, role, assurance, method, channel, occur_time_us, withdrawn
        )
        SELECT p_tenant, r.subject_id, r.node_id, r.role, r.assurance, r.method, r.channel, r.occur_time_us, false
        FROM jsonb_to_recordset(p_plans -> 'evidence') AS r (
            plan integer, subject_id uuid, node_id uuid, role smallint, assurance smallint, method text,
            channel text, occur_time_us bigint
        )
        WHERE r.plan <> ALL (refused)
        ON CONFLICT ON CONSTRAINT evidence_pkey DO UPDATE SET
            assurance = excluded.assurance, role = excluded.role, method = excluded.method, withdrawn = false,
            occur_time_us = least(e.occur_time_us, excluded.occur_time_us)
        WHERE excluded.assurance > e.assurance OR e.withdrawn;
    END IF;
    IF jsonb_array_length(p_plans -> 'source_record') > 0 THEN
        INSERT INTO source_record AS s (tenant_id, node_id, source, attributes, features, occur_time_us)
        SELECT p_tenant, r.node_id, r.source, r.attributes, r.features, r.occur_time_us
        FROM jsonb_to_recordset(p_plans -> 'source_record') AS r (
            plan integer, node_id uuid, source text, attributes bytea, features bytea, occur_time_us bigint
        )
        WHERE r.plan <> ALL (refused)
        ON CONFLICT ON CONSTRAINT source_record_pkey DO UPDATE SET
            attributes = excluded.attributes, features = excluded.features, occur_time_us = excluded.occur_time_us
        WHERE excluded.occur_time_us >= s.occur_time_us;
    END IF;
    IF jsonb_array_length(p_plans -> 'unblocked') > 0 THEN
        DELETE FROM blocking_key AS b
        USING jsonb_to_recordset(p_plans -> 'unblocked') AS r (plan integer, node_id uuid)
        WHERE b.tenant_id = p_tenant AND b.node_id = r.node_id
            AND b.node_id = ANY (ARRAY(SELECT q.node_id FROM jsonb_to_recordset(p_plans -> 'unblocked') AS q (node_id uuid)))
            AND r.plan <> ALL (refused);
    END IF;
    IF jsonb_array_length(p_plans -> 'blocking_key') > 0 THEN
        INSERT INTO blocking_key (tenant_id, key, node_id)
        SELECT p_tenant, k.key, r.node_id
        FROM jsonb_to_recordset(p_plans -> 'blocking_key') AS r (plan integer, keys bytea[], node_id uuid)
        CROSS JOIN LATERAL unnest(r.keys) AS k (key)
        WHERE r.plan <> ALL (refused)
        ON CONFLICT ON CONSTRAINT blocking_key_pkey DO NOTHING;
    END IF;
    IF jsonb_array_length(p_plans -> 'value_count') > 0 THEN
        INSERT INTO value_count AS v (tenant_id, key, slot, people)
        SELECT p_tenant, k.key, pg_backend_pid() % 32, sum(r.people)
        FROM jsonb_to_recordset(p_plans -> 'value_count') AS r (plan integer, keys bytea[], people bigint)
        CROSS JOIN LATERAL unnest(r.keys) AS k (key)
        WHERE r.plan <> ALL (refused)
        GROUP BY k.key ORDER BY k.key
        ON CONFLICT ON CONSTRAINT value_count_pkey DO UPDATE SET people = v.people + excluded.people;
    END IF;
    IF jsonb_array_length(p_plans -> 'merge_rate') > 0 THEN
        INSERT INTO merge_rate AS m (tenant_id, hour, slot, changes, merges)
        SELECT p_tenant, r.hour, pg_backend_pid() % 32, count(*), sum(r.merges)
        FROM jsonb_to_recordset(p_plans -> 'merge_rate') AS r (plan integer, hour bigint, merges bigint)
        WHERE r.plan <> ALL (refused)
        GROUP BY r.hour ORDER BY r.hour
        ON CONFLICT ON CONSTRAINT merge_rate_pkey DO UPDATE SET
            changes = m.changes + excluded.changes, merges = m.merges + excluded.merges;
    END IF;
    IF jsonb_array_length(p_plans -> 'breaker') > 0 THEN
        INSERT INTO breaker (tenant_id, breaker_id, hour, changes, merges, usual_share, trip_time_us)
        SELECT p_tenant, r.breaker_id, r.hour, r.changes, r.merges, r.usual_share, p_now
        FROM jsonb_to_recordset(p_plans -> 'breaker') AS r (
            plan integer, breaker_id uuid, hour bigint, changes bigint, merges bigint, usual_share real
        )
        WHERE r.plan <> ALL (refused)
        ON CONFLICT (tenant_id) WHERE lift_time_us IS NULL DO NOTHING;
    END IF;
    IF jsonb_array_length(p_plans -> 'breaker_lifted') > 0 THEN
        UPDATE breaker AS b SET lift_time_us = p_now
        FROM jsonb_to_recordset(p_plans -> 'breaker_lifted') AS r (plan integer, breaker_id uuid)
        WHERE b.tenant_id = p_tenant AND b.breaker_id = r.breaker_id AND b.lift_time_us IS NULL
            AND r.plan <> ALL (refused);
    END IF;
    IF jsonb_array_length(p_plans -> 'profile') > 0 THEN
        INSERT INTO profile AS p (
            tenant_id, profile_id, founder_node, founder_contact, state, heirs, create_time_us, expire_time_us,
            revision
        )
        SELECT
            p_tenant, r.profile_id, r.founder_node, r.founder_contact, r.state,
            ARRAY(SELECT json_array_elements_text(r.heirs)::uuid), r.create_time_us, r.expire_time_us, p_now
        FROM jsonb_to_recordset(p_plans -> 'profile') AS r (
            plan integer, profile_id uuid, founder_node uuid, founder_contact uuid, state text, heirs json,
            create_time_us bigint, expire_time_us bigint
        )
        WHERE r.plan <> ALL (refused)
        ON CONFLICT ON CONSTRAINT profile_pkey DO UPDATE SET
            founder_node = excluded.founder_node, founder_contact = excluded.founder_contact, state = excluded.state,
            heirs = excluded.heirs, expire_time_us = excluded.expire_time_us;
    END IF;
    IF jsonb_array_length(p_plans -> 'conversation') > 0 THEN
        INSERT INTO conversation AS c (
            tenant_id, conversation_id, brand, state, owner_contact, owner_node, open_time_us, last_time_us,
            close_time_us, revision
        )
        SELECT
            p_tenant, r.conversation_id, r.brand, 'open', r.owner_contact, r.owner_node, r.time_us, r.time_us, NULL,
            p_now
        FROM jsonb_to_recordset(p_plans -> 'conversation') AS r (
            plan integer, conversation_id uuid, brand text, owner_contact uuid, owner_node uuid, time_us bigint
        )
        WHERE r.plan <> ALL (refused)
        ON CONFLICT ON CONSTRAINT conversation_pkey DO UPDATE SET
            owner_contact = CASE
                WHEN c.owner_node IS NULL AND excluded.owner_node IS NOT NULL THEN excluded.owner_contact
                ELSE c.owner_contact
            END,
            owner_node = coalesce(c.owner_node, excluded.owner_node),
            state = 'open', close_time_us = NULL, last_time_us = greatest(c.last_time_us, excluded.last_time_us);
    END IF;
    IF jsonb_array_length(p_plans -> 'contact') > 0 THEN
        INSERT INTO contact AS c (
            tenant_id, contact_id, conversation_id, key, source, channel, direction, initiation, brand,
            start_time_us, last_time_us, anchor_node, anchor_assurance, ambiguous, shared, channel_change, loose,
            start_digest, payload, answer
        )
        SELECT
            p_tenant, r.contact_id, r.conversation_id, r.key, r.source, r.channel, r.direction, r.initiation, r.brand,
            r.start_time_us, r.start_time_us, r.anchor_node, r.anchor_assurance, r.ambiguous, r.shared,
            r.channel_change, r.loose, r.start_digest, r.payload, r.answer
        FROM jsonb_to_recordset(p_plans -> 'contact') AS r (
            plan integer, contact_id uuid, conversation_id uuid, key bytea, source text, channel text,
            direction smallint, initiation smallint, brand text, start_time_us bigint, anchor_node uuid,
            anchor_assurance smallint, ambiguous boolean, shared boolean, channel_change boolean, loose boolean,
            start_digest bytea, payload bytea, answer json
        )
        WHERE r.plan <> ALL (refused)
        ON CONFLICT ON CONSTRAINT contact_pkey DO UPDATE SET
            conversation_id = excluded.conversation_id, source = excluded.source, channel = excluded.channel,
            direction = excluded.direction, initiation = excluded.initiation, brand = excluded.brand,
            start_time_us = least(c.start_time_us, excluded.start_time_us),
            anchor_node = excluded.anchor_node, anchor_assurance = excluded.anchor_assurance,
            ambiguous = excluded.ambiguous, shared = excluded.shared, channel_change = excluded.channel_change,
            loose = excluded.loose, start_digest = excluded.start_digest, payload = excluded.payload, answer = excluded.answer;
    END IF;
    IF jsonb_array_length(p_plans -> 'contact_change') > 0 THEN
        UPDATE contact AS c SET
            anchor_node = r.anchor_node, anchor_assurance = r.anchor_assurance, ambiguous = r.ambiguous,
            shared = r.shared, corrected = r.corrected, corrected_node = r.corrected_node
        FROM jsonb_to_recordset(p_plans -> 'contact_change') AS r (
            plan integer, contact_id uuid, anchor_node uuid, anchor_assurance smallint, ambiguous boolean,
            shared boolean, corrected boolean, corrected_node uuid
        )
        WHERE c.tenant_id = p_tenant AND c.contact_id = r.contact_id
            AND c.contact_id = ANY (ARRAY(SELECT q.contact_id FROM jsonb_to_recordset(p_plans -> 'contact_change') AS q (contact_id uuid))) AND r.plan <> ALL (refused);
        UPDATE conversation AS v SET owner_node = r.anchor_node, revision = greatest(v.revision + 1, p_now)
        FROM jsonb_to_recordset(p_plans -> 'contact_change') AS r (plan integer, contact_id uuid, anchor_node uuid)
        WHERE v.tenant_id = p_tenant AND v.owner_contact = r.contact_id
            AND v.owner_contact = ANY (ARRAY(SELECT q.contact_id FROM jsonb_to_recordset(p_plans -> 'contact_change') AS q (contact_id uuid))) AND r.plan <> ALL (refused);
        UPDATE fact AS f SET holder = coalesce(r.anchor_node, r.contact_id)
        FROM jsonb_to_recordset(p_plans -> 'contact_change') AS r (plan integer, contact_id uuid, anchor_node uuid)
        WHERE f.tenant_id = p_tenant AND f.contact_id = r.contact_id
            AND f.contact_id = ANY (ARRAY(SELECT q.contact_id FROM jsonb_to_recordset(p_plans -> 'contact_change') AS q (contact_id uuid))) AND r.plan <> ALL (refused);
        UPDATE promise AS m SET holder = coalesce(r.anchor_node, r.contact_id)
        FROM jsonb_to_recordset(p_plans -> 'contact_change') AS r (plan integer, contact_id uuid, anchor_node uuid)
        WHERE m.tenant_id = p_tenant AND m.contact_id = r.contact_id
            AND m.contact_id = ANY (ARRAY(SELECT q.contact_id FROM jsonb_to_recordset(p_plans -> 'contact_change') AS q (contact_id uuid))) AND r.plan <> ALL (refused);
    END IF;
    IF jsonb_array_length(p_plans -> 'contact_answer') > 0 THEN
        UPDATE contact AS c SET answer = r.answer
        FROM jsonb_to_recordset(p_plans -> 'contact_answer') AS r (plan integer, contact_id uuid, answer json)
        WHERE c.tenant_id = p_tenant AND c.contact_id = r.contact_id
            AND c.contact_id = ANY (ARRAY(SELECT q.contact_id FROM jsonb_to_recordset(p_plans -> 'contact_answer') AS q (contact_id uuid))) AND r.plan <> ALL (refused);
    END IF;
    IF jsonb_array_length(p_plans -> 'ending') > 0 THEN
        UPDATE contact AS c SET
            end_time_us = r.end_time_us, ending = r.ending, end_digest = r.end_digest,
            last_time_us = greatest(c.last_time_us, r.end_time_us)
        FROM jsonb_to_recordset(p_plans -> 'ending') AS r (
            plan integer, contact_id uuid, end_time_us bigint, ending bytea, end_digest bytea
        )
        WHERE c.tenant_id = p_tenant AND c.contact_id = r.contact_id
            AND c.contact_id = ANY (ARRAY(SELECT q.contact_id FROM jsonb_to_recordset(p_plans -> 'ending') AS q (contact_id uuid))) AND r.plan <> ALL (refused);
    END IF;
    IF jsonb_array_length(p_plans -> 'closing') > 0 THEN
        UPDATE conversation AS c SET state = 'closed', close_time_us = r.close_time_us
        FROM jsonb_to_recordset(p_plans -> 'closing') AS r (
            plan integer, conversation_id uuid, close_time_us bigint
        )
        WHERE c.tenant_id = p_tenant AND c.conversation_id = r.conversation_id
            AND c.conversation_id = ANY (ARRAY(SELECT q.conversation_id FROM jsonb_to_recordset(p_plans -> 'closing') AS q (conversation_id uuid))) AND c.state = 'open'
            AND r.plan <> ALL (refused);
    END IF;
    IF jsonb_array_length(p_plans -> 'reference') > 0 THEN
        INSERT INTO reference (tenant_id, key, conversation_id)
        SELECT p_tenant, r.key, r.conversation_id
        FROM jsonb_to_recordset(p_plans -> 'reference') AS r (plan integer, key bytea, conversation_id uuid)
        WHERE r.plan <> ALL (refused)
        ON CONFLICT ON CONSTRAINT reference_pkey DO NOTHING;
    END IF;
    IF jsonb_array_length(p_plans -> 'interaction') > 0 THEN
        PERFORM 1 FROM record_interactions_v1(p_tenant, p_now, (
            SELECT jsonb_agg(e) FROM jsonb_array_elements(p_plans -> 'interaction') AS e
            WHERE (e ->> 'plan')::integer <> ALL (refused)
        ), '[]');
    END IF;
    IF jsonb_array_length(p_plans -> 'fact') > 0 THEN
        INSERT INTO fact AS f (
            tenant_id, contact_id, key, value, how_known, withdrawn, expire_time_us, occur_time_us, holder
        )
        SELECT
            p_tenant, r.contact_id, r.key, r.value, r.how_known, r.withdrawn, r.expire_time_us, r.occur_time_us,
            coalesce(c.anchor_node, r.contact_id)
        FROM jsonb_to_recordset(p_plans -> 'fact') AS r (
            plan integer, contact_id uuid, key text, value bytea, how_known smallint, withdrawn boolean,
            expire_time_us bigint, occur_time_us bigint
        )
        LEFT JOIN LATERAL (
            SELECT d.anchor_node FROM contact AS d
            WHERE d.tenant_id = p_tenant AND d.contact_id = r.contact_id LIMIT 1
        ) AS c ON true
        WHERE r.plan <> ALL (refused)
        ON CONFLICT ON CONSTRAINT fact_pkey DO UPDATE SET
            value = excluded.value, how_known = excluded.how_known, withdrawn = excluded.withdrawn,
            expire_time_us = excluded.expire_time_us, occur_time_us = excluded.occur_time_us
        WHERE excluded.occur_time_us >= f.occur_time_us;
    END IF;
    IF jsonb_array_length(p_plans -> 'promise') > 0 THEN
        INSERT INTO promise AS m (
            tenant_id, conversation_id, key, contact_id, what, due_time_us, state, occur_time_us, holder
        )
        SELECT
            p_tenant, r.conversation_id, r.key, r.contact_id, r.what, r.due_time_us, r.state, r.occur_time_us,
            coalesce(c.anchor_node, r.contact_id)
        FROM jsonb_to_recordset(p_plans -> 'promise') AS r (
            plan integer, conversation_id uuid, key text, contact_id uuid, what bytea, due_time_us bigint,
            state smallint, occur_time_us bigint
        )
        LEFT JOIN LATERAL (
            SELECT d.anchor_node FROM contact AS d
            WHERE d.tenant_id = p_tenant AND d.contact_id = r.contact_id LIMIT 1
        ) AS c ON true
        WHERE r.plan <> ALL (refused)
        ON CONFLICT ON CONSTRAINT promise_pkey DO UPDATE SET
            what = coalesce(excluded.what, m.what), due_time_us = coalesce(excluded.due_time_us, m.due_time_us), state = excluded.state,
            occur_time_us = excluded.occur_time_us
        WHERE excluded.occur_time_us >= m.occur_time_us;
    END IF;
    IF jsonb_array_length(p_plans -> 'preference') > 0 THEN
        INSERT INTO preference AS f (tenant_id, node_id, key, value, occur_time_us)
        SELECT p_tenant, r.node_id, r.key, r.value, r.occur_time_us
        FROM jsonb_to_recordset(p_plans -> 'preference') AS r (
            plan integer, node_id uuid, key text, value bytea, occur_time_us bigint
        )
        WHERE r.plan <> ALL (refused)
        ON CONFLICT ON CONSTRAINT preference_pkey DO UPDATE SET
            value = excluded.value, occur_time_us = excluded.occur_time_us;
    END IF;
    IF jsonb_array_length(p_plans -> 'consent') > 0 THEN
        INSERT INTO consent (
            tenant_id, consent_id, node_id, purpose, channel, brand, granted, occur_time_us, record_time_us
        )
        SELECT
            p_tenant, r.consent_id, r.node_id, r.purpose, r.channel, r.brand, r.granted, r.occur_time_us, p_now
        FROM jsonb_to_recordset(p_plans -> 'consent') AS r (
            plan integer, consent_id uuid, node_id uuid, purpose text, channel text, brand text, granted boolean,
            occur_time_us bigint
        )
        WHERE r.plan <> ALL (refused);
    END IF;
    IF jsonb_array_length(p_plans -> 'answer_check') > 0 THEN
        INSERT INTO answer_check (tenant_id, check_id, contact_id, attribute, matched, occur_time_us)
        SELECT p_tenant, r.check_id, r.contact_id, r.attribute, r.matched, r.occur_time_us
        FROM jsonb_to_recordset(p_plans -> 'answer_check') AS r (
            plan integer, check_id uuid, contact_id uuid, attribute text, matched boolean, occur_time_us bigint
        )
        WHERE r.plan <> ALL (refused);
    END IF;
    IF jsonb_array_length(p_plans -> 'void_checks') > 0 THEN
        UPDATE answer_check AS a SET void = true
        FROM jsonb_to_recordset(p_plans -> 'void_checks') AS r (plan integer, contact_id uuid)
        WHERE a.tenant_id = p_tenant AND a.contact_id = r.contact_id
            AND a.contact_id = ANY (ARRAY(SELECT q.contact_id FROM jsonb_to_recordset(p_plans -> 'void_checks') AS q (contact_id uuid))) AND r.plan <> ALL (refused);
    END IF;
    IF jsonb_array_length(p_plans -> 'review') > 0 THEN
        INSERT INTO review AS v (tenant_id, review_id, reason, node_a, node_b, probability, open_time_us)
        SELECT p_tenant, r.review_id, r.reason, r.node_a, r.node_b, r.probability, p_now
        FROM jsonb_to_recordset(p_plans -> 'review') AS r (
            plan integer, review_id uuid, reason text, node_a uuid, node_b uuid, probability real
        )
        WHERE r.plan <> ALL (refused)
        ON CONFLICT ON CONSTRAINT review_question DO UPDATE SET close_time_us = NULL;
    END IF;
    IF jsonb_array_length(p_plans -> 'review_settled') > 0 THEN
        UPDATE review AS v SET close_time_us = p_now
        FROM jsonb_to_recordset(p_plans -> 'review_settled') AS r (plan integer, review_id uuid)
        WHERE v.tenant_id = p_tenant AND v.review_id = r.review_id
            AND v.review_id = ANY (ARRAY(SELECT q.review_id FROM jsonb_to_recordset(p_plans -> 'review_settled') AS q (review_id uuid))) AND v.close_time_us IS NULL
            AND r.plan <> ALL (refused);
    END IF;
    UPDATE profile AS p SET
        revision = greatest(p.revision + 1, p_now),
        expire_time_us = CASE
            WHEN p.expire_time_us IS NOT NULL AND NOT r.keeps THEN coalesce(r.expire_time_us, p.expire_time_us)
        END
    FROM (
        SELECT r.profile_id, max(r.expire_time_us) AS expire_time_us, bool_or(r.keeps) AS keeps
        FROM jsonb_to_recordset(p_plans -> 'profiles') AS r (plan integer, profile_id uuid, expire_time_us bigint, keeps boolean)
        WHERE r.plan <> ALL (refused) GROUP BY 1
    ) AS r
    WHERE p.tenant_id = p_tenant AND p.profile_id = r.profile_id
        AND p.profile_id = ANY (ARRAY(SELECT q.profile_id FROM jsonb_to_recordset(p_plans -> 'profiles') AS q (profile_id uuid)));
    UPDATE conversation AS c SET revision = greatest(c.revision + 1, p_now)
    WHERE c.tenant_id = p_tenant AND c.conversation_id = ANY (ARRAY(
        SELECT r.conversation_id FROM jsonb_to_recordset(p_plans -> 'conversations') AS r (plan integer, conversation_id uuid)
        WHERE r.plan <> ALL (refused)
    ));
    IF jsonb_array_length(p_plans -> 'request') > 0 THEN
        INSERT INTO request (tenant_id, key, digest, answer, record_time_us)
        SELECT p_tenant, r.key, r.digest, r.answer, p_now
        FROM jsonb_to_recordset(p_plans -> 'request') AS r (plan integer, key bytea, digest bytea, answer json)
        WHERE r.plan <> ALL (refused);
    END IF;
    INSERT INTO audit (tenant_id, entry_id, kind, caller, method, policy, subject, record_time_us)
    SELECT p_tenant, r.entry_id, 'change', r.caller, r.method, r.policy, r.subject, p_now
    FROM jsonb_to_recordset(p_plans -> 'audit') AS r (
        plan integer, entry_id uuid, caller text, method text, policy text, subject json
    )
    WHERE r.plan <> ALL (refused);

    RETURN QUERY
    SELECT
        r.plan,
        CASE
            WHEN r.plan = ANY (existing) THEN 'exists'
            WHEN r.plan = ANY (stale) THEN 'stale'
            WHEN r.plan = ANY (conflicting) THEN 'conflict'
            ELSE 'applied'
        END,
        greatest(
            top,
            (
                SELECT max(p.revision)
                FROM jsonb_to_recordset(p_plans -> 'profiles') AS q (plan integer, profile_id uuid)
                CROSS JOIN LATERAL (
                    SELECT o.revision FROM profile AS o
                    WHERE o.tenant_id = p_tenant AND o.profile_id = q.profile_id LIMIT 1
                ) AS p
                WHERE q.plan = r.plan
            )
        )
    FROM jsonb_to_recordset(p_plans -> 'plans') AS r (plan integer);
END
$$;
