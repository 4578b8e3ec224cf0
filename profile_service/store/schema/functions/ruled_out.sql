-- The customers of whom it was said that a contact of a conversation is not theirs.
CREATE OR REPLACE FUNCTION ruled_out(p_tenant text, p_conversation uuid) RETURNS uuid[]
LANGUAGE sql STABLE AS $$
    SELECT ARRAY(
        SELECT DISTINCT m.profile_id
        FROM (
            SELECT one.ruled_out FROM contact AS one
            WHERE one.tenant_id = p_tenant AND one.conversation_id = p_conversation LIMIT 1000
        ) AS c
        CROSS JOIN LATERAL unnest(c.ruled_out) AS o (node_id)
        CROSS JOIN LATERAL (
            SELECT one.profile_id FROM node AS one
            WHERE one.tenant_id = p_tenant AND one.node_id = o.node_id LIMIT 1
        ) AS m
        WHERE m.profile_id IS NOT NULL
    )
$$;
