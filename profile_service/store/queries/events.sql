-- name: profile_events
-- What happened to a profile and to the ids that were merged into it, the latest first.
SELECT
    e.kind, e.before, e.after, e.links, e.policy, e.model, e.cause_kind,
    e.cause_id, e.occur_time_us, e.record_time_us
FROM (
    SELECT DISTINCT x.event_id
    FROM (
        SELECT %(profile)s::uuid AS profile_id
        UNION
        SELECT p.profile_id
        FROM node AS n
        JOIN profile AS p ON p.tenant_id = %(tenant)s AND p.founder_node = n.node_id
        WHERE n.tenant_id = %(tenant)s AND n.profile_id = %(profile)s
    ) AS i
    CROSS JOIN LATERAL (
        SELECT y.event_id FROM event_profile AS y
        WHERE y.tenant_id = %(tenant)s AND y.profile_id = i.profile_id LIMIT %(most)s
    ) AS x
) AS f
CROSS JOIN LATERAL (
    SELECT one.* FROM event AS one WHERE one.tenant_id = %(tenant)s AND one.event_id = f.event_id LIMIT 1
) AS e
ORDER BY e.record_time_us DESC, e.event_id DESC LIMIT %(most)s;
