CREATE TYPE public.plan_answer_check AS (
	plan integer,
	check_id uuid,
	contact_id uuid,
	attribute text,
	matched boolean,
	occur_time_us bigint
);
CREATE TYPE public.plan_answer_check_void AS (
	plan integer,
	contact_id uuid
);
CREATE TYPE public.plan_audit AS (
	plan integer,
	entry_id uuid,
	caller text,
	method text,
	policy text,
	subject json
);
CREATE TYPE public.plan_blocking_key AS (
	plan integer,
	keys bytea[],
	node_id uuid
);
CREATE TYPE public.plan_blocking_key_gone AS (
	plan integer,
	node_id uuid
);
CREATE TYPE public.plan_blocking_key_seen AS (
	plan integer,
	keys bytea[],
	records integer[]
);
CREATE TYPE public.plan_breaker AS (
	plan integer,
	breaker_id uuid,
	hour bigint,
	changes bigint,
	merges bigint,
	usual_share real
);
CREATE TYPE public.plan_breaker_lift AS (
	plan integer,
	breaker_id uuid
);
CREATE TYPE public.plan_consent AS (
	plan integer,
	consent_id uuid,
	node_id uuid,
	purpose text,
	channel text,
	brand text,
	granted boolean,
	occur_time_us bigint
);
CREATE TYPE public.plan_contact AS (
	plan integer,
	contact_id uuid,
	conversation_id uuid,
	is_new boolean,
	key bytea,
	source text,
	channel text,
	direction smallint,
	initiation smallint,
	brand text,
	start_time_us bigint,
	anchor_node uuid,
	anchor_assurance smallint,
	ambiguous boolean,
	shared boolean,
	channel_change boolean,
	loose boolean,
	start_digest bytea,
	payload bytea,
	answer json
);
CREATE TYPE public.plan_contact_answer AS (
	plan integer,
	contact_id uuid,
	answer json
);
CREATE TYPE public.plan_contact_change AS (
	plan integer,
	contact_id uuid,
	anchor_node uuid,
	anchor_assurance smallint,
	ambiguous boolean,
	shared boolean,
	corrected boolean,
	corrected_node uuid
);
CREATE TYPE public.plan_contact_ending AS (
	plan integer,
	contact_id uuid,
	end_time_us bigint,
	ending bytea,
	end_digest bytea
);
CREATE TYPE public.plan_conversation AS (
	plan integer,
	conversation_id uuid,
	brand text,
	owner_contact uuid,
	owner_node uuid,
	time_us bigint
);
CREATE TYPE public.plan_conversation_closing AS (
	plan integer,
	conversation_id uuid,
	close_time_us bigint
);
CREATE TYPE public.plan_conversation_touch AS (
	plan integer,
	conversation_id uuid
);
CREATE TYPE public.plan_event AS (
	plan integer,
	event_id uuid,
	kind text,
	before uuid[],
	after uuid[],
	nodes uuid[],
	links json,
	policy text,
	model text,
	cause_kind text,
	cause_id uuid,
	caller text,
	occur_time_us bigint
);
CREATE TYPE public.plan_evidence AS (
	plan integer,
	subject_id uuid,
	node_id uuid,
	role smallint,
	assurance smallint,
	method text,
	channel text,
	occur_time_us bigint
);
CREATE TYPE public.plan_fact AS (
	plan integer,
	contact_id uuid,
	key text,
	value bytea,
	how_known smallint,
	withdrawn boolean,
	expire_time_us bigint,
	occur_time_us bigint
);
CREATE TYPE public.plan_interaction AS (
	plan integer,
	interaction_id uuid,
	source_revision bigint,
	key bytea,
	conversation_id uuid,
	contact_id uuid,
	kind smallint,
	channel text,
	occur_time_us bigint,
	digest bytea,
	payload bytea
);
CREATE TYPE public.plan_key_absent AS (
	plan integer,
	key bytea,
	as_of_us bigint,
	but_node uuid
);
CREATE TYPE public.plan_link AS (
	plan integer,
	node_a uuid,
	node_b uuid,
	kind text,
	channel text,
	assurance_a smallint,
	assurance_b smallint,
	state text,
	time_us bigint,
	probability real,
	model text,
	leans uuid[]
);
CREATE TYPE public.plan_lock AS (
	plan integer,
	locks bigint[]
);
CREATE TYPE public.plan_merge_rate AS (
	plan integer,
	hour bigint,
	merges bigint
);
CREATE TYPE public.plan_node AS (
	plan integer,
	node_id uuid,
	namespace text,
	scope text,
	key bytea,
	value bytea,
	established boolean,
	shared smallint,
	fan_out smallint,
	profile_id uuid,
	time_us bigint
);
CREATE TYPE public.plan_node_change AS (
	plan integer,
	node_id uuid,
	profile_id uuid,
	shared smallint,
	fan_out smallint,
	established boolean,
	superseded boolean,
	ended_time_us bigint,
	time_us bigint
);
CREATE TYPE public.plan_node_seen AS (
	plan integer,
	node_id uuid,
	profile_id uuid,
	shared smallint
);
CREATE TYPE public.plan_preference AS (
	plan integer,
	node_id uuid,
	key text,
	value bytea,
	occur_time_us bigint
);
CREATE TYPE public.plan_profile AS (
	plan integer,
	profile_id uuid,
	founder_node uuid,
	founder_contact uuid,
	state text,
	heirs uuid[],
	create_time_us bigint,
	expire_time_us bigint
);
CREATE TYPE public.plan_profile_expected AS (
	plan integer,
	profile_id uuid,
	etag bigint
);
CREATE TYPE public.plan_profile_touch AS (
	plan integer,
	profile_id uuid,
	expire_time_us bigint,
	keeps boolean
);
CREATE TYPE public.plan_promise AS (
	plan integer,
	conversation_id uuid,
	key text,
	contact_id uuid,
	what bytea,
	due_time_us bigint,
	state smallint,
	occur_time_us bigint
);
CREATE TYPE public.plan_reference AS (
	plan integer,
	key bytea,
	conversation_id uuid
);
CREATE TYPE public.plan_request AS (
	plan integer,
	key bytea,
	digest bytea,
	answer json
);
CREATE TYPE public.plan_review AS (
	plan integer,
	review_id uuid,
	reason text,
	node_a uuid,
	node_b uuid,
	probability real
);
CREATE TYPE public.plan_review_settled AS (
	plan integer,
	review_id uuid
);
CREATE TYPE public.plan_source_record AS (
	plan integer,
	node_id uuid,
	source text,
	attributes bytea,
	features bytea,
	occur_time_us bigint
);
CREATE TYPE public.plan_value_count AS (
	plan integer,
	keys bytea[],
	people bigint
);
CREATE FUNCTION public.apply_answers(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF p_plans ? 'request' THEN
        INSERT INTO request (tenant_id, key, digest, answer, record_time_us)
        SELECT p_tenant, r.key, r.digest, r.answer, p_now
        FROM jsonb_populate_recordset(NULL::plan_request, p_plans -> 'request') AS r
        WHERE r.plan <> ALL (p_refused);
    END IF;
    INSERT INTO audit (tenant_id, entry_id, kind, caller, method, policy, subject, record_time_us)
    SELECT p_tenant, r.entry_id, 'change', r.caller, r.method, r.policy, r.subject, p_now
    FROM jsonb_populate_recordset(NULL::plan_audit, p_plans -> 'audit') AS r
    WHERE r.plan <> ALL (p_refused);
END
$$;
CREATE FUNCTION public.apply_breaker(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF p_plans ? 'merge_rate' THEN
        INSERT INTO merge_rate AS m (tenant_id, hour, slot, changes, merges)
        SELECT p_tenant, r.hour, pg_backend_pid() % 32, count(*), sum(r.merges)
        FROM jsonb_populate_recordset(NULL::plan_merge_rate, p_plans -> 'merge_rate') AS r
        WHERE r.plan <> ALL (p_refused)
        GROUP BY r.hour ORDER BY r.hour
        ON CONFLICT ON CONSTRAINT merge_rate_pkey DO UPDATE SET
            changes = m.changes + excluded.changes, merges = m.merges + excluded.merges;
    END IF;
    IF p_plans ? 'breaker' THEN
        INSERT INTO breaker (tenant_id, breaker_id, hour, changes, merges, usual_share, trip_time_us)
        SELECT p_tenant, r.breaker_id, r.hour, r.changes, r.merges, r.usual_share, p_now
        FROM jsonb_populate_recordset(NULL::plan_breaker, p_plans -> 'breaker') AS r
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT (tenant_id) WHERE lift_time_us IS NULL DO NOTHING;
    END IF;
    IF p_plans ? 'breaker_lift' THEN
        UPDATE breaker AS b SET lift_time_us = p_now
        FROM jsonb_populate_recordset(NULL::plan_breaker_lift, p_plans -> 'breaker_lift') AS r
        WHERE b.tenant_id = p_tenant AND b.breaker_id = r.breaker_id AND b.lift_time_us IS NULL
            AND r.plan <> ALL (p_refused);
    END IF;
END
$$;
CREATE FUNCTION public.apply_choices(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
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
            tenant_id, consent_id, node_id, purpose, channel, brand, granted, occur_time_us, record_time_us
        )
        SELECT
            p_tenant, r.consent_id, r.node_id, r.purpose, r.channel, r.brand, r.granted, r.occur_time_us, p_now
        FROM jsonb_populate_recordset(NULL::plan_consent, p_plans -> 'consent') AS r
        WHERE r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'answer_check' THEN
        INSERT INTO answer_check (tenant_id, check_id, contact_id, attribute, matched, occur_time_us)
        SELECT p_tenant, r.check_id, r.contact_id, r.attribute, r.matched, r.occur_time_us
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
CREATE FUNCTION public.apply_contacts(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF p_plans ? 'conversation' THEN
        INSERT INTO conversation AS c (
            tenant_id, conversation_id, brand, state, owner_contact, owner_node, open_time_us, last_time_us,
            close_time_us, revision
        )
        SELECT
            p_tenant, r.conversation_id, r.brand, 'open', r.owner_contact, r.owner_node, r.time_us, r.time_us, NULL,
            p_now
        FROM jsonb_populate_recordset(NULL::plan_conversation, p_plans -> 'conversation') AS r
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT conversation_pkey DO UPDATE SET
            owner_contact = CASE
                WHEN c.owner_node IS NULL AND excluded.owner_node IS NOT NULL THEN excluded.owner_contact
                ELSE c.owner_contact
            END,
            owner_node = coalesce(c.owner_node, excluded.owner_node),
            state = 'open', close_time_us = NULL, last_time_us = greatest(c.last_time_us, excluded.last_time_us);
    END IF;
    IF p_plans ? 'contact' THEN
        INSERT INTO contact AS c (
            tenant_id, contact_id, conversation_id, key, source, channel, direction, initiation, brand,
            start_time_us, last_time_us, anchor_node, anchor_assurance, ambiguous, shared, channel_change, loose,
            start_digest, payload, answer
        )
        SELECT
            p_tenant, r.contact_id, r.conversation_id, r.key, r.source, r.channel, r.direction, r.initiation, r.brand,
            r.start_time_us, r.start_time_us, r.anchor_node, r.anchor_assurance, r.ambiguous, r.shared,
            r.channel_change, r.loose, r.start_digest, r.payload, r.answer
        FROM jsonb_populate_recordset(NULL::plan_contact, p_plans -> 'contact') AS r
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT contact_pkey DO UPDATE SET
            conversation_id = excluded.conversation_id, source = excluded.source, channel = excluded.channel,
            direction = excluded.direction, initiation = excluded.initiation, brand = excluded.brand,
            start_time_us = least(c.start_time_us, excluded.start_time_us),
            anchor_node = excluded.anchor_node, anchor_assurance = excluded.anchor_assurance,
            ambiguous = excluded.ambiguous, shared = excluded.shared, channel_change = excluded.channel_change,
            loose = excluded.loose, start_digest = excluded.start_digest, payload = excluded.payload, answer = excluded.answer;
    END IF;
    IF p_plans ? 'contact_change' THEN
        UPDATE contact AS c SET
            anchor_node = r.anchor_node, anchor_assurance = r.anchor_assurance, ambiguous = r.ambiguous,
            shared = r.shared, corrected = r.corrected, corrected_node = r.corrected_node
        FROM jsonb_populate_recordset(NULL::plan_contact_change, p_plans -> 'contact_change') AS r
        WHERE c.tenant_id = p_tenant AND c.contact_id = r.contact_id
            AND c.contact_id = ANY (ARRAY(SELECT q.contact_id FROM jsonb_populate_recordset(NULL::plan_contact_change, p_plans -> 'contact_change') AS q)) AND r.plan <> ALL (p_refused);
        UPDATE conversation AS v SET owner_node = r.anchor_node, revision = greatest(v.revision + 1, p_now)
        FROM jsonb_populate_recordset(NULL::plan_contact_change, p_plans -> 'contact_change') AS r
        WHERE v.tenant_id = p_tenant AND v.owner_contact = r.contact_id
            AND v.owner_contact = ANY (ARRAY(SELECT q.contact_id FROM jsonb_populate_recordset(NULL::plan_contact_change, p_plans -> 'contact_change') AS q)) AND r.plan <> ALL (p_refused);
        UPDATE fact AS f SET holder = coalesce(r.anchor_node, r.contact_id)
        FROM jsonb_populate_recordset(NULL::plan_contact_change, p_plans -> 'contact_change') AS r
        WHERE f.tenant_id = p_tenant AND f.contact_id = r.contact_id
            AND f.contact_id = ANY (ARRAY(SELECT q.contact_id FROM jsonb_populate_recordset(NULL::plan_contact_change, p_plans -> 'contact_change') AS q)) AND r.plan <> ALL (p_refused);
        UPDATE promise AS m SET holder = coalesce(r.anchor_node, r.contact_id)
        FROM jsonb_populate_recordset(NULL::plan_contact_change, p_plans -> 'contact_change') AS r
        WHERE m.tenant_id = p_tenant AND m.contact_id = r.contact_id
            AND m.contact_id = ANY (ARRAY(SELECT q.contact_id FROM jsonb_populate_recordset(NULL::plan_contact_change, p_plans -> 'contact_change') AS q)) AND r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'contact_answer' THEN
        UPDATE contact AS c SET answer = r.answer
        FROM jsonb_populate_recordset(NULL::plan_contact_answer, p_plans -> 'contact_answer') AS r
        WHERE c.tenant_id = p_tenant AND c.contact_id = r.contact_id
            AND c.contact_id = ANY (ARRAY(SELECT q.contact_id FROM jsonb_populate_recordset(NULL::plan_contact_answer, p_plans -> 'contact_answer') AS q)) AND r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'contact_ending' THEN
        UPDATE contact AS c SET
            end_time_us = r.end_time_us, ending = r.ending, end_digest = r.end_digest,
            last_time_us = greatest(c.last_time_us, r.end_time_us)
        FROM jsonb_populate_recordset(NULL::plan_contact_ending, p_plans -> 'contact_ending') AS r
        WHERE c.tenant_id = p_tenant AND c.contact_id = r.contact_id
            AND c.contact_id = ANY (ARRAY(SELECT q.contact_id FROM jsonb_populate_recordset(NULL::plan_contact_ending, p_plans -> 'contact_ending') AS q)) AND r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'conversation_closing' THEN
        UPDATE conversation AS c SET state = 'closed', close_time_us = r.close_time_us
        FROM jsonb_populate_recordset(NULL::plan_conversation_closing, p_plans -> 'conversation_closing') AS r
        WHERE c.tenant_id = p_tenant AND c.conversation_id = r.conversation_id
            AND c.conversation_id = ANY (ARRAY(SELECT q.conversation_id FROM jsonb_populate_recordset(NULL::plan_conversation_closing, p_plans -> 'conversation_closing') AS q)) AND c.state = 'open'
            AND r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'reference' THEN
        INSERT INTO reference (tenant_id, key, conversation_id)
        SELECT p_tenant, r.key, r.conversation_id
        FROM jsonb_populate_recordset(NULL::plan_reference, p_plans -> 'reference') AS r
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT reference_pkey DO NOTHING;
    END IF;
END
$$;
CREATE FUNCTION public.apply_events(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION public.apply_graph(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF p_plans ? 'node' THEN
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
        FROM jsonb_populate_recordset(NULL::plan_node, p_plans -> 'node') AS r
        WHERE r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'node_change' THEN
        UPDATE node AS n SET
            profile_id = r.profile_id, shared = r.shared, fan_out = r.fan_out,
            established = n.established OR r.established,
            superseded = n.superseded OR r.superseded,
            ended_time_us = coalesce(r.ended_time_us, n.ended_time_us),
            last_time_us = greatest(n.last_time_us, r.time_us)
        FROM jsonb_populate_recordset(NULL::plan_node_change, p_plans -> 'node_change') AS r
        WHERE n.tenant_id = p_tenant AND n.node_id = r.node_id
            AND n.node_id = ANY (ARRAY(SELECT q.node_id FROM jsonb_populate_recordset(NULL::plan_node_change, p_plans -> 'node_change') AS q)) AND r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'link' THEN
        INSERT INTO link AS l (
            tenant_id, node_a, node_b, kind, channel, assurance_a, assurance_b, state, first_time_us, last_time_us,
            times_seen, probability, model, leans
        )
        SELECT
            p_tenant, r.node_a, r.node_b, r.kind, r.channel, r.assurance_a, r.assurance_b, r.state, r.time_us,
            r.time_us, 1, r.probability, r.model, r.leans
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
            leans = CASE
                WHEN l.leans <@ excluded.leans THEN l.leans
                WHEN excluded.leans <@ l.leans THEN excluded.leans
                ELSE least(l.leans, excluded.leans)
            END,
            state = CASE WHEN l.state = 'active' THEN 'active' ELSE excluded.state END;
    END IF;
    IF p_plans ? 'evidence' THEN
        INSERT INTO evidence AS e (
            tenant_id, subject_id, node_id, role, assurance, method, channel, occur_time_us, withdrawn
        )
        SELECT p_tenant, r.subject_id, r.node_id, r.role, r.assurance, r.method, r.channel, r.occur_time_us, false
        FROM jsonb_populate_recordset(NULL::plan_evidence, p_plans -> 'evidence') AS r
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT evidence_pkey DO UPDATE SET
            assurance = excluded.assurance, role = excluded.role, method = excluded.method, withdrawn = false,
            occur_time_us = least(e.occur_time_us, excluded.occur_time_us)
        WHERE excluded.assurance > e.assurance OR e.withdrawn;
    END IF;
END
$$;
CREATE FUNCTION public.apply_interactions(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF p_plans ? 'interaction' THEN
        PERFORM 1 FROM record_interactions(p_tenant, p_now, jsonb_build_object('interaction', (
            SELECT coalesce(jsonb_agg(e), '[]') FROM jsonb_array_elements(p_plans -> 'interaction') AS e
            WHERE (e ->> 'plan')::integer <> ALL (p_refused)
        )));
    END IF;
    IF p_plans ? 'fact' THEN
        INSERT INTO fact AS f (
            tenant_id, contact_id, key, value, how_known, withdrawn, expire_time_us, occur_time_us, holder
        )
        SELECT
            p_tenant, r.contact_id, r.key, r.value, r.how_known, r.withdrawn, r.expire_time_us, r.occur_time_us,
            coalesce(c.anchor_node, r.contact_id)
        FROM jsonb_populate_recordset(NULL::plan_fact, p_plans -> 'fact') AS r
        LEFT JOIN LATERAL (
            SELECT d.anchor_node FROM contact AS d
            WHERE d.tenant_id = p_tenant AND d.contact_id = r.contact_id LIMIT 1
        ) AS c ON true
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT fact_pkey DO UPDATE SET
            value = excluded.value, how_known = excluded.how_known, withdrawn = excluded.withdrawn,
            expire_time_us = excluded.expire_time_us, occur_time_us = excluded.occur_time_us
        WHERE excluded.occur_time_us >= f.occur_time_us;
    END IF;
    IF p_plans ? 'promise' THEN
        INSERT INTO promise AS m (
            tenant_id, conversation_id, key, contact_id, what, due_time_us, state, occur_time_us, holder
        )
        SELECT
            p_tenant, r.conversation_id, r.key, r.contact_id, r.what, r.due_time_us, r.state, r.occur_time_us,
            coalesce(c.anchor_node, r.contact_id)
        FROM jsonb_populate_recordset(NULL::plan_promise, p_plans -> 'promise') AS r
        LEFT JOIN LATERAL (
            SELECT d.anchor_node FROM contact AS d
            WHERE d.tenant_id = p_tenant AND d.contact_id = r.contact_id LIMIT 1
        ) AS c ON true
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT promise_pkey DO UPDATE SET
            what = coalesce(excluded.what, m.what), due_time_us = coalesce(excluded.due_time_us, m.due_time_us), state = excluded.state,
            occur_time_us = excluded.occur_time_us
        WHERE excluded.occur_time_us >= m.occur_time_us;
    END IF;
END
$$;
CREATE FUNCTION public.apply_plans(p_tenant text, p_now bigint, p_count integer, p_plans jsonb) RETURNS TABLE(plan integer, status text, revision bigint)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
DECLARE
    stale integer[];
    existing integer[];
    conflicting integer[];
    refused integer[];
BEGIN
    PERFORM require_known_rows(p_plans);
    PERFORM lock_plans(p_tenant, p_plans);
    SELECT r.stale, r.existing, r.conflicting INTO stale, existing, conflicting FROM refuse_plans(p_tenant, p_plans) AS r;
    refused := stale || existing || conflicting;
    PERFORM apply_graph(p_tenant, p_now, p_plans, refused);
    IF p_plans ?| ARRAY['source_record', 'blocking_key', 'blocking_key_gone', 'value_count'] THEN
        PERFORM apply_records(p_tenant, p_now, p_plans, refused);
    END IF;
    IF p_plans ?| ARRAY['merge_rate', 'breaker', 'breaker_lift'] THEN
        PERFORM apply_breaker(p_tenant, p_now, p_plans, refused);
    END IF;
    PERFORM apply_profiles(p_tenant, p_now, p_plans, refused);
    PERFORM apply_contacts(p_tenant, p_now, p_plans, refused);
    IF p_plans ?| ARRAY['interaction', 'fact', 'promise'] THEN
        PERFORM apply_interactions(p_tenant, p_now, p_plans, refused);
    END IF;
    IF p_plans ?| ARRAY['preference', 'consent', 'answer_check', 'answer_check_void'] THEN
        PERFORM apply_choices(p_tenant, p_now, p_plans, refused);
    END IF;
    IF p_plans ?| ARRAY['review', 'review_settled'] THEN
        PERFORM apply_reviews(p_tenant, p_now, p_plans, refused);
    END IF;
    IF p_plans ? 'event' THEN
        PERFORM apply_events(p_tenant, p_now, p_plans, refused);
    END IF;
    PERFORM apply_touches(p_tenant, p_now, p_plans, refused);
    PERFORM apply_answers(p_tenant, p_now, p_plans, refused);
    RETURN QUERY
    SELECT
        n.plan,
        CASE
            WHEN n.plan = ANY (existing) THEN 'exists'
            WHEN n.plan = ANY (stale) THEN 'stale'
            WHEN n.plan = ANY (conflicting) THEN 'conflict'
            ELSE 'applied'
        END,
        greatest(p_now, t.revision)
    FROM generate_series(0, p_count - 1) AS n (plan)
    LEFT JOIN (
        SELECT q.plan, max(o.revision) AS revision
        FROM jsonb_populate_recordset(NULL::plan_profile_touch, p_plans -> 'profile_touch') AS q
        CROSS JOIN LATERAL (
            SELECT one.revision FROM profile AS one
            WHERE one.tenant_id = p_tenant AND one.profile_id = q.profile_id LIMIT 1
        ) AS o
        GROUP BY q.plan
    ) AS t ON t.plan = n.plan;
END
$$;
CREATE FUNCTION public.apply_profiles(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION public.apply_records(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF p_plans ? 'source_record' THEN
        INSERT INTO source_record AS s (tenant_id, node_id, source, attributes, features, occur_time_us)
        SELECT p_tenant, r.node_id, r.source, r.attributes, r.features, r.occur_time_us
        FROM jsonb_populate_recordset(NULL::plan_source_record, p_plans -> 'source_record') AS r
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT source_record_pkey DO UPDATE SET
            attributes = excluded.attributes, features = excluded.features, occur_time_us = excluded.occur_time_us
        WHERE excluded.occur_time_us >= s.occur_time_us;
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
CREATE FUNCTION public.apply_reviews(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF p_plans ? 'review' THEN
        INSERT INTO review AS v (tenant_id, review_id, reason, node_a, node_b, probability, open_time_us)
        SELECT p_tenant, r.review_id, r.reason, r.node_a, r.node_b, r.probability, p_now
        FROM jsonb_populate_recordset(NULL::plan_review, p_plans -> 'review') AS r
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT review_question DO UPDATE SET close_time_us = NULL;
    END IF;
    IF p_plans ? 'review_settled' THEN
        UPDATE review AS v SET close_time_us = p_now
        FROM jsonb_populate_recordset(NULL::plan_review_settled, p_plans -> 'review_settled') AS r
        WHERE v.tenant_id = p_tenant AND v.review_id = r.review_id
            AND v.review_id = ANY (ARRAY(SELECT q.review_id FROM jsonb_populate_recordset(NULL::plan_review_settled, p_plans -> 'review_settled') AS q)) AND v.close_time_us IS NULL
            AND r.plan <> ALL (p_refused);
    END IF;
END
$$;
CREATE FUNCTION public.apply_touches(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION public.base64(p_bytes bytea) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT replace(encode(p_bytes, 'base64'), E'\n', '')
$$;
CREATE FUNCTION public.candidates(p_tenant text, p_wanted jsonb, p_cap integer, p_most integer) RETURNS TABLE(part text, call integer, place integer, profile_id uuid, node_id uuid, number bigint, sealed bytea)
    LANGUAGE plpgsql STABLE
    AS $$
#variable_conflict use_column
DECLARE
    calls integer[];
    places integer[];
    nodes uuid[];
    found_calls integer[];
    found_profiles uuid[];
    found_nodes uuid[];
BEGIN
    SELECT array_agg(h.call), array_agg(h.place), array_agg(h.node_id) INTO calls, places, nodes
    FROM (
        SELECT r.call, r.place, b.node_id
        FROM jsonb_to_recordset(p_wanted -> 'keys') AS r (call integer, place integer, key bytea)
        CROSS JOIN LATERAL (
            SELECT x.node_id FROM blocking_key AS x WHERE x.tenant_id = p_tenant AND x.key = r.key LIMIT p_cap + 1
        ) AS b
    ) AS h;
    RETURN QUERY
    SELECT 'key', u.call, u.place, NULL::uuid, NULL::uuid, count(*), NULL::bytea
    FROM unnest(calls, places) AS u (call, place) GROUP BY u.call, u.place;
    SELECT array_agg(f.call), array_agg(f.profile_id), array_agg(f.node_id)
    INTO found_calls, found_profiles, found_nodes
    FROM (
        SELECT
            o.call, o.profile_id, (array_agg(o.node_id ORDER BY o.weight DESC, o.node_id))[1] AS node_id,
            row_number() OVER (PARTITION BY o.call ORDER BY max(o.weight) DESC, o.profile_id) AS rank
        FROM (
            SELECT k.call, k.node_id, k.weight, n.profile_id
            FROM (
                SELECT
                    u.call, u.node_id, sum(1000000 / u.records) AS weight,
                    row_number() OVER (PARTITION BY u.call ORDER BY sum(1000000 / u.records) DESC, u.node_id) AS rank
                FROM (
                    SELECT v.call, v.node_id, count(*) OVER (PARTITION BY v.call, v.place) AS records
                    FROM unnest(calls, places, nodes) AS v (call, place, node_id)
                ) AS u
                WHERE u.records <= p_cap GROUP BY u.call, u.node_id
            ) AS k
            CROSS JOIN LATERAL (
                SELECT m.profile_id FROM node AS m
                WHERE m.tenant_id = p_tenant AND m.node_id = k.node_id AND m.profile_id IS NOT NULL LIMIT 1
            ) AS n
            WHERE k.rank <= greatest(3 * p_most, p_cap + p_most)
        ) AS o
        GROUP BY o.call, o.profile_id
    ) AS f
    WHERE f.rank <= p_most;
    RETURN QUERY
    SELECT 'found', u.call, NULL::integer, u.profile_id, u.node_id, NULL::bigint, NULL::bytea
    FROM unnest(found_calls, found_profiles, found_nodes) AS u (call, profile_id, node_id);
    RETURN QUERY
    SELECT 'record', NULL::integer, NULL::integer, p.profile_id, n.node_id, s.occur_time_us, s.features
    FROM (
        SELECT u.profile_id FROM unnest(found_profiles) AS u (profile_id)
        UNION
        SELECT r.profile_id FROM jsonb_to_recordset(p_wanted -> 'profiles') AS r (profile_id uuid)
    ) AS p
    CROSS JOIN LATERAL (
        SELECT m.node_id FROM node AS m
        WHERE m.tenant_id = p_tenant AND m.profile_id = p.profile_id AND m.namespace LIKE 'record/%' LIMIT 1000
    ) AS n
    CROSS JOIN LATERAL (
        SELECT q.features, q.occur_time_us FROM source_record AS q
        WHERE q.tenant_id = p_tenant AND q.node_id = n.node_id LIMIT 1
    ) AS s;
    RETURN QUERY
    SELECT 'count', NULL::integer, r.place, NULL::uuid, NULL::uuid, c.people, NULL::bytea
    FROM jsonb_to_recordset(p_wanted -> 'values') AS r (place integer, key bytea)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(v.people), 0)::bigint AS people FROM value_count AS v
        WHERE v.tenant_id = p_tenant AND v.key = r.key
    ) AS c;
END
$$;
CREATE FUNCTION public.context(p_tenant text, p_wanted json, p_limits jsonb) RETURNS TABLE(place integer, contact_id uuid, profile_id uuid, profile_revision bigint, conversation_revision bigint, stamp bigint, parts json)
    LANGUAGE plpgsql STABLE
    AS $$
#variable_conflict use_column
DECLARE
    places integer[];
    contacts uuid[];
    profiles uuid[];
    profile_revisions bigint[];
    conversation_revisions bigint[];
    stamps bigint[];
    is_held boolean[];
    most_nodes integer := (p_limits ->> 'nodes')::integer;
    most_contacts integer := (p_limits ->> 'contacts')::integer;
    most_interactions integer := (p_limits ->> 'interactions')::integer + 1;
    most_ended integer := (p_limits ->> 'ended')::integer * 2 + 1;
    most_others integer := (p_limits ->> 'others')::integer + 1;
    most_facts integer := (p_limits ->> 'facts_read')::integer;
    most_promises integer := (p_limits ->> 'promises')::integer;
BEGIN
    WITH own AS MATERIALIZED (
        SELECT w.place, w.profile_revision, w.stamp, c.contact_id, c.conversation_id,
            coalesce(n.profile_id, c.contact_id) AS profile_id
        FROM json_to_recordset(p_wanted) AS w (
            place integer, contact_id uuid, key bytea, conversation_id uuid, profile_revision bigint, stamp bigint
        )
        CROSS JOIN LATERAL (
            (SELECT d.* FROM contact AS d WHERE d.tenant_id = p_tenant AND d.contact_id = w.contact_id LIMIT 1)
            UNION ALL
            (SELECT d.* FROM contact AS d WHERE d.tenant_id = p_tenant AND d.key = w.key LIMIT 1)
            UNION ALL
            (
                SELECT d.* FROM contact AS d
                WHERE d.tenant_id = p_tenant AND d.conversation_id = w.conversation_id
                ORDER BY d.start_time_us DESC LIMIT 1
            )
            LIMIT 1
        ) AS c
        LEFT JOIN LATERAL (
            SELECT one.profile_id FROM node AS one
            WHERE one.tenant_id = p_tenant AND one.node_id = c.anchor_node LIMIT 1
        ) AS n ON true
    )
    SELECT
        array_agg(own.place), array_agg(own.contact_id), array_agg(own.profile_id), array_agg(p.revision),
        array_agg(v.revision), array_agg(t.stamp),
        array_agg(coalesce(own.profile_revision = p.revision AND own.stamp = t.stamp, false))
    INTO places, contacts, profiles, profile_revisions, conversation_revisions, stamps, is_held
    FROM own
    CROSS JOIN LATERAL (
        SELECT one.revision FROM conversation AS one
        WHERE one.tenant_id = p_tenant AND one.conversation_id = own.conversation_id LIMIT 1
    ) AS v
    CROSS JOIN LATERAL (
        SELECT one.revision FROM profile AS one
        WHERE one.tenant_id = p_tenant AND one.profile_id = own.profile_id LIMIT 1
    ) AS p
    CROSS JOIN LATERAL (
        SELECT (v.revision + coalesce(sum(o.revision), 0))::bigint AS stamp
        FROM open_conversations(p_tenant, own.profile_id, most_others) AS o
    ) AS t;
    RETURN QUERY
    SELECT h.place, h.contact_id, h.profile_id, h.profile_revision, h.conversation_revision, h.stamp, NULL::json
    FROM unnest(places, contacts, profiles, profile_revisions, conversation_revisions, stamps, is_held) AS h (
        place, contact_id, profile_id, profile_revision, conversation_revision, stamp, is_held
    )
    WHERE h.is_held;
    IF NOT (false = ANY (is_held)) THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT
        own.place, own.contact_id, own.profile_id, own.profile_revision, own.conversation_revision, own.stamp,
        body.parts
    FROM (
        SELECT h.*, ARRAY(
            SELECT m.node_id FROM node AS m
            WHERE m.tenant_id = p_tenant AND m.profile_id = h.profile_id LIMIT most_nodes
        ) AS nodes
        FROM unnest(places, contacts, profiles, profile_revisions, conversation_revisions, stamps, is_held) AS h (
            place, contact_id, profile_id, profile_revision, conversation_revision, stamp, is_held
        )
        WHERE NOT h.is_held
    ) AS own
    CROSS JOIN LATERAL (
        SELECT one.* FROM contact AS one
        WHERE one.tenant_id = p_tenant AND one.contact_id = own.contact_id LIMIT 1
    ) AS me
    CROSS JOIN LATERAL (
        SELECT one.* FROM conversation AS one
        WHERE one.tenant_id = p_tenant AND one.conversation_id = me.conversation_id LIMIT 1
    ) AS v
    CROSS JOIN LATERAL (
        SELECT one.* FROM profile AS one
        WHERE one.tenant_id = p_tenant AND one.profile_id = own.profile_id LIMIT 1
    ) AS p
    CROSS JOIN LATERAL (
        SELECT json_build_object(
            'me', json_build_object(
                'id', me.contact_id, 'anchor', me.anchor_node, 'assurance', me.anchor_assurance,
                'ambiguous', me.ambiguous, 'shared', me.shared, 'corrected', me.corrected, 'loose', me.loose,
                'answer', me.answer, 'brand', me.brand
            ),
            'conversation', json_build_object(
                'id', v.conversation_id, 'brand', v.brand, 'state', v.state, 'open', v.open_time_us,
                'last', v.last_time_us, 'close', v.close_time_us
            ),
            'profile', json_build_object('id', p.profile_id, 'created', p.create_time_us, 'revision', p.revision),
            'contacts', contacts.rows, 'contact_count', contact_count.of, 'ended', ended.rows, 'others', others.rows, 'facts', facts.rows,
            'promises', promises.rows, 'checks', checks.rows, 'nodes', nodes.rows, 'records', records.rows,
            'preferences', preferences.rows, 'consents', consents.rows, 'claims', claims.rows
        ) AS parts
        FROM (
            SELECT json_agg(json_build_object(
                'id', n.node_id, 'namespace', n.namespace, 'scope', n.scope, 'value', base64(n.value),
                'shared', n.shared, 'last', n.last_time_us, 'own', n.own
            ) ORDER BY n.last_time_us DESC) AS rows
            FROM (
                SELECT m.node_id, m.namespace, m.scope, m.value, m.shared, m.last_time_us, true AS own FROM node AS m
                WHERE m.tenant_id = p_tenant AND m.profile_id = own.profile_id
                UNION ALL
                SELECT DISTINCT ON (x.node_id) x.node_id, x.namespace, x.scope, x.value, x.shared, x.last_time_us, false
                FROM unnest(own.nodes) AS m (node_id)
                CROSS JOIN LATERAL (
                    (
                        SELECT l.node_b AS other FROM link AS l
                        WHERE l.tenant_id = p_tenant AND l.node_a = m.node_id AND l.state = 'active' LIMIT 100
                    )
                    UNION ALL
                    (
                        SELECT l.node_a FROM link AS l
                        WHERE l.tenant_id = p_tenant AND l.node_b = m.node_id AND l.state = 'active' LIMIT 100
                    )
                ) AS l
                CROSS JOIN LATERAL (
                    SELECT y.* FROM node AS y WHERE y.tenant_id = p_tenant AND y.node_id = l.other LIMIT 1
                ) AS x
                WHERE x.profile_id IS NULL AND x.shared > 0
            ) AS n
        ) AS nodes
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'id', c.contact_id, 'source', c.source, 'channel', c.channel, 'direction', c.direction,
                'initiation', c.initiation, 'start', c.start_time_us, 'end', c.end_time_us,
                'payload', base64(c.payload), 'ending', base64(c.ending),
                'change', c.channel_change, 'corrected', c.corrected, 'loose', c.loose, 'profile', c.profile_id,
                'conversation', c.conversation_id, 'interactions', i.rows
            ) ORDER BY c.start_time_us) AS rows
            FROM (
                SELECT d.*, coalesce(n.profile_id, d.contact_id) AS profile_id FROM contact AS d
                LEFT JOIN LATERAL (
                    SELECT one.* FROM node AS one WHERE one.tenant_id = p_tenant AND one.node_id = d.anchor_node LIMIT 1
                ) AS n ON true
                WHERE d.tenant_id = p_tenant AND d.conversation_id = v.conversation_id
                ORDER BY d.start_time_us DESC LIMIT most_contacts
            ) AS c
            LEFT JOIN LATERAL (
                SELECT json_agg(json_build_object(
                    'id', t.interaction_id, 'kind', t.kind, 'channel', t.channel, 'occur', t.occur_time_us,
                    'record', t.record_time_us, 'revision', t.source_revision, 'key', encode(t.key, 'hex'),
                    'payload', base64(t.payload)
                ) ORDER BY t.occur_time_us, t.interaction_id) AS rows
                FROM (
                    SELECT s.* FROM interaction AS s
                    WHERE s.tenant_id = p_tenant AND s.contact_id = c.contact_id AND s.current
                    ORDER BY s.occur_time_us DESC, s.interaction_id DESC LIMIT most_interactions
                ) AS t
            ) AS i ON c.end_time_us IS NULL OR c.contact_id = me.contact_id
        ) AS contacts
        CROSS JOIN LATERAL (
            SELECT count(*) AS of FROM (
                SELECT 1 FROM contact AS d
                WHERE d.tenant_id = p_tenant AND d.conversation_id = v.conversation_id LIMIT 1000
            ) AS c
        ) AS contact_count
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'id', c.contact_id, 'source', c.source, 'channel', c.channel, 'direction', c.direction,
                'initiation', c.initiation, 'start', c.start_time_us, 'end', c.end_time_us,
                'payload', base64(c.payload), 'ending', base64(c.ending),
                'change', c.channel_change, 'corrected', c.corrected, 'conversation', c.conversation_id
            ) ORDER BY c.start_time_us DESC) AS rows
            FROM (
                SELECT d.* FROM unnest(own.nodes) AS m (node_id)
                CROSS JOIN LATERAL (
                    SELECT e.* FROM contact AS e
                    WHERE e.tenant_id = p_tenant AND e.anchor_node = m.node_id
                    ORDER BY e.start_time_us DESC LIMIT most_ended
                ) AS d
                WHERE d.contact_id <> me.contact_id
                ORDER BY d.start_time_us DESC LIMIT most_ended
            ) AS c
        ) AS ended
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'id', h.conversation_id, 'brand', h.brand, 'open', h.open_time_us, 'last', h.last_time_us
            ) ORDER BY h.last_time_us DESC) AS rows
            FROM (
                SELECT y.* FROM open_conversations(p_tenant, own.profile_id, most_others) AS y
                WHERE y.conversation_id <> v.conversation_id
                ORDER BY y.last_time_us DESC LIMIT most_others
            ) AS h
        ) AS others
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'contact', f.contact_id, 'key', f.key, 'value', base64(f.value), 'how', f.how_known,
                'withdrawn', f.withdrawn, 'expire', f.expire_time_us, 'occur', f.occur_time_us, 'channel', c.channel
            ) ORDER BY f.occur_time_us DESC) AS rows
            FROM (
                SELECT g.* FROM (
                    SELECT m.node_id AS holder FROM unnest(own.nodes) AS m (node_id)
                    UNION ALL SELECT own.contact_id
                ) AS h
                CROSS JOIN LATERAL (
                    SELECT one.* FROM fact AS one
                    WHERE one.tenant_id = p_tenant AND one.holder = h.holder
                    ORDER BY one.occur_time_us DESC LIMIT most_facts
                ) AS g
                ORDER BY g.occur_time_us DESC LIMIT most_facts
            ) AS f
            CROSS JOIN LATERAL (
                SELECT one.* FROM contact AS one
                WHERE one.tenant_id = p_tenant AND one.contact_id = f.contact_id LIMIT 1
            ) AS c
        ) AS facts
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'conversation', f.conversation_id, 'key', f.key, 'what', base64(f.what), 'due', f.due_time_us,
                'state', f.state, 'occur', f.occur_time_us
            ) ORDER BY f.occur_time_us DESC) AS rows
            FROM (
                SELECT g.* FROM (
                    SELECT m.node_id AS holder FROM unnest(own.nodes) AS m (node_id)
                    UNION ALL SELECT own.contact_id
                ) AS h
                CROSS JOIN LATERAL (
                    SELECT one.* FROM promise AS one
                    WHERE one.tenant_id = p_tenant AND one.holder = h.holder AND one.state = 1
                    ORDER BY one.occur_time_us DESC LIMIT most_promises
                ) AS g
                ORDER BY g.occur_time_us DESC LIMIT most_promises
            ) AS f
        ) AS promises
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_array(a.attribute, a.matched)) AS rows FROM answer_check AS a
            WHERE a.tenant_id = p_tenant AND a.contact_id = me.contact_id AND NOT a.void
        ) AS checks
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'node', s.node_id, 'source', s.source, 'occur', s.occur_time_us, 'value', base64(s.attributes)
            )) AS rows
            FROM unnest(own.nodes) AS m (node_id)
            JOIN source_record AS s ON s.tenant_id = p_tenant AND s.node_id = m.node_id
        ) AS records
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'node', s.node_id, 'key', s.key, 'occur', s.occur_time_us, 'value', base64(s.value)
            ) ORDER BY s.occur_time_us) AS rows
            FROM unnest(own.nodes) AS m (node_id)
            JOIN preference AS s ON s.tenant_id = p_tenant AND s.node_id = m.node_id
            WHERE s.value IS NOT NULL
        ) AS preferences
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_array(
                s.node_id, s.purpose, s.channel, s.brand, s.granted, s.occur_time_us
            )) AS rows
            FROM unnest(own.nodes) AS m (node_id)
            JOIN consent AS s ON s.tenant_id = p_tenant AND s.node_id = m.node_id
        ) AS consents
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'namespace', n.namespace, 'profile', n.profile_id, 'assurance', e.assurance, 'shared', n.shared,
                'node', n.node_id, 'role', e.role
            )) AS rows
            FROM evidence AS e
            CROSS JOIN LATERAL (
                SELECT one.* FROM node AS one WHERE one.tenant_id = p_tenant AND one.node_id = e.node_id LIMIT 1
            ) AS n
            WHERE e.tenant_id = p_tenant AND e.subject_id = me.contact_id AND NOT e.withdrawn
        ) AS claims
    ) AS body;
