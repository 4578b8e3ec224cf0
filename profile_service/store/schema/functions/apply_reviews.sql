-- Merge reviews that are opened, and those that nobody has to answer any more. Of a source that has opened as many within
-- a day as its budget says, they wait.
CREATE OR REPLACE FUNCTION apply_reviews(p_tenant text, p_now bigint, p_plans jsonb, p_refused integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_plans ? 'review' THEN
        INSERT INTO review AS v (
            tenant_id, review_id, reason, node_a, node_b, probability, open_time_us, source, waits
        )
        SELECT
            p_tenant, r.review_id, r.reason, r.node_a, r.node_b, r.probability, p_now, r.source,
            coalesce(o.opened + r.place > r.budget, false)
        FROM (
            SELECT q.*, row_number() OVER (PARTITION BY q.source ORDER BY q.plan, q.review_id) AS place
            FROM jsonb_populate_recordset(NULL::plan_review, p_plans -> 'review') AS q
            WHERE q.plan <> ALL (p_refused)
        ) AS r
        LEFT JOIN LATERAL (
            SELECT count(*) AS opened FROM (
                SELECT 1 FROM review AS x
                WHERE x.tenant_id = p_tenant AND x.source = r.source AND x.open_time_us > p_now - 86400000000
                    AND NOT x.waits
                LIMIT r.budget
            ) AS y
        ) AS o ON r.source IS NOT NULL
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
