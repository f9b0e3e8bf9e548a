-- The token that each refresh token was given out for, so that the token before the newest
-- can be told from older ones; null for a session's first.
ALTER TABLE auth.refresh_tokens ADD COLUMN replaces bytea;
CREATE INDEX refresh_tokens_by_replaced ON auth.refresh_tokens (replaces);

CREATE INDEX sessions_by_end ON auth.sessions (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX refresh_tokens_by_use ON auth.refresh_tokens (used_at);
