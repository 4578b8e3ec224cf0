-- Derive the anchors of all contacts that brought one of the nodes: twin of identity/graph/anchor.py. A contact that came
-- in over an identifier while it was shared stays where it is, and so does one that an agent corrected, or of ours to an
-- identifier that we called, as long as what it stands under is somebody's. Of several persons in a contact the last counts. p_rules has
-- strength, anchor, join and weak of every namespace. Answers the contacts that moved, with their anchors before and after.
CREATE OR REPLACE FUNCTION reanchor(p_tenant text, p_now bigint, p_nodes uuid[], p_rules jsonb)
RETURNS TABLE (contact_id uuid, before uuid, after uuid)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    contacts uuid[];
    nodes uuid[];
    assurances smallint[];
    befores uuid[];
BEGIN
    SELECT array_agg(c.contact_id), array_agg(b.node_id), array_agg(coalesce(b.assurance, 1)), array_agg(c.anchor_node)
    INTO contacts, nodes, assurances, befores
    FROM contact AS c
    LEFT JOIN LATERAL (
        SELECT x.node_id, x.assurance
        FROM (
            SELECT
                e.node_id, e.assurance, n.profile_id, n.key, (r.rules ->> 'strength')::integer AS strength,
                e.assurance >= (r.rules ->> 'join')::smallint AS may_join
            FROM evidence AS e
            JOIN node AS n ON n.tenant_id = p_tenant AND n.node_id = e.node_id
            CROSS JOIN LATERAL (SELECT p_rules -> split_part(n.namespace, '/', 1) AS rules) AS r
            WHERE e.tenant_id = p_tenant AND e.subject_id = c.contact_id AND e.role = 1 AND NOT e.withdrawn
                AND e.person = cardinality(c.persons)
                AND n.profile_id IS NOT NULL AND e.assurance > n.shared
                AND e.assurance >= (r.rules ->> 'anchor')::smallint
        ) AS x
        ORDER BY x.may_join DESC, x.assurance DESC, x.strength DESC, x.key LIMIT 1
    ) AS s ON true
    LEFT JOIN LATERAL (
        SELECT s.node_id, s.assurance
        WHERE NOT EXISTS (
            SELECT 1 FROM evidence AS e
            JOIN node AS n ON n.tenant_id = p_tenant AND n.node_id = e.node_id
            JOIN node AS m ON m.tenant_id = p_tenant AND m.node_id = s.node_id
            CROSS JOIN LATERAL (
                SELECT p_rules -> split_part(n.namespace, '/', 1) AS of_other,
                    p_rules -> split_part(m.namespace, '/', 1) AS of_chosen
            ) AS r
            WHERE e.tenant_id = p_tenant AND e.subject_id = c.contact_id AND e.role = 1 AND NOT e.withdrawn
                AND e.person = cardinality(c.persons)
                AND n.profile_id IS NOT NULL AND n.profile_id <> m.profile_id AND e.assurance > n.shared
                AND e.assurance = s.assurance AND e.assurance >= (r.of_other ->> 'anchor')::smallint
                AND (
                    e.assurance >= (r.of_other ->> 'join')::smallint
                    OR s.assurance < (r.of_chosen ->> 'join')::smallint
                )
                AND NOT (
                    e.assurance = 4 AND (r.of_other ->> 'weak')::boolean AND NOT (r.of_chosen ->> 'weak')::boolean
                )
        )
    ) AS b ON true
    LEFT JOIN LATERAL (
        SELECT one.profile_id FROM node AS one WHERE one.tenant_id = p_tenant AND one.node_id = c.anchor_node LIMIT 1
    ) AS f ON true
    WHERE c.tenant_id = p_tenant AND NOT c.shared AND NOT c.ambiguous
        AND NOT (
            (c.corrected OR (c.direction = 2 AND c.anchor_assurance = 1 AND c.anchor_node IS NOT NULL))
            AND (c.anchor_node IS NULL OR f.profile_id IS NOT NULL)
        )
        AND c.contact_id = ANY (ARRAY(
            SELECT e.subject_id FROM evidence AS e WHERE e.tenant_id = p_tenant AND e.node_id = ANY (p_nodes)
            UNION
            SELECT d.contact_id FROM unnest(p_nodes) AS m (node_id)
            CROSS JOIN LATERAL (
                SELECT one.contact_id FROM contact AS one
                WHERE one.tenant_id = p_tenant AND one.anchor_node = m.node_id LIMIT 100000
            ) AS d
        ))
        AND c.anchor_node IS DISTINCT FROM b.node_id;
    IF contacts IS NULL THEN
        RETURN;
    END IF;
    UPDATE contact AS c SET anchor_node = m.node_id, anchor_assurance = m.assurance
    FROM unnest(contacts, nodes, assurances) AS m (contact_id, node_id, assurance)
    WHERE c.tenant_id = p_tenant AND c.contact_id = ANY (contacts) AND c.contact_id = m.contact_id;
    UPDATE conversation AS v SET owner_node = m.node_id, revision = greatest(v.revision + 1, p_now)
    FROM unnest(contacts, nodes) AS m (contact_id, node_id)
    WHERE v.tenant_id = p_tenant AND v.owner_contact = ANY (contacts) AND v.owner_contact = m.contact_id;
    UPDATE fact AS f SET holder = coalesce(m.node_id, m.contact_id)
    FROM unnest(contacts, nodes) AS m (contact_id, node_id)
    JOIN contact AS c ON c.tenant_id = p_tenant AND c.contact_id = m.contact_id
    WHERE f.tenant_id = p_tenant AND f.contact_id = ANY (contacts) AND f.contact_id = m.contact_id
        AND width_bucket(f.occur_time_us, c.persons) = cardinality(c.persons);
    UPDATE promise AS s SET holder = coalesce(m.node_id, m.contact_id)
    FROM unnest(contacts, nodes) AS m (contact_id, node_id)
    JOIN contact AS c ON c.tenant_id = p_tenant AND c.contact_id = m.contact_id
    WHERE s.tenant_id = p_tenant AND s.contact_id = ANY (contacts) AND s.contact_id = m.contact_id
        AND width_bucket(s.occur_time_us, c.persons) = cardinality(c.persons);
    INSERT INTO profile AS p (tenant_id, profile_id, founder_contact, state, create_time_us, revision)
    SELECT p_tenant, m.contact_id, m.contact_id, 'live', p_now, p_now
    FROM unnest(contacts, nodes) AS m (contact_id, node_id)
    WHERE m.node_id IS NULL
    ON CONFLICT ON CONSTRAINT profile_pkey DO UPDATE SET
        state = 'live', revision = greatest(p.revision + 1, p_now);
    UPDATE profile AS p SET state = 'redirected', revision = greatest(p.revision + 1, p_now)
    FROM unnest(contacts, nodes) AS m (contact_id, node_id)
    WHERE p.tenant_id = p_tenant AND p.profile_id = ANY (contacts) AND p.profile_id = m.contact_id
        AND p.founder_contact IS NOT NULL AND m.node_id IS NOT NULL;
    RETURN QUERY SELECT m.contact_id, m.before, m.after FROM unnest(contacts, befores, nodes) AS m (contact_id, before, after);
END
$$;
