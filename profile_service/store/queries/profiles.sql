-- name: known_by
-- What candidates are known by: sealed attributes of their records, and the namespaces of their identifiers.
SELECT
    m.profile_id AS profile, m.namespace, encode(m.key, 'hex') AS key, m.node_id AS node, m.core_id AS core, s.attributes
FROM node AS m
LEFT JOIN source_record AS s ON s.tenant_id = m.tenant_id AND s.node_id = m.node_id
WHERE m.tenant_id = %(tenant)s AND m.profile_id = ANY (%(profiles)s::uuid[])
LIMIT 1000;

-- name: guarded_among
-- Which of some profiles staff guard.
SELECT DISTINCT p.profile_id AS profile FROM unnest(%(profiles)s::uuid[]) AS p (profile_id)
CROSS JOIN LATERAL (
    SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.profile_id = p.profile_id LIMIT 1000
) AS m
JOIN preference AS s ON s.tenant_id = %(tenant)s AND s.node_id = m.node_id
WHERE s.key = 'guarded' AND s.value IS NOT NULL;

-- name: profile_nodes
-- The nodes of profiles, at most so many.
SELECT n.node_id AS node FROM node AS n
WHERE n.tenant_id = %(tenant)s AND n.profile_id = ANY (%(profiles)s::uuid[]) LIMIT %(most)s;

-- name: profile_by_id
-- What a profile id resolves to: live, redirected over its founder, or split.
SELECT
    p.profile_id, p.state, p.revision, p.heirs,
    coalesce(n.profile_id, m.profile_id, CASE WHEN p.founder_contact IS NOT NULL AND p.state = 'live' THEN p.profile_id END)
    AS target,
    ARRAY(
        SELECT DISTINCT h.profile_id FROM node AS h
        WHERE h.tenant_id = %(tenant)s AND h.node_id = ANY (p.heirs) AND h.profile_id IS NOT NULL ORDER BY 1
    ) AS successors
FROM profile AS p
LEFT JOIN node AS n ON n.tenant_id = p.tenant_id AND n.node_id = p.founder_node
LEFT JOIN contact AS c ON c.tenant_id = p.tenant_id AND c.contact_id = p.founder_contact
LEFT JOIN node AS m ON m.tenant_id = p.tenant_id AND m.node_id = c.anchor_node
WHERE p.tenant_id = %(tenant)s AND p.profile_id = %(profile)s;

-- name: profile_parts
-- What a profile is shown by.
SELECT
    p.founder_node AS founder,
    json_build_object(
    'profile', json_build_object('id', p.profile_id, 'created', p.create_time_us, 'revision', p.revision),
    'nodes', (
        SELECT json_agg(json_build_object(
            'id', n.node_id, 'namespace', n.namespace, 'scope', n.scope, 'value', base64(n.value),
            'shared', n.shared, 'last', n.last_time_us, 'own', n.own, 'core', n.core_id, 'assurance', w.assurance
        ) ORDER BY n.last_time_us DESC, n.node_id)
        FROM (
            SELECT m.node_id, m.namespace, m.scope, m.value, m.shared, m.last_time_us, true AS own, m.core_id
            FROM node AS m
            WHERE m.tenant_id = %(tenant)s AND m.profile_id = p.profile_id
            UNION ALL
            SELECT DISTINCT ON (x.node_id) x.node_id, x.namespace, x.scope, x.value, x.shared, x.last_time_us, false,
                x.core_id
            FROM node AS m
            CROSS JOIN LATERAL (
                (
                    SELECT l.node_b AS other FROM link AS l
                    WHERE l.tenant_id = %(tenant)s AND l.node_a = m.node_id AND l.state = 'active' LIMIT 100
                )
                UNION ALL
                (
                    SELECT l.node_a FROM link AS l
                    WHERE l.tenant_id = %(tenant)s AND l.node_b = m.node_id AND l.state = 'active' LIMIT 100
                )
            ) AS l
            CROSS JOIN LATERAL (
                SELECT y.* FROM node AS y WHERE y.tenant_id = %(tenant)s AND y.node_id = l.other LIMIT 1
            ) AS x
            WHERE m.tenant_id = %(tenant)s AND m.profile_id = p.profile_id AND x.profile_id IS NULL AND x.shared > 0
        ) AS n
        LEFT JOIN LATERAL (
            SELECT max(e.assurance) AS assurance FROM (
                SELECT one.assurance FROM evidence AS one
                WHERE one.tenant_id = %(tenant)s AND one.node_id = n.node_id AND one.assurance >= 3 AND NOT one.withdrawn
                ORDER BY one.proof_time_us DESC LIMIT 5
            ) AS e
        ) AS w ON n.own
    ),
    'records', (
        SELECT json_agg(json_build_object(
            'node', s.node_id, 'source', s.source, 'occur', s.occur_time_us, 'value', base64(s.attributes)
        ))
        FROM node AS m JOIN source_record AS s ON s.tenant_id = %(tenant)s AND s.node_id = m.node_id
        WHERE m.tenant_id = %(tenant)s AND m.profile_id = p.profile_id
    ),
    'preferences', (
        SELECT json_agg(json_build_object(
            'node', s.node_id, 'key', s.key, 'occur', s.occur_time_us, 'value', base64(s.value)
        ) ORDER BY s.occur_time_us)
        FROM node AS m JOIN preference AS s ON s.tenant_id = %(tenant)s AND s.node_id = m.node_id
        WHERE m.tenant_id = %(tenant)s AND m.profile_id = p.profile_id AND s.value IS NOT NULL
    ),
    'consents', (
        SELECT json_agg(json_build_array(s.node_id, s.purpose, s.channel, s.brand, s.granted, s.occur_time_us, s.worth))
        FROM node AS m JOIN consent AS s ON s.tenant_id = %(tenant)s AND s.node_id = m.node_id
        WHERE m.tenant_id = %(tenant)s AND m.profile_id = p.profile_id
    ))::text AS parts