END
$$;
CREATE FUNCTION public.find(p_tenant text, p_wanted jsonb, p_conversations integer) RETURNS TABLE(part text, body json)
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    calls integer[];
    places integer[];
    nodes uuid[];
    profiles uuid[];
    is_shared boolean[];
    own_calls integer[];
    own_profiles uuid[];
    named_calls integer[];
    named uuid[];
    by_reference boolean[];
BEGIN
    IF p_wanted ? 'keys' THEN
        SELECT
            array_agg(s.call), array_agg(s.i), array_agg(n.node_id), array_agg(n.profile_id),
            array_agg(n.profile_id IS NULL AND n.shared > 0),
            json_agg(json_build_object(
                'call', s.call, 'i', s.i, 'id', n.node_id, 'profile', n.profile_id, 'shared', n.shared,
                'fan_out', n.fan_out, 'established', n.established, 'namespace', n.namespace
            ))
        INTO calls, places, nodes, profiles, is_shared, body
        FROM jsonb_to_recordset(p_wanted -> 'keys') AS s (call integer, i integer, key bytea, as_of_us bigint)
        CROSS JOIN LATERAL (
            SELECT m.* FROM node AS m
            WHERE m.tenant_id = p_tenant AND m.key = s.key
                AND (m.ended_time_us IS NULL OR m.ended_time_us > s.as_of_us)
            ORDER BY m.epoch LIMIT 1
        ) AS n;
    END IF;
    IF nodes IS NOT NULL THEN
        part := 'nodes';
        RETURN NEXT;
        IF cardinality(nodes) > (SELECT count(DISTINCT c.call) FROM unnest(calls) AS c (call)) THEN
            RETURN QUERY
            SELECT 'links', json_agg(json_build_array(
                a.call, l.node_a, l.node_b, l.kind, l.channel, l.assurance_a, l.assurance_b
            ))
            FROM unnest(calls, nodes) AS a (call, node_id)
            JOIN unnest(calls, nodes) AS b (call, node_id) ON b.call = a.call AND b.node_id > a.node_id
            CROSS JOIN LATERAL (
                SELECT k.* FROM link AS k
                WHERE k.tenant_id = p_tenant AND k.node_a = a.node_id AND k.node_b = b.node_id AND k.state = 'active'
                LIMIT 100
            ) AS l
            HAVING count(*) > 0;
        END IF;
        SELECT array_agg(d.call), array_agg(d.profile_id) INTO own_calls, own_profiles FROM (
            SELECT DISTINCT c.call, c.profile_id FROM unnest(calls, profiles) AS c (call, profile_id)
            WHERE c.profile_id IS NOT NULL
        ) AS d;
        IF true = ANY (is_shared) THEN
            RETURN QUERY
            SELECT 'users', json_agg(json_build_array(s.call, s.i, u.users))
            FROM unnest(calls, places, nodes, is_shared) AS s (call, i, node_id, is_shared)
            CROSS JOIN LATERAL (
                SELECT json_agg(v.profile_id ORDER BY v.open DESC, v.last_time_us DESC, v.times_seen DESC) AS users
                FROM (
                    SELECT w.profile_id, w.last_time_us, w.times_seen, EXISTS (
                        SELECT 1 FROM open_conversations(p_tenant, w.profile_id, 1)
                    ) AS open
                    FROM users(p_tenant, s.node_id) AS w
                ) AS v
            ) AS u
            WHERE s.is_shared AND u.users IS NOT NULL
            HAVING count(*) > 0;
            SELECT array_agg(d.call), array_agg(d.profile_id) INTO own_calls, own_profiles FROM (
                SELECT c.call, c.profile_id FROM unnest(own_calls, own_profiles) AS c (call, profile_id)
                UNION
                SELECT s.call, w.profile_id
                FROM unnest(calls, nodes, is_shared) AS s (call, node_id, is_shared)
                CROSS JOIN LATERAL users(p_tenant, s.node_id) AS w
                WHERE s.is_shared
            ) AS d;
        END IF;
    END IF;
    IF own_profiles IS NOT NULL THEN
        RETURN QUERY
        SELECT 'conversations', json_agg(json_build_object(
            'call', c.call, 'id', o.conversation_id, 'profile', c.profile_id, 'brand', o.brand,
            'last', o.last_time_us, 'channel', j.channel
        ))
        FROM unnest(own_calls, own_profiles) AS c (call, profile_id)
        CROSS JOIN LATERAL open_conversations(p_tenant, c.profile_id, p_conversations) AS o
        LEFT JOIN LATERAL (
            SELECT t.channel FROM contact AS t
            WHERE t.tenant_id = p_tenant AND t.conversation_id = o.conversation_id
            ORDER BY t.start_time_us DESC LIMIT 1
        ) AS j ON true
        HAVING count(*) > 0;
    END IF;
    IF p_wanted ? 'contacts' THEN
        RETURN QUERY
        SELECT 'contacts', json_agg(json_build_object(
            'call', a.call, 'id', t.contact_id, 'conversation', t.conversation_id,
            'digest', base64(t.start_digest), 'answer', t.answer
        ))
        FROM jsonb_to_recordset(p_wanted -> 'contacts') AS a (call integer, key bytea)
        CROSS JOIN LATERAL (
            SELECT one.* FROM contact AS one WHERE one.tenant_id = p_tenant AND one.key = a.key LIMIT 1
        ) AS t
        HAVING count(*) > 0;
    END IF;
    IF p_wanted ? 'previous' THEN
        RETURN QUERY
        SELECT 'previous', json_agg(json_build_object(
            'call', e.call, 'id', t.contact_id, 'conversation', t.conversation_id, 'end', t.end_time_us,
            'source', t.source, 'channel', t.channel, 'evidence', v.evidence
        ) ORDER BY e.place)
        FROM jsonb_to_recordset(p_wanted -> 'previous') AS e (call integer, place integer, key bytea, id uuid)
        CROSS JOIN LATERAL (
            (SELECT one.* FROM contact AS one WHERE one.tenant_id = p_tenant AND one.key = e.key LIMIT 1)
            UNION ALL
            (SELECT one.* FROM contact AS one WHERE one.tenant_id = p_tenant AND one.contact_id = e.id LIMIT 1)
            LIMIT 1
        ) AS t
        LEFT JOIN LATERAL (
            SELECT json_agg(json_build_object(
                'node', m.node_id, 'assurance', w.assurance, 'namespace', m.namespace
            )) AS evidence
            FROM evidence AS w
            CROSS JOIN LATERAL (
                SELECT one.* FROM node AS one WHERE one.tenant_id = p_tenant AND one.node_id = w.node_id LIMIT 1
            ) AS m
            WHERE w.tenant_id = p_tenant AND w.subject_id = t.contact_id AND w.role = 1 AND NOT w.withdrawn
        ) AS v ON true
        HAVING count(*) > 0;
    END IF;
    IF p_wanted ?| ARRAY['references', 'continued'] THEN
        SELECT array_agg(d.call), array_agg(d.conversation_id), array_agg(d.by_reference)
        INTO named_calls, named, by_reference
        FROM (
            SELECT DISTINCT ON (b.call) b.* FROM (
                SELECT c.call, c.id AS conversation_id, false AS by_reference, 0 AS place
                FROM jsonb_to_recordset(p_wanted -> 'continued') AS c (call integer, id uuid)
                UNION ALL
                SELECT r.call, w.conversation_id, true, r.place
                FROM jsonb_to_recordset(p_wanted -> 'references') AS r (call integer, place integer, key bytea)
                CROSS JOIN LATERAL (
                    SELECT one.* FROM reference AS one WHERE one.tenant_id = p_tenant AND one.key = r.key LIMIT 1
                ) AS w
            ) AS b
            ORDER BY b.call, b.by_reference, b.place
        ) AS d;
        RETURN QUERY
        SELECT 'continued', json_agg(json_build_object(
            'call', n.call, 'id', w.conversation_id, 'brand', w.brand, 'channel', j.channel,
            'by_reference', n.by_reference
        ))
        FROM unnest(named_calls, named, by_reference) AS n (call, conversation_id, by_reference)
        CROSS JOIN LATERAL (
            SELECT one.* FROM conversation AS one
            WHERE one.tenant_id = p_tenant AND one.conversation_id = n.conversation_id LIMIT 1
        ) AS w
        LEFT JOIN LATERAL (
            SELECT t.channel FROM contact AS t
            WHERE t.tenant_id = p_tenant AND t.conversation_id = w.conversation_id
            ORDER BY t.start_time_us DESC LIMIT 1
        ) AS j ON true
        HAVING count(*) > 0;
    END IF;
    IF p_wanted ? 'requests' THEN
        RETURN QUERY
        SELECT 'requests', json_agg(json_build_object(
            'call', a.call, 'digest', base64(w.digest), 'answer', w.answer
        ))
        FROM jsonb_to_recordset(p_wanted -> 'requests') AS a (call integer, key bytea)
        CROSS JOIN LATERAL (
            SELECT one.* FROM request AS one WHERE one.tenant_id = p_tenant AND one.key = a.key LIMIT 1
        ) AS w
        HAVING count(*) > 0;
    END IF;
    IF p_wanted ? 'interactions' THEN
        RETURN QUERY
        SELECT 'interactions', json_agg(json_build_object(
            'call', a.call, 'revision', w.source_revision, 'digest', base64(w.digest), 'interaction', w.interaction_id,
            'conversation', w.conversation_id
        ))
        FROM jsonb_to_recordset(p_wanted -> 'interactions') AS a (call integer, key bytea)
        CROSS JOIN LATERAL (
            SELECT n.* FROM interaction AS n WHERE n.tenant_id = p_tenant AND n.key = a.key LIMIT 1000
        ) AS w
        HAVING count(*) > 0;
    END IF;
