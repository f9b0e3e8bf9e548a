-- Records in the order in which the object store lists objects, for checks that compare both.
CREATE INDEX image_uploads_objects ON storage.image_uploads (user_id, image_id);
