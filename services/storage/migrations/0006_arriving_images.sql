-- Images whose bytes storage has and is writing into the object store, before they have a record.
-- What is not kept by then is removed from there; nobody was told of it.
CREATE TABLE storage.arriving_images (
    image_id   uuid PRIMARY KEY,
    user_id    uuid NOT NULL,
    size_bytes bigint NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX arriving_images_of_user ON storage.arriving_images (user_id);
CREATE INDEX arriving_images_expiry ON storage.arriving_images (expires_at);

-- Uploads over streams: the multipart uploads of the object store that have what came until now. A
-- row stays until the store has let go of the parts, also when its image is gone.
CREATE TABLE storage.multipart_uploads (
    upload_id  text PRIMARY KEY,
    image_id   uuid NOT NULL,
    object_key text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX multipart_uploads_by_image ON storage.multipart_uploads (image_id, created_at DESC);
