-- How much each user has is counted from the index alone.
CREATE INDEX image_uploads_usage ON storage.image_uploads (user_id, state)
    INCLUDE (size_bytes, completed_at);

-- Users take turns at having their images rendered, each with the newest.
DROP INDEX storage.image_uploads_render;
CREATE INDEX image_uploads_render ON storage.image_uploads (user_id, created_at DESC)
    WHERE render_at IS NOT NULL AND completed_at IS NOT NULL AND deleted_at IS NULL;
