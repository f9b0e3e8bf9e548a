-- A key is published when it is made, and signs later, when all who verify know it.
ALTER TABLE auth.signing_keys ADD COLUMN signs_from timestamptz;
UPDATE auth.signing_keys SET signs_from = created_at;
ALTER TABLE auth.signing_keys ALTER COLUMN signs_from SET NOT NULL;
