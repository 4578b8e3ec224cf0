-- The profiles that use an identifier which belongs to none of them, because it is shared; at most 6.
CREATE OR REPLACE FUNCTION users(p_tenant text, p_node uuid)
RETURNS TABLE (profile_id uuid, last_time_us bigint, times_seen numeric)
LANGUAGE sql STABLE AS $$
    SELECT x.profile_id, max(l.last_time_us), sum(l.times_seen)
    FROM (
        (
            SELECT b.node_b AS other, b.last_time_us, b.times_seen FROM link AS b
            WHERE b.tenant_id = p_tenant AND b.node_a = p_node AND b.state IN ('active', 'contested') LIMIT 100
        )
        UNION ALL
        (
            SELECT b.node_a, b.last_time_us, b.times_seen FROM link AS b
            WHERE b.tenant_id = p_tenant AND b.node_b = p_node AND b.state IN ('active', 'contested') LIMIT 100
        )
    ) AS l
    CROSS JOIN LATERAL (
        SELECT one.* FROM node AS one WHERE one.tenant_id = p_tenant AND one.node_id = l.other LIMIT 1
    ) AS x
    WHERE x.profile_id IS NOT NULL GROUP BY x.profile_id ORDER BY 2 DESC LIMIT 6
$$;
