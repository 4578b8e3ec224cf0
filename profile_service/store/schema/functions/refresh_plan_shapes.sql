-- Note the columns of all composite types plan_*: what require_known_rows compares rows with.
CREATE OR REPLACE FUNCTION refresh_plan_shapes() RETURNS void
LANGUAGE sql AS $$
    DELETE FROM plan_shape;
    INSERT INTO plan_shape (name, columns)
    SELECT substr(c.relname, 6), array_agg(a.attname ORDER BY a.attnum)
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind = 'c' AND c.relname LIKE 'plan\_%' AND c.relnamespace = current_schema()::regnamespace
    GROUP BY c.relname
$$;
