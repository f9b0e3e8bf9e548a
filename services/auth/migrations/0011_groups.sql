-- Groups of people, with whom things can be shared.
CREATE TABLE auth.groups (
    group_id     uuid PRIMARY KEY,
    display_name text NOT NULL,
    created_at   timestamptz NOT NULL
);

CREATE TABLE auth.group_members (
    group_id  uuid NOT NULL REFERENCES auth.groups ON DELETE CASCADE,
    user_id   uuid NOT NULL REFERENCES auth.users,
    owner     boolean NOT NULL,
    joined_at timestamptz NOT NULL,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_by_user ON auth.group_members (user_id);

-- Of an address, whether or not somebody has an account with it.
CREATE TABLE auth.group_invitations (
    invitation_id uuid PRIMARY KEY,
    group_id      uuid NOT NULL REFERENCES auth.groups ON DELETE CASCADE,
    email         text NOT NULL,
    invited_by    uuid NOT NULL REFERENCES auth.users,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    -- NULL: it is open. Who invited is not told.
    declined_at   timestamptz,
    UNIQUE (group_id, email)
);
CREATE INDEX group_invitations_by_email ON auth.group_invitations (email, created_at DESC);
CREATE INDEX group_invitations_by_inviter ON auth.group_invitations (invited_by);
CREATE INDEX group_invitations_by_expiry ON auth.group_invitations (expires_at);

-- Services know invitations of their own by address; forgotten together with the user's id.
ALTER TABLE auth.account_deletions ADD COLUMN email text;
