-- What frames must be like to be inspected with a version; NULL of those that an earlier release made.
ALTER TABLE inspection.versions ADD COLUMN frame_checks jsonb;

-- Why a frame was uninspectable, the main reason first. NULL of all others, and of those that an earlier release
-- inspected: `off_distribution` says of both whether they were.
ALTER TABLE inspection.inspections ADD COLUMN frame_problems jsonb;

-- Those of the anomalous ones that were uninspectable; of what was forgotten before nobody knows.
ALTER TABLE inspection.inspection_counts ADD COLUMN uninspectable bigint NOT NULL DEFAULT 0;
UPDATE inspection.inspection_counts c SET uninspectable = o.count
FROM (
    SELECT set_id, version, (created_at AT TIME ZONE 'UTC')::date AS day, user_id, count(*) AS count
    FROM inspection.inspections WHERE off_distribution GROUP BY 1, 2, 3, 4
) o
WHERE (c.set_id, c.version, c.day, c.user_id) = (o.set_id, o.version, o.day, o.user_id);
