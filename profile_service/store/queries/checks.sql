-- name: shown_in_contact
-- The identifiers that a contact brought, or the legs of its call before it, each with its best proof there, and the last
-- proof of it in another contact before.
SELECT DISTINCT ON (n.node_id)
    n.node_id AS node, n.namespace, n.core_id AS core, n.shared, e.assurance, e.proof_time_us AS time, e.method,
    (
        SELECT max(o.proof_time_us) FROM evidence AS o
        WHERE o.tenant_id = %(tenant)s AND o.node_id = n.node_id AND o.assurance = 4 AND NOT o.withdrawn
            AND o.subject_id <> ALL (c.legs || c.contact_id) AND o.proof_time_us < e.proof_time_us
    ) AS signed
FROM contact AS c
CROSS JOIN LATERAL legs_of(%(tenant)s, c.contact_id, c.start_time_us, c.persons, c.legs, NULL) AS g
CROSS JOIN LATERAL (
    SELECT one.* FROM evidence AS one WHERE one.tenant_id = %(tenant)s AND one.subject_id = g.contact_id LIMIT 1000
) AS e
CROSS JOIN LATERAL (
    SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = e.node_id LIMIT 1
) AS n
WHERE c.tenant_id = %(tenant)s AND c.contact_id = %(contact)s AND e.role = 1 AND NOT e.withdrawn
    AND e.person = g.person AND (g.until IS NULL OR e.occur_time_us <= g.until) AND e.method NOT IN ('ANSWERED', 'DIALLED')
ORDER BY n.node_id, e.assurance DESC, e.proof_time_us DESC;

-- name: concerned_records
-- The records that a contact may be about: of the cores of its identifiers, those that state them (also as they were before
-- they began anew), those that state another identifier of the core of one that was proved; and those of the customer
-- whom an agent named. `via`: [identifier of the contact, how, identifier that is stated, since when].
WITH shown AS MATERIALIZED (
    SELECT n.node_id, n.key, n.epoch, n.core_id, n.profile_id, max(s.assurance) AS assurance
    FROM unnest(%(nodes)s::uuid[], %(assurances)s::integer[]) AS s (node_id, assurance)
    CROSS JOIN LATERAL (
        SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = s.node_id LIMIT 1
    ) AS n
    GROUP BY n.node_id, n.key, n.epoch, n.core_id, n.profile_id
), near AS (
    SELECT s.node_id AS shown, s.node_id AS node, 'stated' AS how FROM shown AS s
    UNION ALL
    SELECT s.node_id, m.node_id, 'former' FROM shown AS s
    CROSS JOIN LATERAL (
        SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.key = s.key AND one.epoch < s.epoch
        LIMIT 100
    ) AS m
    WHERE m.renewed
    UNION ALL
    SELECT s.node_id, m.node_id, 'through' FROM shown AS s
    CROSS JOIN LATERAL (
        SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.profile_id = s.profile_id LIMIT 1000
    ) AS m
    WHERE s.assurance = 4 AND m.core_id = s.core_id AND m.node_id <> s.node_id
), via AS (
    SELECT r.node_id AS record, w.shown, w.how, w.node AS stated, e.occur_time_us AS since
    FROM near AS w
    CROSS JOIN LATERAL (
        SELECT one.* FROM evidence AS one
        WHERE one.tenant_id = %(tenant)s AND one.node_id = w.node AND one.role = 1 AND NOT one.withdrawn LIMIT 1000
    ) AS e
    CROSS JOIN LATERAL (
        SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = e.subject_id LIMIT 1
    ) AS r
    WHERE r.namespace LIKE 'record/%%' AND e.assurance > 1 AND r.node_id <> w.node
    UNION ALL
    SELECT r.node_id, s.node_id, 'core', s.node_id, NULL
    FROM shown AS s
    CROSS JOIN LATERAL (
        SELECT one.* FROM node AS one
        WHERE one.tenant_id = %(tenant)s AND one.profile_id = s.profile_id AND one.namespace LIKE 'record/%%' LIMIT 1000
    ) AS r
    WHERE r.core_id = s.core_id
    UNION ALL
    SELECT r.node_id, NULL, 'named', NULL, NULL
    FROM (
        SELECT one.profile_id FROM node AS one
        WHERE one.tenant_id = %(tenant)s AND one.node_id = %(named)s LIMIT 1
    ) AS m
    CROSS JOIN LATERAL (
        SELECT one.* FROM node AS one
        WHERE one.tenant_id = %(tenant)s AND one.profile_id = m.profile_id AND one.namespace LIKE 'record/%%' LIMIT 1000
    ) AS r
)
SELECT
    r.node_id AS node, r.core_id AS core, r.profile_id AS profile, r.namespace AS source, s.attributes, s.features,
    v.via, ARRAY(
        SELECT ARRAY[m.namespace, encode(m.key, 'hex')] FROM node AS m
        WHERE m.tenant_id = %(tenant)s AND m.profile_id = r.profile_id AND m.core_id = r.core_id
            AND m.namespace = ANY (%(asked)s) LIMIT 100
    ) AS keys
FROM (
    SELECT via.record, json_agg(json_build_array(via.shown, via.how, via.stated, via.since)) AS via
    FROM via GROUP BY via.record LIMIT 200
) AS v
CROSS JOIN LATERAL (
    SELECT one.* FROM node AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = v.record LIMIT 1
) AS r
CROSS JOIN LATERAL (
    SELECT one.* FROM source_record AS one WHERE one.tenant_id = %(tenant)s AND one.node_id = v.record LIMIT 1
) AS s;

-- name: failed_checks
-- How many answers failed about records since a time, by what tied the contacts to them.
SELECT a.node_id AS node, a.worth, count(*) AS times, min(a.record_time_us) AS first FROM answer_check AS a
WHERE a.tenant_id = %(tenant)s AND a.node_id = ANY (%(records)s::uuid[]) AND NOT a.matched
    AND a.record_time_us > %(since)s
GROUP BY a.node_id, a.worth;

-- name: failed_at_address
-- The same of contacts that came over an address, each answer once.
SELECT a.worth, count(DISTINCT (a.contact_id, a.attribute, a.record_time_us)) AS times FROM answer_check AS a
WHERE a.tenant_id = %(tenant)s AND a.address = %(address)s AND NOT a.matched AND a.record_time_us > %(since)s
GROUP BY a.worth;
