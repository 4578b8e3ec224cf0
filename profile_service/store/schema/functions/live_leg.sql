-- The leg in which the call of a contact goes on: itself, or one that it was transferred to; null once the call is over.
CREATE OR REPLACE FUNCTION live_leg(p_tenant text, p_contact uuid) RETURNS uuid
LANGUAGE sql STABLE AS $$
    SELECT d.contact_id
    FROM contact AS c
    CROSS JOIN LATERAL (
        SELECT one.* FROM contact AS one
        WHERE one.tenant_id = p_tenant AND one.conversation_id = c.conversation_id LIMIT 1000
    ) AS d
    WHERE c.tenant_id = p_tenant AND c.contact_id = p_contact AND d.end_time_us IS NULL
        AND (d.contact_id = p_contact OR p_contact = ANY (d.legs))
    ORDER BY cardinality(d.legs) DESC, d.contact_id LIMIT 1
$$;
