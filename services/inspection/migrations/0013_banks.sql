-- How many banks a version scores with, and why; NULL of IMAGE_KNN, and of versions that an earlier
-- release made, which have one.
ALTER TABLE inspection.versions ADD COLUMN banks jsonb;
