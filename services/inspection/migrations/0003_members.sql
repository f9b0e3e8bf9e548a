-- Whoever a set was shared with could inspect with it.
ALTER TABLE inspection.reference_set_users
    ADD COLUMN role text NOT NULL DEFAULT 'INSPECTOR' CHECK (role IN ('VIEWER', 'INSPECTOR'));
