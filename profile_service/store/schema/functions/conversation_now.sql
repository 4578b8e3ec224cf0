-- The conversation that an id names now: itself, or, where all its contacts went elsewhere, that of the contact that it was
-- of. It is the id itself where there is none.
CREATE OR REPLACE FUNCTION conversation_now(p_tenant text, p_conversation uuid) RETURNS uuid
LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (
            SELECT c.conversation_id FROM contact AS c
            WHERE c.tenant_id = p_tenant AND c.conversation_id = p_conversation LIMIT 1
        ),
        (
            SELECT d.conversation_id
            FROM (
                SELECT one.* FROM conversation AS one
                WHERE one.tenant_id = p_tenant AND one.conversation_id = p_conversation LIMIT 1
            ) AS v
            CROSS JOIN LATERAL (
                SELECT one.* FROM contact AS one
                WHERE one.tenant_id = p_tenant AND one.contact_id = v.owner_contact LIMIT 1
            ) AS d
        ),
        p_conversation
    )
$$;
