-- What painted defects score, so that another threshold can be told what it would find; NULL of
-- versions that were made before: their artifacts have it.
ALTER TABLE inspection.versions ADD COLUMN marks jsonb;
