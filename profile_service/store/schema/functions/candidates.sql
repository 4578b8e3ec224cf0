-- What records are matched with, for several calls at once: the profiles whose records share a blocking key, their
-- records, and how many people have the values that were asked for. A key weighs the more the fewer records have it; at
-- most p_most profiles per call are answered, by their heaviest record. Of the records only so many are looked at that one
-- profile alone, with every record under a key, leaves room for others.
-- A key with more than p_cap records finds nobody; its count then says p_cap + 1.
CREATE OR REPLACE FUNCTION candidates(p_tenant text, p_wanted jsonb, p_cap integer, p_most integer)
RETURNS TABLE (
    part text, call integer, place integer, profile_id uuid, node_id uuid, number bigint, sealed bytea
)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    calls integer[];
    places integer[];
    nodes uuid[];
    found_calls integer[];
    found_profiles uuid[];
    found_nodes uuid[];
BEGIN
    SELECT array_agg(h.call), array_agg(h.place), array_agg(h.node_id) INTO calls, places, nodes
    FROM (
        SELECT r.call, r.place, b.node_id
        FROM jsonb_to_recordset(p_wanted -> 'keys') AS r (call integer, place integer, key bytea)
        CROSS JOIN LATERAL (
            SELECT x.node_id FROM blocking_key AS x WHERE x.tenant_id = p_tenant AND x.key = r.key LIMIT p_cap + 1
        ) AS b
    ) AS h;
    RETURN QUERY
    SELECT 'key', u.call, u.place, NULL::uuid, NULL::uuid, count(*), NULL::bytea
    FROM unnest(calls, places) AS u (call, place) GROUP BY u.call, u.place;

    SELECT array_agg(f.call), array_agg(f.profile_id), array_agg(f.node_id)
    INTO found_calls, found_profiles, found_nodes
    FROM (
        SELECT
            o.call, o.profile_id, (array_agg(o.node_id ORDER BY o.weight DESC, o.node_id))[1] AS node_id,
            row_number() OVER (PARTITION BY o.call ORDER BY max(o.weight) DESC, o.profile_id) AS rank
        FROM (
            SELECT k.call, k.node_id, k.weight, n.profile_id
            FROM (
                SELECT
                    u.call, u.node_id, sum(1000000 / u.records) AS weight,
                    row_number() OVER (PARTITION BY u.call ORDER BY sum(1000000 / u.records) DESC, u.node_id) AS rank
                FROM (
                    SELECT v.call, v.node_id, count(*) OVER (PARTITION BY v.call, v.place) AS records
                    FROM unnest(calls, places, nodes) AS v (call, place, node_id)
                ) AS u
                WHERE u.records <= p_cap GROUP BY u.call, u.node_id
            ) AS k
            CROSS JOIN LATERAL (
                SELECT m.profile_id FROM node AS m
                WHERE m.tenant_id = p_tenant AND m.node_id = k.node_id AND m.profile_id IS NOT NULL LIMIT 1
            ) AS n
            WHERE k.rank <= greatest(3 * p_most, p_cap + p_most)
        ) AS o
        GROUP BY o.call, o.profile_id
    ) AS f
    WHERE f.rank <= p_most;
    RETURN QUERY
    SELECT 'found', u.call, NULL::integer, u.profile_id, u.node_id, NULL::bigint, NULL::bytea
    FROM unnest(found_calls, found_profiles, found_nodes) AS u (call, profile_id, node_id);

    RETURN QUERY
    SELECT 'record', NULL::integer, NULL::integer, p.profile_id, n.node_id, s.occur_time_us, s.features
    FROM (
        SELECT u.profile_id FROM unnest(found_profiles) AS u (profile_id)
        UNION
        SELECT r.profile_id FROM jsonb_to_recordset(p_wanted -> 'profiles') AS r (profile_id uuid)
    ) AS p
    CROSS JOIN LATERAL (
        SELECT m.node_id FROM node AS m
        WHERE m.tenant_id = p_tenant AND m.profile_id = p.profile_id AND m.namespace LIKE 'record/%' LIMIT 1000
    ) AS n
    CROSS JOIN LATERAL (
        SELECT q.features, q.occur_time_us FROM source_record AS q
        WHERE q.tenant_id = p_tenant AND q.node_id = n.node_id LIMIT 1
    ) AS s;

    RETURN QUERY
    SELECT 'count', NULL::integer, r.place, NULL::uuid, NULL::uuid, c.people, NULL::bytea
    FROM jsonb_to_recordset(p_wanted -> 'values') AS r (place integer, key bytea)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(v.people), 0)::bigint AS people FROM value_count AS v
        WHERE v.tenant_id = p_tenant AND v.key = r.key
    ) AS c;
END
$$;
