-- Derive the anchors of all contacts that brought one of the nodes. A contact that came in over an identifier while it
-- was shared stays where it is, and so does one that an agent corrected. Answers how many moved.
CREATE OR REPLACE FUNCTION reanchor(p_tenant text, p_now bigint, p_nodes uuid[], p_strengths json, p_anchors json)
RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    contacts uuid[];
    nodes uuid[];
    assurances smallint[];
BEGIN
    SELECT array_agg(c.contact_id), array_agg(b.node_id), array_agg(coalesce(b.assurance, 1))
    INTO contacts, nodes, assurances
    FROM contact AS c
    LEFT JOIN LATERAL (
        SELECT e.node_id, e.assurance FROM evidence AS e
        JOIN node AS n ON n.tenant_id = p_tenant AND n.node_id = e.node_id
        WHERE e.tenant_id = p_tenant AND e.subject_id = c.contact_id AND e.role = 1 AND NOT e.withdrawn
            AND n.profile_id IS NOT NULL AND e.assurance > n.shared
            AND e.assurance >= (p_anchors ->> split_part(n.namespace, '/', 1))::smallint
        ORDER BY e.assurance DESC, (p_strengths ->> split_part(n.namespace, '/', 1))::integer DESC, n.key LIMIT 1
    ) AS b ON true
    WHERE c.tenant_id = p_tenant AND NOT c.shared AND NOT c.ambiguous AND NOT c.corrected
        AND c.contact_id = ANY (ARRAY(
            SELECT e.subject_id FROM evidence AS e WHERE e.tenant_id = p_tenant AND e.node_id = ANY (p_nodes)
        ))
        AND c.anchor_node IS DISTINCT FROM b.node_id;
    IF contacts IS NULL THEN
        RETURN 0;
    END IF;
    UPDATE contact AS c SET anchor_node = m.node_id, anchor_assurance = m.assurance
    FROM unnest(contacts, nodes, assurances) AS m (contact_id, node_id, assurance)
    WHERE c.tenant_id = p_tenant AND c.contact_id = ANY (contacts) AND c.contact_id = m.contact_id;
    UPDATE conversation AS v SET owner_node = m.node_id, revision = greatest(v.revision + 1, p_now)
    FROM unnest(contacts, nodes) AS m (contact_id, node_id)
    WHERE v.tenant_id = p_tenant AND v.owner_contact = ANY (contacts) AND v.owner_contact = m.contact_id;
    UPDATE fact AS f SET holder = coalesce(m.node_id, m.contact_id)
    FROM unnest(contacts, nodes) AS m (contact_id, node_id)
    WHERE f.tenant_id = p_tenant AND f.contact_id = ANY (contacts) AND f.contact_id = m.contact_id;
    UPDATE promise AS s SET holder = coalesce(m.node_id, m.contact_id)
    FROM unnest(contacts, nodes) AS m (contact_id, node_id)
    WHERE s.tenant_id = p_tenant AND s.contact_id = ANY (contacts) AND s.contact_id = m.contact_id;
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
    RETURN cardinality(contacts);
END
$$;
