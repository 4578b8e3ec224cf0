-- name: last_known
-- When identifiers were last proved, before a time, beside another that was proved in the same contact and was on file, or
-- had been proved, before it; those whose contacts go on after that, with the contacts.
SELECT n.node_id AS node, n.namespace, n.scope, n.key, n.value, n.established, n.shared, n.fan_out,
    p.time_us AS time, l.contacts
FROM unnest(%(nodes)s::uuid[]) AS g (node_id)
CROSS JOIN LATERAL (
    SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = g.node_id AND one.ended_time_us IS NULL LIMIT 1
) AS n
CROSS JOIN LATERAL (
    SELECT max(e.proof_time_us) AS time_us
    FROM evidence AS e
    JOIN contact AS c ON c.tenant_id = %(tenant)s AND c.contact_id = e.subject_id
    JOIN evidence AS o ON o.tenant_id = %(tenant)s AND o.subject_id = e.subject_id AND o.person = e.person
    WHERE e.tenant_id = %(tenant)s AND e.node_id = n.node_id AND e.role = 1 AND e.assurance = 4 AND NOT e.withdrawn
        AND e.proof_time_us < %(time_us)s
        AND o.node_id <> e.node_id AND o.role = 1 AND o.assurance = 4 AND NOT o.withdrawn
        AND EXISTS (
            SELECT 1 FROM evidence AS k
            LEFT JOIN source_record AS s ON s.tenant_id = %(tenant)s AND s.node_id = k.subject_id
            WHERE k.tenant_id = %(tenant)s AND k.node_id = o.node_id AND k.role = 1 AND k.assurance > 1
                AND CASE WHEN s.source IS NULL THEN k.proof_time_us ELSE k.occur_time_us END < c.start_time_us
                AND (s.source = ANY (%(sources)s) OR (s.source IS NULL AND k.assurance = 4 AND NOT k.withdrawn))
        )
) AS p
CROSS JOIN LATERAL (
    SELECT array_agg(e.subject_id ORDER BY e.subject_id) AS contacts
    FROM evidence AS e
    JOIN contact AS c ON c.tenant_id = %(tenant)s AND c.contact_id = e.subject_id
    WHERE e.tenant_id = %(tenant)s AND e.node_id = n.node_id AND e.role = 1 AND e.assurance > 1 AND NOT e.withdrawn
        AND e.proof_time_us > p.time_us
) AS l
WHERE l.contacts IS NOT NULL
ORDER BY n.node_id;

-- name: move_links
-- What contacts showed beside an identifier is linked with the node that takes its place, as it was with the identifier.
INSERT INTO link AS l (
    tenant_id, node_a, node_b, kind, channel, assurance_a, assurance_b, state, first_time_us, last_time_us, times_seen,
    probability, model, depends_on
)
SELECT
    %(tenant)s, least(x.node, x.other), greatest(x.node, x.other), 'presented', x.channel,
    CASE WHEN x.node < x.other THEN x.own ELSE x.others END, CASE WHEN x.node < x.other THEN x.others ELSE x.own END,
    'active', min(x.time_us), max(x.time_us), count(*), NULL, NULL, '{}'
FROM (
    SELECT
        %(later)s::uuid AS node, o.node_id AS other, e.assurance AS own, o.assurance AS others, e.channel,
        greatest(e.occur_time_us, o.occur_time_us) AS time_us
    FROM evidence AS e
    JOIN evidence AS o ON o.tenant_id = e.tenant_id AND o.subject_id = e.subject_id AND o.person = e.person
    JOIN link AS k
        ON k.tenant_id = e.tenant_id AND k.node_a = least(e.node_id, o.node_id)
            AND k.node_b = greatest(e.node_id, o.node_id) AND k.kind = 'presented' AND k.channel = e.channel
            AND k.assurance_a = CASE WHEN e.node_id < o.node_id THEN e.assurance ELSE o.assurance END
            AND k.assurance_b = CASE WHEN e.node_id < o.node_id THEN o.assurance ELSE e.assurance END
    WHERE e.tenant_id = %(tenant)s AND e.node_id = %(node)s AND e.subject_id = ANY (%(contacts)s::uuid[])
        AND o.node_id <> e.node_id AND o.role = 1 AND o.assurance > 1 AND NOT o.withdrawn AND NOT e.withdrawn
) AS x
GROUP BY x.node, x.other, x.own, x.others, x.channel
ON CONFLICT ON CONSTRAINT link_pkey DO NOTHING;

-- name: withdraw_one
-- What a contact showed of one identifier is withdrawn.
UPDATE evidence AS e SET withdrawn = true
WHERE e.tenant_id = %(tenant)s AND e.node_id = %(node)s AND e.subject_id = ANY (%(contacts)s::uuid[]);

-- name: move_evidence
-- What contacts showed is of the node that takes an identifier's place.
UPDATE evidence AS e SET node_id = %(later)s, withdrawn = false
WHERE e.tenant_id = %(tenant)s AND e.node_id = %(node)s AND e.subject_id = ANY (%(contacts)s::uuid[]);
