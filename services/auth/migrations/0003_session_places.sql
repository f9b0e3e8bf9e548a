-- Where a session was last seen, for its owner's list.
ALTER TABLE auth.sessions
    ADD COLUMN last_used_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN address      text NOT NULL DEFAULT '',
    ADD COLUMN client       text NOT NULL DEFAULT '';
UPDATE auth.sessions SET last_used_at = created_at;
CREATE INDEX sessions_by_use ON auth.sessions (user_id, last_used_at DESC, session_id DESC);
