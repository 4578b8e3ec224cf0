-- name: find
-- What calls find, many at once.
SELECT part, body::text AS body FROM find(%(tenant)s, %(wanted)s::jsonb, %(conversations)s);
