-- Make a table one of tenants: row-level security shows the service the rows of one tenant, and forces it on the owner
-- too. p_grants are the privileges of the service, as GRANT takes them.
CREATE OR REPLACE FUNCTION secure_table(p_table text, p_grants text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', p_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', p_table);
    EXECUTE format(
        'CREATE POLICY %I ON %I USING (tenant_id = current_setting(''profile.tenant'', true))',
        p_table || '_tenant', p_table
    );
    EXECUTE format('GRANT %s ON %I TO profile_app', p_grants, p_table);
    -- The tenant alone never narrows a look-up, however many small tenants there are: plans are made for large ones.
    -- ANALYZE learns it from that option, the planner of a table that was not analysed yet from the statistics (written
    -- here from PostgreSQL 18 on): else it takes one of 200 rows to be the tenant's, and any index that begins with it to do.
    EXECUTE format('ALTER TABLE %I ALTER COLUMN tenant_id SET (n_distinct = 1)', p_table);
    IF EXISTS (SELECT 1 FROM pg_catalog.pg_proc WHERE proname = 'pg_restore_attribute_stats') THEN
        EXECUTE 'SELECT pg_restore_attribute_stats(''schemaname'', $1, ''relname'', $2, ''attname'', ''tenant_id'','
            ' ''inherited'', false, ''null_frac'', 0::real, ''avg_width'', 8, ''n_distinct'', 1::real)'
            USING current_schema()::text, p_table;
    END IF;
END
$$;
