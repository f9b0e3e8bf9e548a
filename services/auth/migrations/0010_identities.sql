-- Persons at identity providers, as who accounts may be signed in to. Whoever signs in elsewhere
-- needs no password here.
ALTER TABLE auth.users ALTER COLUMN password_hash DROP NOT NULL;

CREATE TABLE auth.identities (
    identity_id  uuid PRIMARY KEY,
    user_id      uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    issuer       text NOT NULL,
    subject      text NOT NULL,
    -- What the provider last said; nothing is decided by it.
    email        text NOT NULL,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    UNIQUE (issuer, subject)
);
CREATE INDEX identities_by_user ON auth.identities (user_id, created_at);

ALTER TABLE auth.sessions
    -- Which provider it was opened with; empty: with a password.
    ADD COLUMN provider_id text NOT NULL DEFAULT '',
    -- When whoever opened it proved elsewhere who they are, if that is known.
    ADD COLUMN proven_at timestamptz,
    -- When it ends however often it is refreshed, if it does.
    ADD COLUMN ends_for_good_at timestamptz;