END
$$;
CREATE FUNCTION public.lock_plans(p_tenant text, p_plans jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION public.neighbourhoods(p_tenant text, p_calls integer[], p_seeds uuid[], p_minima jsonb, p_cap integer) RETURNS TABLE(call integer, found json)
    LANGUAGE plpgsql STABLE
    AS $$
#variable_conflict use_column
DECLARE
    calls integer[] := p_calls;
    nodes uuid[] := p_seeds;
    next_calls integer[] := p_calls;
    next_nodes uuid[] := p_seeds;
    tripped boolean := EXISTS (SELECT 1 FROM breaker AS b WHERE b.tenant_id = p_tenant AND b.lift_time_us IS NULL);
BEGIN
    WHILE next_calls IS NOT NULL LOOP
        SELECT array_agg(s.call), array_agg(s.other) INTO next_calls, next_nodes FROM (
            SELECT f.call, x.other
            FROM (
                SELECT u.call, array_agg(u.node) AS frontier
                FROM unnest(next_calls, next_nodes) AS u (call, node) GROUP BY u.call
            ) AS f
            CROSS JOIN LATERAL (
                SELECT array_agg(u.node) AS found FROM unnest(calls, nodes) AS u (call, node) WHERE u.call = f.call
            ) AS g
            CROSS JOIN LATERAL (
                SELECT DISTINCT y.other
                FROM unnest(f.frontier) AS n (node)
                CROSS JOIN LATERAL (
                    SELECT l.node_b AS other, l.node_a, l.node_b, l.assurance_a, l.assurance_b, l.leans FROM link AS l
                    WHERE l.tenant_id = p_tenant AND l.node_a = n.node AND l.node_b <> ALL (g.found)
                        AND l.state IN ('active', 'ended')
                    UNION ALL
                    SELECT l.node_a, l.node_a, l.node_b, l.assurance_a, l.assurance_b, l.leans FROM link AS l
                    WHERE l.tenant_id = p_tenant AND l.node_b = n.node AND l.node_a <> ALL (g.found)
                        AND l.state IN ('active', 'ended')
                ) AS y
                JOIN node AS a ON a.tenant_id = p_tenant AND a.node_id = y.node_a
                JOIN node AS b ON b.tenant_id = p_tenant AND b.node_id = y.node_b
                WHERE y.assurance_a >= (p_minima ->> split_part(a.namespace, '/', 1))::smallint
                    AND y.assurance_b >= (p_minima ->> split_part(b.namespace, '/', 1))::smallint
                    AND least(y.assurance_a, y.assurance_b) > greatest(a.fan_out & 7, b.fan_out & 7)
                    AND (y.leans = '{}' OR NOT EXISTS (
                        SELECT 1 FROM node AS m
                        WHERE m.tenant_id = p_tenant AND m.node_id = ANY (y.leans) AND m.fan_out >= 8
                    ))
                LIMIT p_cap + 1
            ) AS x
            WHERE cardinality(g.found) <= p_cap
        ) AS s;
        calls := calls || coalesce(next_calls, '{}');
        nodes := nodes || coalesce(next_nodes, '{}');
    END LOOP;
    RETURN QUERY
    SELECT c.call, CASE WHEN cardinality(c.found) > p_cap THEN
        json_build_object('capped', true, 'held', tripped)
    ELSE json_build_object(
        'capped', false, 'held', tripped,
        'nodes', (
            SELECT json_agg(json_build_object(
                'id', n.node_id, 'key', encode(n.key, 'hex'), 'epoch', n.epoch, 'namespace', n.namespace,
                'scope', n.scope, 'superseded', n.superseded OR n.ended_time_us IS NOT NULL, 'shared', n.shared,
                'fan_out', n.fan_out, 'profile', n.profile_id, 'established', n.established,
                'ruled_shared', n.ruled_shared
            ))
            FROM node AS n WHERE n.tenant_id = p_tenant AND n.node_id = ANY (c.found)
        ),
        'links', (
            SELECT json_agg(json_build_array(
                l.node_a, l.node_b, l.kind, l.channel, l.assurance_a, l.assurance_b, l.state, l.first_time_us,
                l.probability, l.model, l.leans
            ))
            FROM link AS l
            WHERE l.tenant_id = p_tenant AND l.node_a = ANY (c.found) AND l.node_b = ANY (c.found)
                AND l.state <> 'withdrawn'
        ),
        'leaned_on', (
            SELECT json_object_agg(m.node_id, m.fan_out)
            FROM node AS m
            WHERE m.tenant_id = p_tenant AND m.node_id <> ALL (c.found) AND m.node_id = ANY (ARRAY(
                SELECT unnest(l.leans) FROM link AS l
                WHERE l.tenant_id = p_tenant AND l.node_a = ANY (c.found) AND l.node_b = ANY (c.found)
            ))
        ),
        'names', (
            SELECT json_agg(json_build_object(
                'id', p.profile_id, 'founder', p.founder_node, 'state', p.state, 'revision', p.revision
            ))
            FROM (
                SELECT q.* FROM profile AS q WHERE q.tenant_id = p_tenant AND q.founder_node = ANY (c.found)
                UNION
                SELECT q.* FROM profile AS q WHERE q.tenant_id = p_tenant AND q.profile_id = ANY (ARRAY(
                    SELECT n.profile_id FROM node AS n
                    WHERE n.tenant_id = p_tenant AND n.node_id = ANY (c.found) AND n.profile_id IS NOT NULL
                ))
            ) AS p
            WHERE p.founder_node IS NOT NULL AND p.state <> 'split'
        ),
        'reviews', (
            SELECT json_agg(json_build_array(v.review_id, v.node_a, v.node_b, v.reason))
            FROM (
                SELECT q.* FROM review AS q WHERE q.tenant_id = p_tenant AND q.node_a = ANY (c.found)
                UNION
                SELECT q.* FROM review AS q WHERE q.tenant_id = p_tenant AND q.node_b = ANY (c.found)
            ) AS v
            WHERE v.close_time_us IS NULL
        )
    ) END
    FROM (
        SELECT u.call, array_agg(u.node) AS found FROM unnest(calls, nodes) AS u (call, node) GROUP BY u.call
    ) AS c;
END
$$;
CREATE TABLE public.conversation (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    conversation_id uuid NOT NULL,
    brand text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    owner_contact uuid NOT NULL,
    owner_node uuid,
    open_time_us bigint NOT NULL,
    last_time_us bigint NOT NULL,
    close_time_us bigint,
    revision bigint NOT NULL,
    CONSTRAINT conversation_state CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text])))
);
ALTER TABLE ONLY public.conversation ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.conversation FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.open_conversations(p_tenant text, p_profile uuid, p_most integer) RETURNS SETOF public.conversation
    LANGUAGE sql STABLE
    AS $$
    SELECT o.* FROM (
        SELECT m.node_id FROM node AS m WHERE m.tenant_id = p_tenant AND m.profile_id = p_profile LIMIT 1000
    ) AS x
    CROSS JOIN LATERAL (
        SELECT w.* FROM conversation AS w
        WHERE w.tenant_id = p_tenant AND w.owner_node = x.node_id AND w.state = 'open'
        ORDER BY w.last_time_us + 0 DESC LIMIT p_most
    ) AS o
