-- Whoever has an account already may do what they could do, and becomes no administrator unasked.
ALTER TABLE auth.users
    ADD COLUMN role text NOT NULL DEFAULT 'inspector' CHECK (role IN ('viewer', 'inspector', 'admin'));
CREATE INDEX users_by_age ON auth.users (created_at, user_id);
CREATE INDEX users_who_administer ON auth.users (user_id) WHERE role = 'admin';
