-- The contact and the person who spoke in it at a time (null: who speaks last), and, of the first, the legs of the call
-- before it with who spoke there last. It is inlined where it stands in FROM.
CREATE OR REPLACE FUNCTION legs_of(p_tenant text, p_contact uuid, p_persons bigint[], p_legs uuid[], p_time bigint)
RETURNS TABLE (contact_id uuid, person integer, persons bigint[])
LANGUAGE sql STABLE AS $$
    SELECT p_contact, coalesce(width_bucket(p_time, p_persons), cardinality(p_persons)), p_persons
    UNION ALL
    SELECT d.contact_id, cardinality(d.persons), d.persons
    FROM unnest(p_legs) AS l (contact_id)
    CROSS JOIN LATERAL (
        SELECT one.* FROM contact AS one WHERE one.tenant_id = p_tenant AND one.contact_id = l.contact_id LIMIT 1
    ) AS d
    WHERE coalesce(width_bucket(p_time, p_persons), cardinality(p_persons)) = 0
$$;
