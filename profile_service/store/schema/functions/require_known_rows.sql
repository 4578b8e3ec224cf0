-- Raise undefined_column where rows have a table or a column that no composite type plan_* has: such a row would
-- vanish. Of each table the first row is looked at: all have one shape, that of their struct in store/rows.
CREATE OR REPLACE FUNCTION require_known_rows(p_plans jsonb) RETURNS void
LANGUAGE plpgsql STABLE AS $$
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
