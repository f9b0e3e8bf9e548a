-- Which painted defects a version finds; none of those that an earlier release made.
ALTER TABLE inspection.versions ADD COLUMN sensitivity jsonb NOT NULL DEFAULT '[]';