$$;
CREATE FUNCTION public.reanchor(p_tenant text, p_now bigint, p_nodes uuid[], p_rules jsonb) RETURNS TABLE(contact_id uuid, before uuid, after uuid)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
DECLARE
    contacts uuid[];
    nodes uuid[];
    assurances smallint[];
    befores uuid[];
BEGIN
    SELECT array_agg(c.contact_id), array_agg(b.node_id), array_agg(coalesce(b.assurance, 1)), array_agg(c.anchor_node)
    INTO contacts, nodes, assurances, befores
    FROM contact AS c
    LEFT JOIN LATERAL (
        SELECT x.node_id, x.assurance
        FROM (
            SELECT
                e.node_id, e.assurance, n.profile_id, n.key, (r.rules ->> 'strength')::integer AS strength,
                e.assurance >= (r.rules ->> 'join')::smallint AS may_join
            FROM evidence AS e
            JOIN node AS n ON n.tenant_id = p_tenant AND n.node_id = e.node_id
            CROSS JOIN LATERAL (SELECT p_rules -> split_part(n.namespace, '/', 1) AS rules) AS r
            WHERE e.tenant_id = p_tenant AND e.subject_id = c.contact_id AND e.role = 1 AND NOT e.withdrawn
                AND n.profile_id IS NOT NULL AND e.assurance > n.shared
                AND e.assurance >= (r.rules ->> 'anchor')::smallint
        ) AS x
        ORDER BY x.may_join DESC, x.assurance DESC, x.strength DESC, x.key LIMIT 1
    ) AS s ON true
    LEFT JOIN LATERAL (
        SELECT s.node_id, s.assurance
        WHERE NOT EXISTS (
            SELECT 1 FROM evidence AS e
            JOIN node AS n ON n.tenant_id = p_tenant AND n.node_id = e.node_id
            JOIN node AS m ON m.tenant_id = p_tenant AND m.node_id = s.node_id
            CROSS JOIN LATERAL (
                SELECT p_rules -> split_part(n.namespace, '/', 1) AS of_other,
                    p_rules -> split_part(m.namespace, '/', 1) AS of_chosen
            ) AS r
            WHERE e.tenant_id = p_tenant AND e.subject_id = c.contact_id AND e.role = 1 AND NOT e.withdrawn
                AND n.profile_id IS NOT NULL AND n.profile_id <> m.profile_id AND e.assurance > n.shared
                AND e.assurance = s.assurance AND e.assurance >= (r.of_other ->> 'anchor')::smallint
                AND (
                    e.assurance >= (r.of_other ->> 'join')::smallint
                    OR s.assurance < (r.of_chosen ->> 'join')::smallint
                )
        )
    ) AS b ON true
    WHERE c.tenant_id = p_tenant AND NOT c.shared AND NOT c.ambiguous AND NOT c.corrected
        AND c.contact_id = ANY (ARRAY(
            SELECT e.subject_id FROM evidence AS e WHERE e.tenant_id = p_tenant AND e.node_id = ANY (p_nodes)
        ))
        AND c.anchor_node IS DISTINCT FROM b.node_id;
    IF contacts IS NULL THEN
        RETURN;
    END IF;
    UPDATE contact AS c SET anchor_node = m.node_id, anchor_assurance = m.assurance
    FROM unnest(contacts, nodes, assurances) AS m (contact_id, node_id, assurance)
    WHERE c.tenant_id = p_tenant AND c.contact_id = ANY (contacts) AND c.contact_id = m.contact_id;
    UPDATE conversation AS v SET owner_node = m.node_id, revision = greatest(v.revision + 1, p_now)
    FROM unnest(contacts, nodes) AS m (contact_id, node_id)
    WHERE v.tenant_id = p_tenant AND v.owner_contact = ANY (contacts) AND v.owner_contact = m.contact_id;
    UPDATE fact AS f SET holder = coalesce(m.node_id, m.contact_id)
    FROM unnest(contacts, nodes) AS m (contact_id, node_id)
    WHERE f.tenant_id = p_tenant AND f.contact_id = ANY (contacts) AND f.contact_id = m.contact_id;
    UPDATE promise AS s SET holder = coalesce(m.node_id, m.contact_id)
    FROM unnest(contacts, nodes) AS m (contact_id, node_id)
    WHERE s.tenant_id = p_tenant AND s.contact_id = ANY (contacts) AND s.contact_id = m.contact_id;
    INSERT INTO profile AS p (tenant_id, profile_id, founder_contact, state, create_time_us, revision)
    SELECT p_tenant, m.contact_id, m.contact_id, 'live', p_now, p_now
    FROM unnest(contacts, nodes) AS m (contact_id, node_id)
    WHERE m.node_id IS NULL
    ON CONFLICT ON CONSTRAINT profile_pkey DO UPDATE SET
        state = 'live', revision = greatest(p.revision + 1, p_now);
    UPDATE profile AS p SET state = 'redirected', revision = greatest(p.revision + 1, p_now)
    FROM unnest(contacts, nodes) AS m (contact_id, node_id)
    WHERE p.tenant_id = p_tenant AND p.profile_id = ANY (contacts) AND p.profile_id = m.contact_id
        AND p.founder_contact IS NOT NULL AND m.node_id IS NOT NULL;
    RETURN QUERY SELECT m.contact_id, m.before, m.after FROM unnest(contacts, befores, nodes) AS m (contact_id, before, after);
