-- When an image was indexed for the first time, once it is to be indexed again: whoever keeps
-- searches tells by it which images are new. Until then `indexed_at` says so.
ALTER TABLE storage.image_uploads ADD COLUMN first_indexed_at timestamptz;
