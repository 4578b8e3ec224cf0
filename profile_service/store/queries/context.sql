-- name: context
-- Everything that the handoff contexts of the contacts are made of: one row per contact, in one round trip.
SELECT place, contact_id, profile_id, profile_revision, conversation_revision, stamp, source, parts::text AS parts
FROM context(%(tenant)s, %(wanted)s::json, %(limits)s::jsonb);