END
$$;
CREATE FUNCTION public.record_interactions(p_tenant text, p_now bigint, p_plans jsonb) RETURNS TABLE(item integer, status text, interaction_id uuid, conversation_id uuid, revision bigint)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
DECLARE
    touched uuid[];
BEGIN
    PERFORM require_known_rows(p_plans);
    SELECT array_agg(DISTINCT r.conversation_id) INTO touched
    FROM jsonb_populate_recordset(NULL::plan_interaction, p_plans -> 'interaction') AS r;
    PERFORM 1 FROM conversation AS c
    WHERE c.tenant_id = p_tenant AND c.conversation_id = ANY (touched)
    ORDER BY c.conversation_id FOR UPDATE;
    RETURN QUERY
    WITH items AS (
        SELECT r.plan AS item, r.* FROM jsonb_populate_recordset(NULL::plan_interaction, p_plans -> 'interaction') AS r
    ),
    judged AS MATERIALIZED (
        SELECT
            i.*,
            coalesce(h.interaction_id, i.interaction_id) AS stable_id,
            CASE
                WHEN s.digest IS NOT NULL AND s.digest <> i.digest THEN 'conflict'
                WHEN s.digest IS NOT NULL THEN 'replayed'
                WHEN h.source_revision > i.source_revision THEN 'older'
                ELSE 'recorded'
            END AS verdict,
            coalesce(h.conversation_id, i.conversation_id) AS stable_conversation,
            coalesce(h.contact_id, i.contact_id) AS stable_contact,
            h.interaction_id IS NOT NULL AS supersedes
        FROM items AS i
        LEFT JOIN LATERAL (
            SELECT n.interaction_id, n.source_revision, n.conversation_id, n.contact_id
            FROM interaction AS n
            WHERE n.tenant_id = p_tenant AND n.key = i.key
            ORDER BY n.source_revision DESC LIMIT 1
        ) AS h ON true
        LEFT JOIN LATERAL (
            SELECT n.digest FROM interaction AS n
            WHERE n.tenant_id = p_tenant AND n.key = i.key AND n.source_revision = i.source_revision LIMIT 1
        ) AS s ON true
    ),
    retired AS (
        UPDATE interaction AS n SET current = false
        WHERE n.tenant_id = p_tenant AND n.current AND n.key = ANY (
            ARRAY(SELECT j.key FROM judged AS j WHERE j.verdict = 'recorded' AND j.supersedes)
        )
    ),
    written AS (
        INSERT INTO interaction (
            tenant_id, interaction_id, source_revision, key, conversation_id, contact_id, kind, channel,
            occur_time_us, record_time_us, digest, payload, current
        )
        SELECT
            p_tenant, j.stable_id, j.source_revision, j.key, j.stable_conversation, j.stable_contact, j.kind,
            j.channel, j.occur_time_us, p_now, j.digest, j.payload, j.verdict = 'recorded'
        FROM judged AS j WHERE j.verdict IN ('recorded', 'older')
        ON CONFLICT ON CONSTRAINT interaction_pkey DO NOTHING
        RETURNING key, source_revision
    ),
    moved AS (
        UPDATE conversation AS c
        SET last_time_us = greatest(c.last_time_us, t.last_time_us),
            revision = greatest(c.revision + 1, p_now),
            state = 'open', close_time_us = NULL
        FROM (
            SELECT j.stable_conversation AS conversation_id, max(j.occur_time_us) AS last_time_us
            FROM judged AS j WHERE j.verdict IN ('recorded', 'older') GROUP BY 1
        ) AS t
        WHERE c.tenant_id = p_tenant AND c.conversation_id = ANY (ARRAY(SELECT j.stable_conversation FROM judged AS j))
            AND c.conversation_id = t.conversation_id
        RETURNING c.conversation_id, c.revision
    ),
    audited AS (
        INSERT INTO audit (tenant_id, entry_id, kind, caller, method, policy, subject, record_time_us)
        SELECT p_tenant, r.entry_id, 'change', r.caller, r.method, r.policy, r.subject, p_now
        FROM jsonb_populate_recordset(NULL::plan_audit, p_plans -> 'audit') AS r
        JOIN judged AS j ON j.item = r.plan AND j.verdict IN ('recorded', 'older')
    )
    SELECT
        j.item,
        CASE
            WHEN j.verdict = 'older' THEN 'replayed'
            WHEN j.verdict = 'recorded' AND w.key IS NULL THEN 'raced'
            ELSE j.verdict
        END,
        j.stable_id, j.stable_conversation, coalesce(m.revision, 0)
    FROM judged AS j
    LEFT JOIN written AS w ON w.key = j.key AND w.source_revision = j.source_revision
    LEFT JOIN moved AS m ON m.conversation_id = j.stable_conversation;
