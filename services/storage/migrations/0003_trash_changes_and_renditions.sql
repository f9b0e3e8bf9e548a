ALTER TABLE storage.image_uploads
    -- Counts the changes of name and labels.
    ADD COLUMN revision        integer NOT NULL DEFAULT 1,
    -- When name, labels or state changed last; null for images from before.
    ADD COLUMN updated_at      timestamptz,
    -- Since when it is in the trash, and until when it stays there.
    ADD COLUMN deleted_at      timestamptz,
    ADD COLUMN purge_at        timestamptz,
    ADD COLUMN thumbhash       bytea NOT NULL DEFAULT '',
    -- Sides of the renditions that are there, beside the thumbnail.
    ADD COLUMN renditions      smallint[] NOT NULL DEFAULT '{}',
    -- When to render it next; null when that is done or given up. Images from before are due, too.
    ADD COLUMN render_at       timestamptz DEFAULT '1970-01-01T00:00:00Z',
    ADD COLUMN render_attempts smallint NOT NULL DEFAULT 0,
    ADD CHECK ((deleted_at IS NULL) = (purge_at IS NULL)),
    ADD CHECK (deleted_at IS NULL OR completed_at IS NOT NULL);

-- Lists, counts and months of what is not deleted are read from the index alone.
DROP INDEX storage.image_uploads_page;
CREATE INDEX image_uploads_page ON storage.image_uploads (user_id, created_at DESC, image_id DESC)
    WHERE deleted_at IS NULL;
CREATE INDEX image_uploads_trash ON storage.image_uploads (user_id, created_at DESC, image_id DESC)
    WHERE deleted_at IS NOT NULL;
CREATE INDEX image_uploads_purge ON storage.image_uploads (purge_at) WHERE purge_at IS NOT NULL;
CREATE INDEX image_uploads_render ON storage.image_uploads (created_at DESC)
    WHERE render_at IS NOT NULL AND completed_at IS NOT NULL AND deleted_at IS NULL;

-- Whether the image is gone for good, or may be brought back.
ALTER TABLE storage.deleted_images ADD COLUMN purged boolean NOT NULL DEFAULT true;
ALTER TABLE storage.deleted_images ALTER COLUMN purged DROP DEFAULT;
UPDATE storage.outbox SET event = event || '{"type": "purged"}' WHERE event ->> 'type' = 'deleted';

-- Where each user's changes are: a transaction that changes images moves this on at its end, and
-- others wait for it, so that positions become visible in their order.
CREATE TABLE storage.change_positions (
    user_id   uuid PRIMARY KEY,
    position  bigint NOT NULL,
    -- Changes up to here may be forgotten.
    forgotten bigint NOT NULL DEFAULT 0
);

-- The last change of each image that changed lately. What it is now is in its own row; if it has
-- none, it is gone.
CREATE TABLE storage.image_changes (
    image_id   uuid PRIMARY KEY,
    user_id    uuid NOT NULL,
    position   bigint NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX image_changes_in_order ON storage.image_changes (user_id, position);
CREATE INDEX image_changes_by_age ON storage.image_changes (changed_at);

-- How many images that are not deleted have each label: sums, and what is to be added to them.
-- Whoever changes labels only appends, and waits for nobody.
CREATE TABLE storage.label_counts (
    user_id     uuid NOT NULL,
    key         text NOT NULL,
    value       text NOT NULL,
    image_count bigint NOT NULL,
    PRIMARY KEY (user_id, key, value)
);
CREATE INDEX label_counts_empty ON storage.label_counts (user_id) WHERE image_count = 0;
CREATE TABLE storage.label_count_changes (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id uuid NOT NULL,
    key     text NOT NULL,
    value   text NOT NULL,
    change  smallint NOT NULL
);
CREATE INDEX label_count_changes_of_user ON storage.label_count_changes (user_id, key);

INSERT INTO storage.label_counts (user_id, key, value, image_count)
    SELECT user_id, label.key, label.value, count(*)
    FROM storage.image_uploads, jsonb_each_text(labels) label GROUP BY 1, 2, 3;

CREATE FUNCTION storage.count_labels() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.deleted_at IS NULL THEN
        INSERT INTO storage.label_count_changes (user_id, key, value, change)
            SELECT OLD.user_id, key, value, -1 FROM jsonb_each_text(OLD.labels);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.deleted_at IS NULL THEN
        INSERT INTO storage.label_count_changes (user_id, key, value, change)
            SELECT NEW.user_id, key, value, 1 FROM jsonb_each_text(NEW.labels);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER count_labels AFTER INSERT OR DELETE ON storage.image_uploads
    FOR EACH ROW EXECUTE FUNCTION storage.count_labels();
CREATE TRIGGER count_changed_labels AFTER UPDATE OF labels, deleted_at ON storage.image_uploads
    FOR EACH ROW
    WHEN (OLD.labels <> NEW.labels OR OLD.deleted_at IS DISTINCT FROM NEW.deleted_at)
    EXECUTE FUNCTION storage.count_labels();
