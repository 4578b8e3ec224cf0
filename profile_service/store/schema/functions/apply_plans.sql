-- Apply plans, many at once, each whole or not at all: p_plans has the rows of all by table, p_count says how many
-- plans there are. Takes the locks of all plans in order, checks what each was decided on, writes those that still hold.
-- Answers one row per plan: applied, stale (decide again), exists (the key was used before) or conflict. Raises
-- undefined_column where a table or column of a row is not known: nothing is written then.
CREATE OR REPLACE FUNCTION apply_plans(p_tenant text, p_now bigint, p_count integer, p_plans jsonb)
RETURNS TABLE (plan integer, status text, revision bigint)
LANGUAGE plpgsql AS $$
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
