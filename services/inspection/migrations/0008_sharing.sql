-- People are invited and see a set when they have accepted; groups see it at once.

-- What the owner invited; NULL if it was an id.
ALTER TABLE inspection.reference_set_users ADD COLUMN email text;

CREATE TABLE inspection.reference_set_groups (
    set_id   uuid NOT NULL REFERENCES inspection.reference_sets ON DELETE CASCADE,
    group_id uuid NOT NULL,
    role     text NOT NULL CHECK (role IN ('VIEWER', 'INSPECTOR')),
    PRIMARY KEY (set_id, group_id)
);
CREATE INDEX reference_set_groups_by_group ON inspection.reference_set_groups (group_id);

CREATE TABLE inspection.share_invitations (
    id            uuid PRIMARY KEY,
    set_id        uuid NOT NULL REFERENCES inspection.reference_sets ON DELETE CASCADE,
    -- Who is invited: an address in lower case, or a user.
    email         text,
    user_id       uuid,
    role          text NOT NULL CHECK (role IN ('VIEWER', 'INSPECTOR')),
    -- Of the set's owner.
    inviter_email text NOT NULL,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    -- NULL: it is open. Who invited is not told.
    declined_at   timestamptz,
    CHECK ((email IS NULL) <> (user_id IS NULL)),
    UNIQUE (set_id, email),
    UNIQUE (set_id, user_id)
);
CREATE INDEX share_invitations_by_email ON inspection.share_invitations (email, created_at DESC);
CREATE INDEX share_invitations_by_user ON inspection.share_invitations (user_id, created_at DESC);
CREATE INDEX share_invitations_by_expiry ON inspection.share_invitations (expires_at);
