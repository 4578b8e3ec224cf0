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
    EXECUTE format('ALTER TABLE %I ALTER COLUMN tenant_id SET (n_distinct = 1)', p_table);
END
$$;
