ALTER TABLE storage.image_uploads
    -- What the owner wrote about it.
    ADD COLUMN note             text NOT NULL DEFAULT '',
    -- What was asked for when it was uploaded: to keep the place, to take over the file's own words.
    ADD COLUMN keep_location    boolean NOT NULL DEFAULT false,
    ADD COLUMN take_description boolean NOT NULL DEFAULT false,
    -- When it was taken, and what else EXIF says of that; null if it says nothing.
    ADD COLUMN captured_at      timestamptz,
    ADD COLUMN capture          jsonb,
    -- Words of note, camera and lens, each as `field:word`, and pairs of neighbours among them.
    ADD COLUMN text_words       text[] NOT NULL DEFAULT '{}',
    -- Pictures in the file; 0 until it is read.
    ADD COLUMN page_count       integer NOT NULL DEFAULT 0,
    -- Whether it was looked how it was taken. Images from before, and those that former code keeps
    -- while both run, are read later.
    ADD COLUMN header_read      boolean NOT NULL DEFAULT false;

CREATE INDEX image_uploads_unread ON storage.image_uploads (id)
    WHERE NOT header_read AND completed_at IS NOT NULL;
CREATE INDEX image_uploads_words ON storage.image_uploads USING gin (text_words);
-- Lists in the order in which images were taken; those that do not say stand where they were made.
CREATE INDEX image_uploads_taken ON storage.image_uploads
    (user_id, coalesce(captured_at, created_at) DESC, image_id DESC) WHERE deleted_at IS NULL;
