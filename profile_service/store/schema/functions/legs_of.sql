-- The contact and the person who spoke in it at a time (null: who speaks last), and, of the first, the legs of the call
-- before it with who spoke there when the call was handed over (`until`); what came after that is not theirs any more. It is
-- inlined where it stands in FROM.
CREATE OR REPLACE FUNCTION legs_of(
    p_tenant text, p_contact uuid, p_start bigint, p_persons bigint[], p_legs uuid[], p_time bigint
) RETURNS TABLE (contact_id uuid, person integer, persons bigint[], until bigint)
LANGUAGE sql STABLE AS $$
    SELECT p_contact, coalesce(width_bucket(p_time, p_persons), cardinality(p_persons)), p_persons, NULL::bigint
    UNION ALL
    SELECT d.contact_id, width_bucket(u.until, d.persons), d.persons, u.until
    FROM unnest(p_legs) AS l (contact_id)
    CROSS JOIN LATERAL (
        SELECT one.* FROM contact AS one WHERE one.tenant_id = p_tenant AND one.contact_id = l.contact_id LIMIT 1
    ) AS d
    CROSS JOIN LATERAL (
        SELECT least(p_start, min(f.start_time_us)) AS until FROM unnest(p_legs) AS k (contact_id)
        CROSS JOIN LATERAL (
            SELECT one.* FROM contact AS one WHERE one.tenant_id = p_tenant AND one.contact_id = k.contact_id LIMIT 1
        ) AS f
        WHERE l.contact_id = ANY (f.legs)
    ) AS u
    WHERE coalesce(width_bucket(p_time, p_persons), cardinality(p_persons)) = 0
$$;
