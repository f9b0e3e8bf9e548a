-- Calibrations, head trainings and comparisons are jobs of one shape.
ALTER TABLE inspection.calibrations RENAME TO jobs;
ALTER TABLE inspection.jobs
    ADD COLUMN kind text NOT NULL DEFAULT 'CALIBRATION'
        CHECK (kind IN ('CALIBRATION', 'HEAD_TRAINING', 'COMPARISON')),
    -- Who asked for it.
    ADD COLUMN user_id uuid,
    -- What was asked for, by kind.
    ADD COLUMN request jsonb,
    -- What came of it, by kind; NULL unless it has succeeded.
    ADD COLUMN result jsonb,
    -- When a replica began it last.
    ADD COLUMN taken_at timestamptz,
    -- How often whoever worked on it fell silent instead of leaving it to others.
    ADD COLUMN crashes integer NOT NULL DEFAULT 0,
    -- Grows with each change that a watcher sees.
    ADD COLUMN revision bigint NOT NULL DEFAULT 0;

UPDATE inspection.jobs j SET
    user_id = s.user_id,
    request = jsonb_build_object(
        'target', j.target, 'settings', j.settings, 'from_scratch', j.from_scratch
    ),
    result = CASE WHEN j.state = 'SUCCEEDED' THEN jsonb_build_object('version', j.version) END,
    error_reason = CASE j.error_reason WHEN 'CALIBRATION_FAILED' THEN 'JOB_FAILED' ELSE j.error_reason END
FROM inspection.reference_sets s WHERE s.id = j.set_id;

ALTER TABLE inspection.jobs
    ALTER COLUMN kind DROP DEFAULT,
    ALTER COLUMN user_id SET NOT NULL,
    ALTER COLUMN request SET NOT NULL,
    DROP COLUMN target,
    DROP COLUMN settings,
    DROP COLUMN from_scratch,
    DROP COLUMN version;

DROP INDEX inspection.one_calibration_at_a_time;
CREATE UNIQUE INDEX one_calibration_at_a_time ON inspection.jobs (set_id)
    WHERE kind = 'CALIBRATION' AND state IN ('QUEUED', 'RUNNING');
ALTER INDEX inspection.calibrations_by_set RENAME TO jobs_by_set;
CREATE INDEX jobs_by_kind ON inspection.jobs (set_id, kind, created_at DESC, id DESC);
ALTER INDEX inspection.calibrations_to_do RENAME TO jobs_to_do;
CREATE INDEX jobs_by_end ON inspection.jobs (ended_at);
CREATE INDEX jobs_by_turn ON inspection.jobs (user_id, taken_at DESC);
