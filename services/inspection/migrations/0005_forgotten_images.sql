-- Images that were deleted lately: what is still being written of them must not be kept.
CREATE TABLE inspection.forgotten_images (
    image_id     uuid PRIMARY KEY,
    forgotten_at timestamptz NOT NULL
);
CREATE INDEX forgotten_images_by_time ON inspection.forgotten_images (forgotten_at);
