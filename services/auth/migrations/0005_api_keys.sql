CREATE TABLE auth.api_keys (
    api_key_id   uuid PRIMARY KEY,
    user_id      uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    display_name text NOT NULL,
    scopes       text[] NOT NULL CHECK (cardinality(scopes) > 0),
    prefix       text NOT NULL,
    -- SHA-256 of the secret, which has 256 random bits.
    digest       bytea NOT NULL UNIQUE,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
CREATE INDEX api_keys_by_user ON auth.api_keys (user_id, created_at DESC);
CREATE INDEX api_keys_by_end ON auth.api_keys (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX api_keys_by_expiry ON auth.api_keys (expires_at);
