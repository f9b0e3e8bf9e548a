-- The image that others are aligned to; NULL without registration.
ALTER TABLE inspection.versions ADD COLUMN reference_image_id uuid;
-- How the image lay against it; NULL without registration.
ALTER TABLE inspection.inspections ADD COLUMN alignment jsonb;
