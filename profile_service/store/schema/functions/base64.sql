-- Bytes as JSON holds them: base64 without line breaks.
CREATE OR REPLACE FUNCTION base64(p_bytes bytea) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT replace(encode(p_bytes, 'base64'), E'\n', '')
$$;
