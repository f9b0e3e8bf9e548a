-- How much each user has is counted from the index alone.
CREATE INDEX image_uploads_usage ON storage.image_uploads (user_id, state)
    INCLUDE (size_bytes, completed_at);
