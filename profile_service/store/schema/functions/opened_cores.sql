-- The cores that a person opened in a contact, or, the first, the last persons of the legs of its call before it: of the
-- identifiers that were proved ([namespace, core, shared, method, proof time, profile]), and of the records whose values
-- answers matched ([attribute, core, profile, worth, points needed, time]). The person is who spoke at a time (null: who
-- speaks last), and what was shown after `p_until` is left out (null: nothing is). It is inlined where it stands in FROM.
CREATE OR REPLACE FUNCTION opened_cores(p_tenant text, p_contact uuid, p_time bigint, p_until bigint)
RETURNS TABLE (proofs json, answers json)
LANGUAGE sql STABLE AS $$
    SELECT
        (
            SELECT json_agg(json_build_array(
                n.namespace, n.core_id, n.shared, e.method, e.proof_time_us, n.profile_id
            ))
            FROM legs_of(p_tenant, c.contact_id, c.start_time_us, c.persons, c.legs, p_time) AS g
            CROSS JOIN LATERAL (
                SELECT one.* FROM evidence AS one WHERE one.tenant_id = p_tenant AND one.subject_id = g.contact_id
                LIMIT 1000
            ) AS e
            CROSS JOIN LATERAL (
                SELECT one.* FROM node AS one WHERE one.tenant_id = p_tenant AND one.node_id = e.node_id LIMIT 1
            ) AS n
            WHERE e.role = 1 AND e.assurance = 4 AND e.person = g.person AND NOT e.withdrawn
                AND e.occur_time_us <= coalesce(least(g.until, p_until), 9223372036854775807)
        ),
        (
            SELECT json_agg(json_build_array(
                a.attribute, n.core_id, n.profile_id, a.worth, a.needed, a.record_time_us
            ))
            FROM legs_of(p_tenant, c.contact_id, c.start_time_us, c.persons, c.legs, p_time) AS g
            CROSS JOIN LATERAL (
                SELECT one.* FROM answer_check AS one WHERE one.tenant_id = p_tenant AND one.contact_id = g.contact_id
                LIMIT 1000
            ) AS a
            CROSS JOIN LATERAL (
                SELECT one.* FROM node AS one WHERE one.tenant_id = p_tenant AND one.node_id = a.node_id LIMIT 1
            ) AS n
            WHERE a.matched AND NOT a.void AND width_bucket(a.occur_time_us, g.persons) = g.person
                AND a.occur_time_us <= coalesce(least(g.until, p_until), 9223372036854775807)
        )
    FROM contact AS c WHERE c.tenant_id = p_tenant AND c.contact_id = p_contact LIMIT 1
$$;
