-- The open conversations of a profile, at most p_most of each of its identifiers.
CREATE OR REPLACE FUNCTION open_conversations(p_tenant text, p_profile uuid, p_most integer) RETURNS SETOF conversation
LANGUAGE sql STABLE AS $$
    SELECT o.* FROM (
        SELECT m.node_id FROM node AS m WHERE m.tenant_id = p_tenant AND m.profile_id = p_profile LIMIT 1000
    ) AS x
    CROSS JOIN LATERAL (
        SELECT w.* FROM conversation AS w
        WHERE w.tenant_id = p_tenant AND w.owner_node = x.node_id AND w.state = 'open'
        ORDER BY w.last_time_us + 0 DESC LIMIT p_most
    ) AS o
$$;
