-- Record interactions, many at once: p_plans has the rows of plans with one interaction each, and the audit of each.
-- Answers one row per plan: recorded, replayed, conflict or raced. The audit is written of those that are recorded.
CREATE OR REPLACE FUNCTION record_interactions(p_tenant text, p_now bigint, p_plans jsonb)
RETURNS TABLE (item integer, status text, interaction_id uuid, conversation_id uuid, revision bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    touched uuid[];
BEGIN
    PERFORM require_known_rows(p_plans);
    SELECT array_agg(DISTINCT d.conversation_id) INTO touched
    FROM jsonb_populate_recordset(NULL::plan_interaction, p_plans -> 'interaction') AS r
    CROSS JOIN LATERAL (
        SELECT one.* FROM contact AS one WHERE one.tenant_id = p_tenant AND one.contact_id = r.contact_id LIMIT 1
    ) AS d;
    PERFORM 1 FROM conversation AS c
    WHERE c.tenant_id = p_tenant AND c.conversation_id = ANY (touched)
    ORDER BY c.conversation_id FOR UPDATE;
    RETURN QUERY
    WITH items AS (
        SELECT r.plan AS item, r.* FROM jsonb_populate_recordset(NULL::plan_interaction, p_plans -> 'interaction') AS r
    ),
    -- A revision stays in the contact of the first: known before its contact is read, so that an index finds that.
    latest AS MATERIALIZED (
        SELECT i.*, coalesce(h.contact_id, i.contact_id) AS stable_contact, h.interaction_id AS latest_id,
            h.source_revision AS latest_revision
        FROM items AS i
        LEFT JOIN LATERAL (
            SELECT n.interaction_id, n.source_revision, n.contact_id FROM interaction AS n
            WHERE n.tenant_id = p_tenant AND n.key = i.key
            ORDER BY n.source_revision DESC LIMIT 1
        ) AS h ON true
    ),
    judged AS MATERIALIZED (
        SELECT
            i.*,
            coalesce(i.latest_id, i.interaction_id) AS stable_id,
            CASE
                WHEN s.digest IS NOT NULL AND s.digest <> i.digest THEN 'conflict'
                WHEN s.digest IS NOT NULL THEN 'replayed'
                WHEN i.latest_revision > i.source_revision THEN 'older'
                ELSE 'recorded'
            END AS verdict,
            d.conversation_id AS stable_conversation,
            i.latest_id IS NOT NULL AS supersedes
        FROM latest AS i
        CROSS JOIN LATERAL (
            SELECT one.conversation_id FROM contact AS one
            WHERE one.tenant_id = p_tenant AND one.contact_id = i.stable_contact LIMIT 1
        ) AS d
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
    -- What an earlier revision taught and promised was not said.
    forgotten AS (
        DELETE FROM fact AS f WHERE f.tenant_id = p_tenant AND f.said_by = ANY (
            ARRAY(SELECT j.key FROM judged AS j WHERE j.verdict = 'recorded' AND j.supersedes)
        )
    ),
    taken_back AS (
        DELETE FROM promise AS m WHERE m.tenant_id = p_tenant AND m.said_by = ANY (
            ARRAY(SELECT j.key FROM judged AS j WHERE j.verdict = 'recorded' AND j.supersedes)
        )
    ),
    written AS (
        INSERT INTO interaction (
            tenant_id, interaction_id, source_revision, key, contact_id, kind, channel,
            occur_time_us, sequence, record_time_us, digest, payload, current, intends, speaks
        )
        SELECT
            p_tenant, j.stable_id, j.source_revision, j.key, j.stable_contact, j.kind,
            j.channel, j.occur_time_us, j.sequence, p_now, j.digest, j.payload, j.verdict = 'recorded',
            j.intends, j.speaks
        FROM judged AS j WHERE j.verdict IN ('recorded', 'older')
        ON CONFLICT ON CONSTRAINT interaction_pkey DO NOTHING
        RETURNING key, source_revision
    ),
    moved AS (
        UPDATE conversation AS c
        SET last_time_us = greatest(c.last_time_us, t.last_time_us),
            revision = greatest(c.revision + 1, p_now),
            state = CASE WHEN t.reopen_time_us > c.close_time_us THEN 'open' ELSE c.state END,
            close_time_us = CASE WHEN t.reopen_time_us > c.close_time_us THEN NULL ELSE c.close_time_us END
        FROM (
            -- Words of the customer's or ours keep it alive; only later words of the customer's open it again, no edits.
            SELECT
                j.stable_conversation AS conversation_id, max(j.occur_time_us) FILTER (WHERE j.speaks > 0) AS last_time_us,
                max(j.occur_time_us) FILTER (WHERE j.speaks = 1 AND NOT j.supersedes) AS reopen_time_us
            FROM judged AS j WHERE j.verdict IN ('recorded', 'older') GROUP BY 1
        ) AS t
        WHERE c.tenant_id = p_tenant AND c.conversation_id = ANY (ARRAY(SELECT j.stable_conversation FROM judged AS j))
            AND c.conversation_id = t.conversation_id
        RETURNING c.conversation_id, c.revision
    ),
    -- A contact that ended for want of words goes on with them.
    revived AS (
        UPDATE contact AS c SET end_time_us = NULL
        FROM judged AS j
        WHERE c.tenant_id = p_tenant AND c.contact_id = ANY (ARRAY(SELECT k.stable_contact FROM judged AS k))
            AND c.contact_id = j.stable_contact AND j.verdict = 'recorded' AND j.speaks > 0
            AND c.end_digest IS NULL AND c.end_time_us < j.occur_time_us
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