END
$$;
CREATE FUNCTION public.refresh_plan_shapes() RETURNS void
    LANGUAGE sql
    AS $$
    DELETE FROM plan_shape;
    INSERT INTO plan_shape (name, columns)
    SELECT substr(c.relname, 6), array_agg(a.attname ORDER BY a.attnum)
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind = 'c' AND c.relname LIKE 'plan\_%' AND c.relnamespace = current_schema()::regnamespace
    GROUP BY c.relname
$$;
CREATE FUNCTION public.refuse_plans(p_tenant text, p_plans jsonb, OUT stale integer[], OUT existing integer[], OUT conflicting integer[]) RETURNS record
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION public.require_known_rows(p_plans jsonb) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    unknown text;
BEGIN
    SELECT string_agg(t.key || ' ' || ((t.value -> 0) - coalesce(s.columns, '{}'))::text, ', ') INTO unknown
    FROM jsonb_each(p_plans) AS t
    LEFT JOIN plan_shape AS s ON s.name = t.key
    WHERE s.name IS NULL OR (t.value -> 0) - s.columns <> '{}';
    IF unknown IS NOT NULL THEN
        RAISE undefined_column USING MESSAGE = 'rows of no known shape', HINT = 'see store/rows';
    END IF;
END
$$;
CREATE FUNCTION public.secure_table(p_table text, p_grants text) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', p_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', p_table);
    EXECUTE format(
        'CREATE POLICY %I ON %I USING (tenant_id = current_setting(''profile.tenant'', true))',
        p_table || '_tenant', p_table
    );
    EXECUTE format('GRANT %s ON %I TO profile_app', p_grants, p_table);
    -- The tenant alone never narrows a look-up, however many small tenants there are: plans are made for large ones.
    EXECUTE format('ALTER TABLE %I ALTER COLUMN tenant_id SET (n_distinct = 1)', p_table);
END
$$;
CREATE FUNCTION public.users(p_tenant text, p_node uuid) RETURNS TABLE(profile_id uuid, last_time_us bigint, times_seen numeric)
    LANGUAGE sql STABLE
    AS $$
    SELECT x.profile_id, max(l.last_time_us), sum(l.times_seen)
    FROM (
        (
            SELECT b.node_b AS other, b.last_time_us, b.times_seen FROM link AS b
            WHERE b.tenant_id = p_tenant AND b.node_a = p_node AND b.state IN ('active', 'doubted') LIMIT 100
        )
        UNION ALL
        (
            SELECT b.node_a, b.last_time_us, b.times_seen FROM link AS b
            WHERE b.tenant_id = p_tenant AND b.node_b = p_node AND b.state IN ('active', 'doubted') LIMIT 100
        )
    ) AS l
    CROSS JOIN LATERAL (
        SELECT one.* FROM node AS one WHERE one.tenant_id = p_tenant AND one.node_id = l.other LIMIT 1
    ) AS x
    WHERE x.profile_id IS NOT NULL GROUP BY x.profile_id ORDER BY 2 DESC LIMIT 6