FROM profile AS p WHERE p.tenant_id = %(tenant)s AND p.profile_id = %(profile)s;

-- name: consents_about
-- What was said of contacts: of an identifier, in all its epochs, and of the customers who use it; of a customer. A
-- former epoch was somebody else's perhaps: only what was forbidden there counts.
WITH named AS (
    SELECT n.node_id, n.core_id, n.profile_id, n.epoch = max(n.epoch) OVER () AS is_current
    FROM node AS n WHERE n.tenant_id = %(tenant)s AND n.key = %(key)s
), customers AS (
    SELECT %(profile)s::uuid AS profile_id WHERE %(profile)s::uuid IS NOT NULL
    UNION
    SELECT coalesce(a.profile_id, u.profile_id) FROM named AS a
    LEFT JOIN LATERAL users(%(tenant)s, a.node_id) AS u ON a.profile_id IS NULL
    WHERE a.is_current
), about AS (
    SELECT a.node_id, a.core_id, a.is_current FROM named AS a
    UNION
    SELECT m.node_id, m.core_id, true FROM customers AS c
    CROSS JOIN LATERAL (
        SELECT one.node_id, one.core_id FROM node AS one
        WHERE one.tenant_id = %(tenant)s AND one.profile_id = c.profile_id LIMIT 1000
    ) AS m
)
SELECT json_build_array(t.core_id, s.purpose, s.channel, s.brand, s.granted, s.occur_time_us, s.worth) AS said
FROM about AS t
CROSS JOIN LATERAL (
    SELECT one.* FROM consent AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = t.node_id LIMIT 1000
) AS s
WHERE t.is_current OR NOT s.granted;

-- name: expire_profiles
-- End the identifiers of profiles whose time is over (nothing stronger than a cookie or device, not seen for long): the
-- next contact over them begins a new profile, so that none grows without end.
WITH over AS (
    UPDATE profile AS p SET expire_time_us = NULL, revision = greatest(p.revision + 1, %(now)s)
    WHERE p.tenant_id = %(tenant)s AND p.profile_id IN (
        SELECT q.profile_id FROM profile AS q
        WHERE q.tenant_id = %(tenant)s AND q.state = 'live' AND q.expire_time_us < %(now)s
        ORDER BY q.expire_time_us LIMIT %(most)s FOR UPDATE SKIP LOCKED
    )
    RETURNING p.profile_id
)
UPDATE node AS n SET ended_time_us = %(now)s
FROM over AS e WHERE n.tenant_id = %(tenant)s AND n.profile_id = e.profile_id AND n.ended_time_us IS NULL
RETURNING n.node_id;

-- name: reaches_sources
-- Whether a customer has a record or a contact of one of some sources.
SELECT EXISTS (
    SELECT 1 FROM node AS m
    WHERE m.tenant_id = %(tenant)s AND m.profile_id = %(profile)s AND m.namespace = ANY (%(namespaces)s)
) OR EXISTS (
    SELECT 1 FROM node AS m
    CROSS JOIN LATERAL (
        SELECT one.source FROM contact AS one WHERE one.tenant_id = %(tenant)s AND one.anchor_node = m.node_id LIMIT 1000
    ) AS c
    WHERE m.tenant_id = %(tenant)s AND m.profile_id = %(profile)s AND c.source = ANY (%(sources)s)
) OR EXISTS (
    SELECT 1 FROM contact AS c
    WHERE c.tenant_id = %(tenant)s AND c.contact_id = %(profile)s AND c.source = ANY (%(sources)s)
) AS is_so;
