-- Contacts and their conversations.
CREATE OR REPLACE FUNCTION apply_contacts(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_plans ? 'conversation' THEN
        INSERT INTO conversation AS c (
            tenant_id, conversation_id, brand, state, founder, owner_contact, owner_node, open_time_us, last_time_us,
            close_time_us, revision
        )
        SELECT
            p_tenant, r.conversation_id, r.brand, 'open', r.owner_contact, r.owner_contact, r.owner_node, r.time_us, r.time_us, NULL,
            p_now
        FROM jsonb_populate_recordset(NULL::plan_conversation, p_plans -> 'conversation') AS r
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT conversation_pkey DO UPDATE SET
            owner_contact = CASE
                WHEN c.owner_node IS NULL AND excluded.owner_node IS NOT NULL THEN excluded.owner_contact
                ELSE c.owner_contact
            END,
            owner_node = coalesce(c.owner_node, excluded.owner_node),
            state = CASE WHEN c.state = 'closed' AND EXISTS (
                SELECT 1 FROM jsonb_populate_recordset(NULL::plan_conversation, p_plans -> 'conversation') AS q
                WHERE q.conversation_id = c.conversation_id AND q.reopens AND q.time_us >= c.close_time_us
            ) THEN 'open' ELSE c.state END,
            close_time_us = CASE WHEN c.state = 'closed' AND EXISTS (
                SELECT 1 FROM jsonb_populate_recordset(NULL::plan_conversation, p_plans -> 'conversation') AS q
                WHERE q.conversation_id = c.conversation_id AND q.reopens AND q.time_us >= c.close_time_us
            ) THEN NULL ELSE c.close_time_us END,
            last_time_us = greatest(c.last_time_us, excluded.last_time_us);
    END IF;
    IF p_plans ? 'contact' THEN
        INSERT INTO contact AS c (
            tenant_id, contact_id, conversation_id, key, source, channel, direction, initiation, brand,
            start_time_us, last_time_us, anchor_node, anchor_assurance, ambiguous, shared, corrected, corrected_node,
            told_conversation, told_node, persons, legs, listens, channel_change, apart, threading, start_digest, payload, answer
        )
        SELECT
            p_tenant, r.contact_id, r.conversation_id, r.key, r.source, r.channel, r.direction, r.initiation, r.brand,
            r.start_time_us, r.start_time_us, r.anchor_node, r.anchor_assurance, r.ambiguous, r.shared,
            r.corrected, CASE WHEN r.corrected THEN r.anchor_node END, CASE WHEN r.start_digest IS NOT NULL THEN r.conversation_id END, CASE WHEN r.start_digest IS NOT NULL THEN r.anchor_node END, r.persons, r.legs, r.listens, r.channel_change, r.apart, r.threading, r.start_digest, r.payload, r.answer
        FROM jsonb_populate_recordset(NULL::plan_contact, p_plans -> 'contact') AS r
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT contact_pkey DO UPDATE SET
            conversation_id = excluded.conversation_id, source = excluded.source, channel = excluded.channel,
            direction = excluded.direction, initiation = excluded.initiation,
            brand = CASE WHEN c.brand = '' THEN excluded.brand ELSE c.brand END,
            start_time_us = least(c.start_time_us, excluded.start_time_us),
            anchor_node = excluded.anchor_node, anchor_assurance = excluded.anchor_assurance,
            ambiguous = excluded.ambiguous, shared = excluded.shared, corrected = excluded.corrected,
            corrected_node = excluded.corrected_node, told_conversation = excluded.told_conversation, told_node = excluded.told_node, persons = excluded.persons, legs = excluded.legs, listens = excluded.listens, channel_change = excluded.channel_change,
            apart = excluded.apart, threading = excluded.threading, start_digest = excluded.start_digest, payload = excluded.payload, answer = excluded.answer;
    END IF;
    IF p_plans ? 'contact_change' THEN
        UPDATE contact AS c SET
            anchor_node = r.anchor_node, anchor_assurance = r.anchor_assurance, ambiguous = r.ambiguous,
            shared = r.shared, corrected = r.corrected, corrected_node = r.corrected_node,
            ruled_out = CASE WHEN r.ruled_out IS NULL OR r.ruled_out = ANY (c.ruled_out) THEN c.ruled_out ELSE c.ruled_out || r.ruled_out END,
            persons = r.persons
        FROM jsonb_populate_recordset(NULL::plan_contact_change, p_plans -> 'contact_change') AS r
        WHERE c.tenant_id = p_tenant AND c.contact_id = r.contact_id
            AND c.contact_id = ANY (ARRAY(SELECT q.contact_id FROM jsonb_populate_recordset(NULL::plan_contact_change, p_plans -> 'contact_change') AS q)) AND r.plan <> ALL (p_refused);
        UPDATE conversation AS v SET owner_node = r.anchor_node, revision = greatest(v.revision + 1, p_now)
        FROM jsonb_populate_recordset(NULL::plan_contact_change, p_plans -> 'contact_change') AS r
        WHERE v.tenant_id = p_tenant AND v.owner_contact = r.contact_id
            AND v.owner_contact = ANY (ARRAY(SELECT q.contact_id FROM jsonb_populate_recordset(NULL::plan_contact_change, p_plans -> 'contact_change') AS q)) AND r.plan <> ALL (p_refused);
        UPDATE fact AS f SET holder = coalesce(r.anchor_node, r.contact_id)
        FROM jsonb_populate_recordset(NULL::plan_contact_change, p_plans -> 'contact_change') AS r
        WHERE f.tenant_id = p_tenant AND f.contact_id = r.contact_id AND width_bucket(f.occur_time_us, r.persons) = cardinality(r.persons)
            AND f.contact_id = ANY (ARRAY(SELECT q.contact_id FROM jsonb_populate_recordset(NULL::plan_contact_change, p_plans -> 'contact_change') AS q)) AND r.plan <> ALL (p_refused);
        UPDATE promise AS m SET holder = coalesce(r.anchor_node, r.contact_id)
        FROM jsonb_populate_recordset(NULL::plan_contact_change, p_plans -> 'contact_change') AS r
        WHERE m.tenant_id = p_tenant AND m.contact_id = r.contact_id AND width_bucket(m.occur_time_us, r.persons) = cardinality(r.persons)
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
    IF p_plans ? 'contact_update' THEN
        UPDATE contact AS c SET
            updates = c.updates + 1, updated = r.updated, brand = coalesce(r.brand, c.brand),
            visibility = coalesce(r.visibility, c.visibility)
        FROM jsonb_populate_recordset(NULL::plan_contact_update, p_plans -> 'contact_update') AS r
        WHERE c.tenant_id = p_tenant AND c.contact_id = r.contact_id
            AND c.contact_id = ANY (ARRAY(SELECT q.contact_id FROM jsonb_populate_recordset(NULL::plan_contact_update, p_plans -> 'contact_update') AS q)) AND r.plan <> ALL (p_refused);
        UPDATE conversation AS v SET brand = r.brand
        FROM jsonb_populate_recordset(NULL::plan_contact_update, p_plans -> 'contact_update') AS r
        CROSS JOIN LATERAL (
            SELECT one.conversation_id FROM contact AS one
            WHERE one.tenant_id = p_tenant AND one.contact_id = r.contact_id LIMIT 1
        ) AS c
        WHERE v.tenant_id = p_tenant AND v.conversation_id = c.conversation_id AND r.brand IS NOT NULL
            AND r.plan <> ALL (p_refused) AND NOT EXISTS (
                SELECT 1 FROM contact AS d
                WHERE d.tenant_id = p_tenant AND d.conversation_id = c.conversation_id AND d.contact_id <> r.contact_id
            );
        DELETE FROM fact AS f
        USING jsonb_populate_recordset(NULL::plan_contact_update, p_plans -> 'contact_update') AS r
        WHERE f.tenant_id = p_tenant AND f.said_by = r.said_by AND r.replaces_facts AND r.plan <> ALL (p_refused);
        DELETE FROM promise AS f
        USING jsonb_populate_recordset(NULL::plan_contact_update, p_plans -> 'contact_update') AS r
        WHERE f.tenant_id = p_tenant AND f.said_by = r.said_by AND r.replaces_promises AND r.plan <> ALL (p_refused);
        DELETE FROM reference AS f
        USING jsonb_populate_recordset(NULL::plan_contact_update, p_plans -> 'contact_update') AS r
        CROSS JOIN LATERAL unnest(r.references_gone) AS g (key)
        WHERE f.tenant_id = p_tenant AND f.key = g.key AND f.contact_id = r.contact_id AND r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'reference' THEN
        INSERT INTO reference AS f (tenant_id, key, contact_id, time_us)
        SELECT p_tenant, r.key, r.contact_id, r.time_us
        FROM jsonb_populate_recordset(NULL::plan_reference, p_plans -> 'reference') AS r
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT reference_pkey DO UPDATE SET time_us = greatest(f.time_us, excluded.time_us);
    END IF;
    IF p_plans ? 'naming' THEN
        INSERT INTO naming (tenant_id, contact_id, place, how, key, one_desk)
        SELECT p_tenant, r.contact_id, r.place, r.how, r.key, r.one_desk
        FROM jsonb_populate_recordset(NULL::plan_naming, p_plans -> 'naming') AS r
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT naming_pkey DO NOTHING;
    END IF;
    IF p_plans ? 'act' THEN
        INSERT INTO act AS a (tenant_id, act_id, kind, time_us, contacts, customer_node, withdrawn)
        SELECT p_tenant, r.act_id, r.kind, r.time_us, r.contacts, r.customer_node, r.withdrawn
        FROM jsonb_populate_recordset(NULL::plan_act, p_plans -> 'act') AS r
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT act_pkey DO UPDATE SET withdrawn = a.withdrawn OR excluded.withdrawn;
        INSERT INTO act_contact (tenant_id, contact_id, act_id)
        SELECT p_tenant, c.contact_id, r.act_id
        FROM jsonb_populate_recordset(NULL::plan_act, p_plans -> 'act') AS r
        CROSS JOIN LATERAL unnest(r.contacts) AS c (contact_id)
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT act_contact_pkey DO NOTHING;
    END IF;
    IF p_plans ? 'carry_over' THEN
        INSERT INTO carry_over (tenant_id, key, contact_id, expire_time_us)
        SELECT p_tenant, r.key, r.contact_id, r.expire_time_us
        FROM jsonb_populate_recordset(NULL::plan_carry_over, p_plans -> 'carry_over') AS r
        WHERE r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'thread_pending' THEN
        INSERT INTO thread_pending (tenant_id, contact_id)
        SELECT p_tenant, r.contact_id
        FROM jsonb_populate_recordset(NULL::plan_thread_pending, p_plans -> 'thread_pending') AS r
        WHERE r.plan <> ALL (p_refused)
        ON CONFLICT ON CONSTRAINT thread_pending_pkey DO NOTHING;
    END IF;
    IF p_plans ? 'contact_move' THEN
        UPDATE contact AS c
        SET conversation_id = r.conversation_id, channel_change = r.channel_change, apart = r.apart
        FROM jsonb_populate_recordset(NULL::plan_contact_move, p_plans -> 'contact_move') AS r
        WHERE c.tenant_id = p_tenant AND c.contact_id = r.contact_id
            AND c.contact_id = ANY (ARRAY(SELECT q.contact_id FROM jsonb_populate_recordset(NULL::plan_contact_move, p_plans -> 'contact_move') AS q)) AND r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'contact_told' THEN
        UPDATE contact AS c SET told_conversation = r.conversation_id, told_node = c.anchor_node
        FROM jsonb_populate_recordset(NULL::plan_contact_told, p_plans -> 'contact_told') AS r
        WHERE c.tenant_id = p_tenant AND c.contact_id = r.contact_id
            AND c.contact_id = ANY (ARRAY(SELECT q.contact_id FROM jsonb_populate_recordset(NULL::plan_contact_told, p_plans -> 'contact_told') AS q)) AND r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'conversation_owner' THEN
        -- It is of who is left in it; empty, its name answers with where its first contact went.
        UPDATE conversation AS v SET
            owner_contact = coalesce(d.contact_id, v.owner_contact), owner_node = d.anchor_node,
            state = CASE WHEN d.contact_id IS NULL THEN 'closed' ELSE v.state END,
            close_time_us = CASE WHEN d.contact_id IS NULL THEN r.time_us ELSE v.close_time_us END
        FROM jsonb_populate_recordset(NULL::plan_conversation_owner, p_plans -> 'conversation_owner') AS r
        LEFT JOIN LATERAL (
            SELECT one.* FROM contact AS one
            WHERE one.tenant_id = p_tenant AND one.conversation_id = r.conversation_id
            ORDER BY one.anchor_node IS NULL, one.start_time_us LIMIT 1
        ) AS d ON true
        WHERE v.tenant_id = p_tenant AND v.conversation_id = r.conversation_id
            AND v.conversation_id = ANY (ARRAY(SELECT q.conversation_id FROM jsonb_populate_recordset(NULL::plan_conversation_owner, p_plans -> 'conversation_owner') AS q)) AND r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'conversation_left' THEN
        UPDATE conversation AS v SET owner_node = r.customer_node, departed = r.departed
        FROM jsonb_populate_recordset(NULL::plan_conversation_left, p_plans -> 'conversation_left') AS r
        WHERE v.tenant_id = p_tenant AND v.conversation_id = r.conversation_id
            AND v.conversation_id = ANY (ARRAY(SELECT q.conversation_id FROM jsonb_populate_recordset(NULL::plan_conversation_left, p_plans -> 'conversation_left') AS q)) AND r.plan <> ALL (p_refused);
    END IF;
    IF p_plans ? 'conversation_state' THEN
        -- Closed or open as its contacts are, and as old and as lively as they are.
        UPDATE conversation AS v SET
            state = CASE WHEN r.close_time_us IS NULL THEN 'open' ELSE 'closed' END, close_time_us = r.close_time_us,
            open_time_us = coalesce(d.open_time_us, v.open_time_us), last_time_us = coalesce(d.last_time_us, v.last_time_us)
        FROM jsonb_populate_recordset(NULL::plan_conversation_state, p_plans -> 'conversation_state') AS r
        LEFT JOIN LATERAL (
            SELECT min(one.start_time_us) AS open_time_us, max(greatest(one.start_time_us, w.last_time_us)) AS last_time_us
            FROM contact AS one
            LEFT JOIN LATERAL (
                SELECT max(s.occur_time_us) AS last_time_us FROM interaction AS s
                WHERE s.tenant_id = p_tenant AND s.contact_id = one.contact_id AND s.current AND s.speaks > 0
            ) AS w ON true
            WHERE one.tenant_id = p_tenant AND one.conversation_id = r.conversation_id
        ) AS d ON true
        WHERE v.tenant_id = p_tenant AND v.conversation_id = r.conversation_id
            AND v.conversation_id = ANY (ARRAY(SELECT q.conversation_id FROM jsonb_populate_recordset(NULL::plan_conversation_state, p_plans -> 'conversation_state') AS q)) AND r.plan <> ALL (p_refused);
    END IF;
END
$$;
