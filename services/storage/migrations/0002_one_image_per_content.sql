-- Whether the upload was reserved as its owner's only image with these bytes. Images from before,
-- among which there may be copies, stay as they are.
ALTER TABLE storage.image_uploads ADD COLUMN only_copy boolean NOT NULL DEFAULT false;

-- Bytes have one size and one type, so of reservations that differ in these one at most comes true.
CREATE UNIQUE INDEX image_uploads_only_pending
    ON storage.image_uploads (user_id, sha256, size_bytes, content_type)
    WHERE only_copy AND state = 'PENDING';

-- What each CreateUpload with a request id was answered, for when it is sent again.
CREATE TABLE storage.upload_requests (
    user_id     uuid NOT NULL,
    request_id  uuid NOT NULL,
    -- SHA-256 of what was declared.
    declaration bytea NOT NULL,
    image_id    uuid NOT NULL REFERENCES storage.image_uploads (image_id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, request_id)
);
CREATE INDEX upload_requests_by_image ON storage.upload_requests (image_id);

-- Uploads whose bytes turned out to be kept already, and the image that has them.
CREATE TABLE storage.merged_uploads (
    image_id uuid PRIMARY KEY,
    user_id  uuid NOT NULL,
    kept_as  uuid NOT NULL REFERENCES storage.image_uploads (image_id) ON DELETE CASCADE
);
CREATE INDEX merged_uploads_by_image ON storage.merged_uploads (kept_as);

-- Images that are gone, remembered for as long as search may have to be told again.
CREATE TABLE storage.deleted_images (
    image_id    uuid PRIMARY KEY,
    deleted_at  timestamptz NOT NULL,
    -- When search is told next.
    announce_at timestamptz NOT NULL
);
CREATE INDEX deleted_images_due ON storage.deleted_images (announce_at);
CREATE INDEX deleted_images_by_age ON storage.deleted_images (deleted_at);