$$;
CREATE TABLE public.answer_check (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    check_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    attribute text NOT NULL COLLATE pg_catalog."C",
    matched boolean NOT NULL,
    void boolean DEFAULT false NOT NULL,
    occur_time_us bigint NOT NULL
);
ALTER TABLE ONLY public.answer_check ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.answer_check FORCE ROW LEVEL SECURITY;
CREATE TABLE public.audit (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    entry_id uuid NOT NULL,
    sequence bigint,
    chain bytea,
    kind text NOT NULL COLLATE pg_catalog."C",
    caller text NOT NULL COLLATE pg_catalog."C",
    method text NOT NULL COLLATE pg_catalog."C",
    policy text NOT NULL COLLATE pg_catalog."C",
    subject json NOT NULL,
    record_time_us bigint NOT NULL,
    CONSTRAINT audit_kind CHECK ((kind = ANY (ARRAY['change'::text, 'read'::text, 'gap'::text])))
);
ALTER TABLE ONLY public.audit ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.audit FORCE ROW LEVEL SECURITY;
CREATE TABLE public.audit_head (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    sequence bigint NOT NULL,
    chain bytea NOT NULL
);
ALTER TABLE ONLY public.audit_head ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.audit_head FORCE ROW LEVEL SECURITY;
CREATE TABLE public.audit_writer (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    writer_id uuid NOT NULL,
    alive_time_us bigint NOT NULL
);
ALTER TABLE ONLY public.audit_writer ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.audit_writer FORCE ROW LEVEL SECURITY;
CREATE TABLE public.blocking_key (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    key bytea NOT NULL,
    node_id uuid NOT NULL,
    CONSTRAINT blocking_key_length CHECK ((octet_length(key) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.05');
ALTER TABLE ONLY public.blocking_key ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.blocking_key FORCE ROW LEVEL SECURITY;
CREATE TABLE public.breaker (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    breaker_id uuid NOT NULL,
    hour bigint NOT NULL,
    changes bigint NOT NULL,
    merges bigint NOT NULL,
    usual_share real NOT NULL,
    trip_time_us bigint NOT NULL,
    lift_time_us bigint
);
ALTER TABLE ONLY public.breaker ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.breaker FORCE ROW LEVEL SECURITY;
CREATE TABLE public.bulk_count (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    import_id uuid NOT NULL,
    outcome text NOT NULL COLLATE pg_catalog."C",
    records bigint NOT NULL
);
ALTER TABLE ONLY public.bulk_count ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.bulk_count FORCE ROW LEVEL SECURITY;
CREATE TABLE public.bulk_import (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    import_id uuid NOT NULL,
    key bytea NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    create_time_us bigint NOT NULL
);
ALTER TABLE ONLY public.bulk_import ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.bulk_import FORCE ROW LEVEL SECURITY;
CREATE TABLE public.bulk_rejected (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    import_id uuid NOT NULL,
    number bigint NOT NULL,
    reason text NOT NULL
);
ALTER TABLE ONLY public.bulk_rejected ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.bulk_rejected FORCE ROW LEVEL SECURITY;
CREATE TABLE public.bulk_row (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    import_id uuid NOT NULL,
    number bigint NOT NULL,
    sealed bytea NOT NULL
);
ALTER TABLE ONLY public.bulk_row ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.bulk_row FORCE ROW LEVEL SECURITY;
CREATE TABLE public.consent (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    consent_id uuid NOT NULL,
    node_id uuid NOT NULL,
    purpose text NOT NULL COLLATE pg_catalog."C",
    channel text NOT NULL COLLATE pg_catalog."C",
    brand text NOT NULL COLLATE pg_catalog."C",
    granted boolean NOT NULL,
    occur_time_us bigint NOT NULL,
    record_time_us bigint NOT NULL
);
ALTER TABLE ONLY public.consent ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.consent FORCE ROW LEVEL SECURITY;
CREATE TABLE public.contact (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    contact_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    key bytea NOT NULL,
    source text NOT NULL COLLATE pg_catalog."C",
    channel text NOT NULL COLLATE pg_catalog."C",
    direction smallint NOT NULL,
    initiation smallint NOT NULL,
    brand text NOT NULL COLLATE pg_catalog."C",
    start_time_us bigint NOT NULL,
    end_time_us bigint,
    last_time_us bigint NOT NULL,
    anchor_node uuid,
    anchor_assurance smallint NOT NULL,
    ambiguous boolean NOT NULL,
    shared boolean NOT NULL,
    corrected boolean DEFAULT false NOT NULL,
    corrected_node uuid,
    channel_change boolean NOT NULL,
    loose boolean NOT NULL,
    start_digest bytea,
    end_digest bytea,
    payload bytea NOT NULL,
    ending bytea,
    answer json,
    CONSTRAINT contact_key_length CHECK ((octet_length(key) = 32))
);
ALTER TABLE ONLY public.contact ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.contact FORCE ROW LEVEL SECURITY;
CREATE TABLE public.event (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    event_id uuid NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    before uuid[] NOT NULL,
    after uuid[] NOT NULL,
    nodes uuid[] NOT NULL,
    links json NOT NULL,
    policy text NOT NULL COLLATE pg_catalog."C",
    model text NOT NULL COLLATE pg_catalog."C",
    cause_kind text NOT NULL COLLATE pg_catalog."C",
    cause_id uuid,
    caller text NOT NULL COLLATE pg_catalog."C",
    occur_time_us bigint NOT NULL,
    record_time_us bigint NOT NULL,
    CONSTRAINT event_kind CHECK ((kind = ANY (ARRAY['merged'::text, 'split'::text, 'shared'::text, 'unshared'::text, 'moved'::text])))
);
ALTER TABLE ONLY public.event ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.event FORCE ROW LEVEL SECURITY;
CREATE TABLE public.event_profile (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    profile_id uuid NOT NULL,
    event_id uuid NOT NULL
);
ALTER TABLE ONLY public.event_profile ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.event_profile FORCE ROW LEVEL SECURITY;
CREATE TABLE public.evidence (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    subject_id uuid NOT NULL,
    node_id uuid NOT NULL,
    role smallint NOT NULL,
    assurance smallint NOT NULL,
    method text NOT NULL COLLATE pg_catalog."C",
    channel text NOT NULL COLLATE pg_catalog."C",
    occur_time_us bigint NOT NULL,
    withdrawn boolean DEFAULT false NOT NULL
);
ALTER TABLE ONLY public.evidence ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.evidence FORCE ROW LEVEL SECURITY;
CREATE TABLE public.fact (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    contact_id uuid NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    value bytea NOT NULL,
    how_known smallint NOT NULL,
    withdrawn boolean NOT NULL,
    expire_time_us bigint,
    occur_time_us bigint NOT NULL,
    holder uuid NOT NULL
);
ALTER TABLE ONLY public.fact ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.fact FORCE ROW LEVEL SECURITY;
CREATE TABLE public.interaction (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    interaction_id uuid NOT NULL,
    source_revision bigint NOT NULL,
    key bytea NOT NULL,
    conversation_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    kind smallint NOT NULL,
    channel text NOT NULL COLLATE pg_catalog."C",
    occur_time_us bigint NOT NULL,
    record_time_us bigint NOT NULL,
    digest bytea NOT NULL,
    payload bytea NOT NULL,
    current boolean NOT NULL
);
ALTER TABLE ONLY public.interaction ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.interaction FORCE ROW LEVEL SECURITY;
CREATE TABLE public.key_check (
    version smallint NOT NULL,
    value bytea NOT NULL
);
CREATE TABLE public.link (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    node_a uuid NOT NULL,
    node_b uuid NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    channel text NOT NULL COLLATE pg_catalog."C",
    assurance_a smallint NOT NULL,
    assurance_b smallint NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    first_time_us bigint NOT NULL,
    last_time_us bigint NOT NULL,
    times_seen bigint NOT NULL,
    probability real,
    model text COLLATE pg_catalog."C",
    leans uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    CONSTRAINT link_ends_ordered CHECK ((node_a < node_b)),
    CONSTRAINT link_state CHECK ((state = ANY (ARRAY['active'::text, 'doubted'::text, 'ended'::text, 'withdrawn'::text])))
);
ALTER TABLE ONLY public.link ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.link FORCE ROW LEVEL SECURITY;
CREATE TABLE public.merge_rate (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    hour bigint NOT NULL,
    slot smallint NOT NULL,
    changes bigint NOT NULL,
    merges bigint NOT NULL
);
ALTER TABLE ONLY public.merge_rate ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.merge_rate FORCE ROW LEVEL SECURITY;
CREATE TABLE public.node (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    node_id uuid NOT NULL,
    namespace text NOT NULL COLLATE pg_catalog."C",
    scope text NOT NULL COLLATE pg_catalog."C",
    key bytea NOT NULL,
    epoch integer NOT NULL,
    value bytea NOT NULL,
    established boolean NOT NULL,
    superseded boolean DEFAULT false NOT NULL,
    shared smallint DEFAULT 0 NOT NULL,
    fan_out smallint DEFAULT 0 NOT NULL,
    profile_id uuid,
    first_time_us bigint NOT NULL,
    last_time_us bigint NOT NULL,
    ended_time_us bigint,
    ruled_shared boolean,
    CONSTRAINT node_key_length CHECK ((octet_length(key) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.05');
ALTER TABLE ONLY public.node ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.node FORCE ROW LEVEL SECURITY;
CREATE TABLE public.plan_shape (
    name text NOT NULL COLLATE pg_catalog."C",
    columns text[] NOT NULL
);
CREATE TABLE public.preference (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    node_id uuid NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    value bytea,
    occur_time_us bigint NOT NULL
);
ALTER TABLE ONLY public.preference ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.preference FORCE ROW LEVEL SECURITY;
CREATE TABLE public.profile (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    profile_id uuid NOT NULL,
    founder_node uuid,
    founder_contact uuid,
    state text NOT NULL COLLATE pg_catalog."C",
    heirs uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    create_time_us bigint NOT NULL,
    expire_time_us bigint,
    revision bigint NOT NULL,
    CONSTRAINT profile_one_founder CHECK (((founder_node IS NULL) <> (founder_contact IS NULL))),
    CONSTRAINT profile_state CHECK ((state = ANY (ARRAY['live'::text, 'redirected'::text, 'split'::text])))
);
ALTER TABLE ONLY public.profile ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.profile FORCE ROW LEVEL SECURITY;
CREATE TABLE public.promise (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    conversation_id uuid NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    contact_id uuid NOT NULL,
    what bytea,
    due_time_us bigint,
    state smallint NOT NULL,
    occur_time_us bigint NOT NULL,
    holder uuid NOT NULL
);
ALTER TABLE ONLY public.promise ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.promise FORCE ROW LEVEL SECURITY;
CREATE TABLE public.reference (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    key bytea NOT NULL,
    conversation_id uuid NOT NULL
);
ALTER TABLE ONLY public.reference ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.reference FORCE ROW LEVEL SECURITY;
CREATE TABLE public.request (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    key bytea NOT NULL,
    digest bytea NOT NULL,
    answer json NOT NULL,
    record_time_us bigint NOT NULL
);
ALTER TABLE ONLY public.request ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.request FORCE ROW LEVEL SECURITY;
CREATE TABLE public.review (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    review_id uuid NOT NULL,
    reason text NOT NULL COLLATE pg_catalog."C",
    node_a uuid NOT NULL,
    node_b uuid NOT NULL,
    probability real,
    open_time_us bigint NOT NULL,
    close_time_us bigint
);
ALTER TABLE ONLY public.review ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.review FORCE ROW LEVEL SECURITY;
CREATE TABLE public.schema_function (
    name text NOT NULL,
    checksum text NOT NULL,
    apply_time timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE public.schema_migration (
    number integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    apply_time timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE public.source_record (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    node_id uuid NOT NULL,
    source text NOT NULL COLLATE pg_catalog."C",
    attributes bytea NOT NULL,
    features bytea NOT NULL,
    occur_time_us bigint NOT NULL
);
ALTER TABLE ONLY public.source_record ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.source_record FORCE ROW LEVEL SECURITY;
CREATE TABLE public.value_count (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    key bytea NOT NULL,
    slot smallint NOT NULL,
    people bigint NOT NULL,
    CONSTRAINT value_count_length CHECK ((octet_length(key) = 32))
);
ALTER TABLE ONLY public.value_count ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.value_count FORCE ROW LEVEL SECURITY;
ALTER TABLE ONLY public.answer_check
    ADD CONSTRAINT answer_check_pkey PRIMARY KEY (tenant_id, check_id);
ALTER TABLE ONLY public.audit_head
    ADD CONSTRAINT audit_head_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (tenant_id, entry_id);
ALTER TABLE ONLY public.audit_writer
    ADD CONSTRAINT audit_writer_pkey PRIMARY KEY (tenant_id, writer_id);
ALTER TABLE ONLY public.blocking_key
    ADD CONSTRAINT blocking_key_pkey PRIMARY KEY (tenant_id, key, node_id);
ALTER TABLE ONLY public.breaker
    ADD CONSTRAINT breaker_pkey PRIMARY KEY (tenant_id, breaker_id);
ALTER TABLE ONLY public.bulk_count
    ADD CONSTRAINT bulk_count_pkey PRIMARY KEY (tenant_id, import_id, outcome);
ALTER TABLE ONLY public.bulk_import
    ADD CONSTRAINT bulk_import_pkey PRIMARY KEY (tenant_id, import_id);
ALTER TABLE ONLY public.bulk_rejected
    ADD CONSTRAINT bulk_rejected_pkey PRIMARY KEY (tenant_id, import_id, number);
ALTER TABLE ONLY public.bulk_row
    ADD CONSTRAINT bulk_row_pkey PRIMARY KEY (tenant_id, import_id, number);
ALTER TABLE ONLY public.consent
    ADD CONSTRAINT consent_pkey PRIMARY KEY (tenant_id, consent_id);
ALTER TABLE ONLY public.contact
    ADD CONSTRAINT contact_key UNIQUE (tenant_id, key);
ALTER TABLE ONLY public.contact
    ADD CONSTRAINT contact_pkey PRIMARY KEY (tenant_id, contact_id);
ALTER TABLE ONLY public.conversation
    ADD CONSTRAINT conversation_pkey PRIMARY KEY (tenant_id, conversation_id);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (tenant_id, event_id);
ALTER TABLE ONLY public.event_profile
    ADD CONSTRAINT event_profile_pkey PRIMARY KEY (tenant_id, profile_id, event_id);
ALTER TABLE ONLY public.evidence
    ADD CONSTRAINT evidence_pkey PRIMARY KEY (tenant_id, subject_id, node_id);
ALTER TABLE ONLY public.fact
    ADD CONSTRAINT fact_pkey PRIMARY KEY (tenant_id, contact_id, key);
ALTER TABLE ONLY public.interaction
    ADD CONSTRAINT interaction_pkey PRIMARY KEY (tenant_id, key, source_revision);
ALTER TABLE ONLY public.key_check
    ADD CONSTRAINT key_check_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.link
    ADD CONSTRAINT link_pkey PRIMARY KEY (tenant_id, node_a, node_b, kind, channel, assurance_a, assurance_b);
ALTER TABLE ONLY public.merge_rate
    ADD CONSTRAINT merge_rate_pkey PRIMARY KEY (tenant_id, hour, slot);
ALTER TABLE ONLY public.node
    ADD CONSTRAINT node_key_epoch UNIQUE (tenant_id, key, epoch);
ALTER TABLE ONLY public.node
    ADD CONSTRAINT node_pkey PRIMARY KEY (tenant_id, node_id) INCLUDE (profile_id);
ALTER TABLE ONLY public.plan_shape
    ADD CONSTRAINT plan_shape_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.preference
    ADD CONSTRAINT preference_pkey PRIMARY KEY (tenant_id, node_id, key);
ALTER TABLE ONLY public.profile
    ADD CONSTRAINT profile_pkey PRIMARY KEY (tenant_id, profile_id);
ALTER TABLE ONLY public.promise
    ADD CONSTRAINT promise_pkey PRIMARY KEY (tenant_id, conversation_id, key);
ALTER TABLE ONLY public.reference
    ADD CONSTRAINT reference_pkey PRIMARY KEY (tenant_id, key);
ALTER TABLE ONLY public.request
    ADD CONSTRAINT request_pkey PRIMARY KEY (tenant_id, key);
ALTER TABLE ONLY public.review
    ADD CONSTRAINT review_pkey PRIMARY KEY (tenant_id, review_id);
ALTER TABLE ONLY public.review
    ADD CONSTRAINT review_question UNIQUE (tenant_id, node_a, node_b, reason);
ALTER TABLE ONLY public.schema_function
    ADD CONSTRAINT schema_function_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.source_record
    ADD CONSTRAINT source_record_pkey PRIMARY KEY (tenant_id, node_id);
ALTER TABLE ONLY public.value_count
    ADD CONSTRAINT value_count_pkey PRIMARY KEY (tenant_id, key, slot);
CREATE INDEX answer_check_contact ON public.answer_check USING btree (tenant_id, contact_id);
CREATE UNIQUE INDEX audit_sequence ON public.audit USING btree (tenant_id, sequence) WHERE (sequence IS NOT NULL);
CREATE INDEX audit_unchained ON public.audit USING btree (tenant_id, entry_id) WHERE (sequence IS NULL);
CREATE INDEX blocking_key_node ON public.blocking_key USING btree (tenant_id, node_id);
CREATE INDEX breaker_hour ON public.breaker USING btree (tenant_id, hour);
CREATE UNIQUE INDEX breaker_tripped ON public.breaker USING btree (tenant_id) WHERE (lift_time_us IS NULL);
CREATE UNIQUE INDEX bulk_import_key ON public.bulk_import USING btree (tenant_id, key);
CREATE INDEX consent_node ON public.consent USING btree (tenant_id, node_id);
CREATE INDEX contact_anchor ON public.contact USING btree (tenant_id, anchor_node, start_time_us);
CREATE INDEX contact_conversation ON public.contact USING btree (tenant_id, conversation_id, start_time_us);
CREATE INDEX conversation_idle ON public.conversation USING btree (last_time_us, tenant_id) WHERE (state = 'open'::text);
CREATE INDEX conversation_owner ON public.conversation USING btree (tenant_id, owner_node, last_time_us) WHERE (state = 'open'::text);
CREATE INDEX conversation_owner_contact ON public.conversation USING btree (tenant_id, owner_contact);
CREATE INDEX evidence_node ON public.evidence USING btree (tenant_id, node_id, occur_time_us);
CREATE INDEX fact_holder ON public.fact USING btree (tenant_id, holder);
CREATE INDEX interaction_contact ON public.interaction USING btree (tenant_id, contact_id, occur_time_us, interaction_id) WHERE current;
CREATE INDEX interaction_conversation ON public.interaction USING btree (tenant_id, conversation_id, occur_time_us, interaction_id) WHERE current;
CREATE INDEX link_other_end ON public.link USING btree (tenant_id, node_b);
CREATE INDEX node_profile ON public.node USING btree (tenant_id, profile_id);
CREATE INDEX node_record ON public.node USING btree (tenant_id, profile_id) INCLUDE (node_id) WHERE (namespace ~~ 'record/%'::text);
CREATE INDEX profile_expiry ON public.profile USING btree (tenant_id, expire_time_us) WHERE ((expire_time_us IS NOT NULL) AND (state = 'live'::text));
CREATE INDEX profile_founder ON public.profile USING btree (tenant_id, founder_node);
CREATE INDEX promise_contact ON public.promise USING btree (tenant_id, contact_id);
CREATE INDEX promise_holder ON public.promise USING btree (tenant_id, holder);
CREATE INDEX review_open ON public.review USING btree (tenant_id, open_time_us, review_id) WHERE (close_time_us IS NULL);
CREATE INDEX review_other_end ON public.review USING btree (tenant_id, node_b);
ALTER TABLE public.answer_check ENABLE ROW LEVEL SECURITY;
CREATE POLICY answer_check_tenant ON public.answer_check USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.audit_head ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_head_tenant ON public.audit_head USING ((tenant_id = current_setting('profile.tenant'::text, true)));
CREATE POLICY audit_tenant ON public.audit USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.audit_writer ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_writer_tenant ON public.audit_writer USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.blocking_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY blocking_key_tenant ON public.blocking_key USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.breaker ENABLE ROW LEVEL SECURITY;
CREATE POLICY breaker_tenant ON public.breaker USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.bulk_count ENABLE ROW LEVEL SECURITY;
CREATE POLICY bulk_count_tenant ON public.bulk_count USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.bulk_import ENABLE ROW LEVEL SECURITY;
CREATE POLICY bulk_import_tenant ON public.bulk_import USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.bulk_rejected ENABLE ROW LEVEL SECURITY;
CREATE POLICY bulk_rejected_tenant ON public.bulk_rejected USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.bulk_row ENABLE ROW LEVEL SECURITY;
CREATE POLICY bulk_row_tenant ON public.bulk_row USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.consent ENABLE ROW LEVEL SECURITY;
CREATE POLICY consent_tenant ON public.consent USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.contact ENABLE ROW LEVEL SECURITY;
CREATE POLICY contact_tenant ON public.contact USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.conversation ENABLE ROW LEVEL SECURITY;
CREATE POLICY conversation_tenant ON public.conversation USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.event ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.event_profile ENABLE ROW LEVEL SECURITY;
CREATE POLICY event_profile_tenant ON public.event_profile USING ((tenant_id = current_setting('profile.tenant'::text, true)));
CREATE POLICY event_tenant ON public.event USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.evidence ENABLE ROW LEVEL SECURITY;
CREATE POLICY evidence_tenant ON public.evidence USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.fact ENABLE ROW LEVEL SECURITY;
CREATE POLICY fact_tenant ON public.fact USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.interaction ENABLE ROW LEVEL SECURITY;
CREATE POLICY interaction_tenant ON public.interaction USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.link ENABLE ROW LEVEL SECURITY;
CREATE POLICY link_tenant ON public.link USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.merge_rate ENABLE ROW LEVEL SECURITY;
CREATE POLICY merge_rate_tenant ON public.merge_rate USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.node ENABLE ROW LEVEL SECURITY;
CREATE POLICY node_tenant ON public.node USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.preference ENABLE ROW LEVEL SECURITY;
CREATE POLICY preference_tenant ON public.preference USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.profile ENABLE ROW LEVEL SECURITY;
CREATE POLICY profile_tenant ON public.profile USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.promise ENABLE ROW LEVEL SECURITY;
CREATE POLICY promise_tenant ON public.promise USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.reference ENABLE ROW LEVEL SECURITY;
CREATE POLICY reference_tenant ON public.reference USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.request ENABLE ROW LEVEL SECURITY;
CREATE POLICY request_tenant ON public.request USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.review ENABLE ROW LEVEL SECURITY;
CREATE POLICY review_tenant ON public.review USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.source_record ENABLE ROW LEVEL SECURITY;
CREATE POLICY source_record_tenant ON public.source_record USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.value_count ENABLE ROW LEVEL SECURITY;
CREATE POLICY value_count_tenant ON public.value_count USING ((tenant_id = current_setting('profile.tenant'::text, true)));
GRANT USAGE ON SCHEMA public TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.conversation TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.answer_check TO profile_app;
GRANT SELECT,INSERT ON TABLE public.audit TO profile_app;
GRANT UPDATE(sequence) ON TABLE public.audit TO profile_app;
GRANT UPDATE(chain) ON TABLE public.audit TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.audit_head TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.audit_writer TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.blocking_key TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.breaker TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.bulk_count TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.bulk_import TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.bulk_rejected TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.bulk_row TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.consent TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.contact TO profile_app;
GRANT SELECT,INSERT ON TABLE public.event TO profile_app;
GRANT SELECT,INSERT ON TABLE public.event_profile TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.evidence TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.fact TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.interaction TO profile_app;
GRANT SELECT,INSERT ON TABLE public.key_check TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.link TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.merge_rate TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.node TO profile_app;
GRANT SELECT ON TABLE public.plan_shape TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.preference TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.profile TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.promise TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.reference TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.request TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.review TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.source_record TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.value_count TO profile_app;
