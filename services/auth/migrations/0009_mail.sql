-- Accounts that are made when their address is confirmed; also for addresses that have an account,
-- so that nobody can tell which have one.
CREATE TABLE auth.registrations (
    registration_id uuid PRIMARY KEY,
    email           text NOT NULL CHECK (email = lower(email)),
    display_name    text NOT NULL,
    password_hash   text NOT NULL,
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL
);
CREATE INDEX registrations_by_email ON auth.registrations (email, created_at DESC);
CREATE INDEX registrations_by_expiry ON auth.registrations (expires_at);

-- What is to be mailed. Whether the address has an account is looked up when the mail is sent, and
-- the token in it is drawn then.
CREATE TABLE auth.mails (
    mail_id         uuid PRIMARY KEY,
    kind            text NOT NULL,
    email           text NOT NULL,
    user_id         uuid REFERENCES auth.users ON DELETE CASCADE,
    registration_id uuid REFERENCES auth.registrations ON DELETE CASCADE,
    created_at      timestamptz NOT NULL,
    due_at          timestamptz NOT NULL,
    tries           integer NOT NULL DEFAULT 0
);
CREATE INDEX mails_by_due ON auth.mails (due_at);
CREATE INDEX mails_by_user ON auth.mails (user_id);
CREATE INDEX mails_by_registration ON auth.mails (registration_id);

-- What was mailed, by the SHA-256 of its text.
CREATE TABLE auth.mail_tokens (
    digest          bytea PRIMARY KEY,
    purpose         text NOT NULL CHECK (purpose IN ('reset', 'register', 'change')),
    -- Who has the token reads the mail at this address.
    email           text NOT NULL,
    user_id         uuid REFERENCES auth.users ON DELETE CASCADE,
    registration_id uuid REFERENCES auth.registrations ON DELETE CASCADE,
    issued_at       timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    CHECK ((user_id IS NULL) = (purpose = 'register')),
    CHECK ((registration_id IS NULL) = (purpose <> 'register'))
);
CREATE INDEX mail_tokens_by_user ON auth.mail_tokens (user_id);
CREATE INDEX mail_tokens_by_registration ON auth.mail_tokens (registration_id);
CREATE INDEX mail_tokens_by_expiry ON auth.mail_tokens (expires_at);
