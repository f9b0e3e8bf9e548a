-- Before inspection was a service of its own, search kept these tables. They move with their data,
-- indexes and constraints; where there are none, they are made.
DO $$
DECLARE
    one text;
BEGIN
    IF to_regclass('search.reference_sets') IS NOT NULL THEN
        FOREACH one IN ARRAY ARRAY[
            'reference_sets', 'reference_set_users', 'reference_images', 'versions', 'calibrations',
            'inspections', 'inspection_counts', 'deleted_sets', 'feedback', 'artifact_purges'
        ] LOOP
            EXECUTE format('ALTER TABLE search.%I SET SCHEMA inspection', one);
        END LOOP;
        DROP TABLE search.schema_migrations;
        DROP SCHEMA search;
    END IF;
END
$$;

CREATE TABLE IF NOT EXISTS inspection.reference_sets (
    id              uuid PRIMARY KEY,
    user_id         uuid NOT NULL,
    display_name    text NOT NULL,
    created_at      timestamptz NOT NULL,
    image_count     integer NOT NULL DEFAULT 0,
    -- How often images were added or removed.
    changes         bigint NOT NULL DEFAULT 0,
    -- 0: none.
    current_version integer NOT NULL DEFAULT 0,
    -- Numbers are never used again.
    last_version    integer NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS reference_sets_by_user ON inspection.reference_sets (user_id, created_at DESC, id DESC);

CREATE TABLE IF NOT EXISTS inspection.reference_set_users (
    set_id  uuid NOT NULL REFERENCES inspection.reference_sets ON DELETE CASCADE,
    user_id uuid NOT NULL,
    PRIMARY KEY (set_id, user_id)
);
CREATE INDEX IF NOT EXISTS reference_set_users_by_user ON inspection.reference_set_users (user_id);

CREATE TABLE IF NOT EXISTS inspection.reference_images (
    set_id   uuid NOT NULL REFERENCES inspection.reference_sets ON DELETE CASCADE,
    image_id uuid NOT NULL,
    place    bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (set_id, image_id)
);
CREATE INDEX IF NOT EXISTS reference_images_in_order ON inspection.reference_images (set_id, place);
CREATE INDEX IF NOT EXISTS reference_images_by_image ON inspection.reference_images (image_id);

CREATE TABLE IF NOT EXISTS inspection.versions (
    set_id          uuid NOT NULL REFERENCES inspection.reference_sets ON DELETE CASCADE,
    version         integer NOT NULL,
    created_at      timestamptz NOT NULL,
    image_ids       uuid[] NOT NULL,
    settings        jsonb NOT NULL,
    model_version   text NOT NULL,
    threshold       jsonb NOT NULL,
    -- Scores of normal images that the version did not learn from, ascending.
    held_out        double precision[] NOT NULL,
    coreset_size    integer NOT NULL,
    artifact_name   text NOT NULL,
    artifact_sha256 text NOT NULL,
    artifact_bytes  bigint NOT NULL,
    base_version    integer NOT NULL,
    has_head        boolean NOT NULL,
    -- The set's `changes` when its images were looked at.
    changes         bigint NOT NULL,
    PRIMARY KEY (set_id, version)
);
CREATE INDEX IF NOT EXISTS versions_by_artifact ON inspection.versions (artifact_name);

CREATE TABLE IF NOT EXISTS inspection.calibrations (
    id               uuid PRIMARY KEY,
    set_id           uuid NOT NULL REFERENCES inspection.reference_sets ON DELETE CASCADE,
    state            text NOT NULL CHECK (state IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
    stage            text NOT NULL,
    images_done      integer NOT NULL DEFAULT 0,
    images_total     integer NOT NULL DEFAULT 0,
    version          integer NOT NULL DEFAULT 0,
    error_reason     text NOT NULL DEFAULT '',
    error_message    text NOT NULL DEFAULT '',
    skipped          jsonb NOT NULL DEFAULT '[]',
    target           double precision NOT NULL,
    settings         jsonb NOT NULL,
    from_scratch     boolean NOT NULL,
    created_at       timestamptz NOT NULL,
    ended_at         timestamptz,
    -- Who works on it, and until when that holds without a sign of life.
    replica          text NOT NULL DEFAULT '',
    leased_until     timestamptz,
    attempts         integer NOT NULL DEFAULT 0,
    -- The set's `changes` when it was begun.
    changes          bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX IF NOT EXISTS one_calibration_at_a_time ON inspection.calibrations (set_id)
    WHERE state IN ('QUEUED', 'RUNNING');
CREATE INDEX IF NOT EXISTS calibrations_by_set ON inspection.calibrations (set_id, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS calibrations_to_do ON inspection.calibrations (created_at, id)
    WHERE state IN ('QUEUED', 'RUNNING');

CREATE TABLE IF NOT EXISTS inspection.inspections (
    id               uuid PRIMARY KEY,
    user_id          uuid NOT NULL,
    -- No foreign key: a set is deleted at once, and its inspections, which may be a million, in bites.
    set_id           uuid NOT NULL,
    version          integer NOT NULL,
    -- NULL: not a stored image.
    image_id         uuid,
    score            double precision NOT NULL,
    threshold        double precision NOT NULL,
    p_value          double precision NOT NULL,
    target           double precision NOT NULL,
    anomalous        boolean NOT NULL,
    off_distribution boolean NOT NULL,
    -- What the image looks like: half-precision numbers, little-endian.
    descriptor       bytea NOT NULL,
    created_at       timestamptz NOT NULL,
    -- Then it is kept.
    has_feedback     boolean NOT NULL DEFAULT false
);
CREATE INDEX IF NOT EXISTS inspections_by_set ON inspection.inspections (set_id, version, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS inspections_to_review
    ON inspection.inspections (set_id, version, user_id, created_at DESC, id DESC)
    WHERE image_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS inspections_by_image ON inspection.inspections (image_id, created_at DESC, id DESC)
    WHERE image_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS inspections_by_age ON inspection.inspections (created_at) WHERE NOT has_feedback;

-- How many inspections there were, also of those that are forgotten.
CREATE TABLE IF NOT EXISTS inspection.inspection_counts (
    set_id    uuid NOT NULL REFERENCES inspection.reference_sets ON DELETE CASCADE,
    version   integer NOT NULL,
    -- In UTC.
    day       date NOT NULL,
    user_id   uuid NOT NULL,
    inspected bigint NOT NULL,
    anomalous bigint NOT NULL,
    PRIMARY KEY (set_id, version, day, user_id)
);
CREATE INDEX IF NOT EXISTS inspection_counts_by_user ON inspection.inspection_counts (user_id);

-- Sets that are gone, until their inspections are.
CREATE TABLE IF NOT EXISTS inspection.deleted_sets (
    set_id uuid PRIMARY KEY
);

CREATE TABLE IF NOT EXISTS inspection.feedback (
    id            uuid PRIMARY KEY,
    -- NULL: the inspected image is not stored.
    image_id      uuid,
    user_id       uuid NOT NULL,
    action        text NOT NULL CHECK (action IN ('confirm_anomaly', 'mark_normal', 'relabel', 'comment')),
    note          text NOT NULL,
    created_at    timestamptz NOT NULL,
    -- NULL: the image was never inspected.
    inspection_id uuid REFERENCES inspection.inspections ON DELETE CASCADE,
    set_id        uuid REFERENCES inspection.reference_sets ON DELETE CASCADE,
    region        jsonb,
    label         text NOT NULL,
    -- What it says of the image: NULL if nothing.
    defective     boolean GENERATED ALWAYS AS (
        CASE action
            WHEN 'confirm_anomaly' THEN true
            WHEN 'mark_normal' THEN false
            WHEN 'relabel' THEN lower(label) <> 'normal'
        END
    ) STORED
);
CREATE INDEX IF NOT EXISTS feedback_by_set ON inspection.feedback (set_id, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS feedback_by_user ON inspection.feedback (user_id, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS feedback_by_image ON inspection.feedback (image_id, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS feedback_by_inspection ON inspection.feedback (inspection_id, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS judgements_by_set ON inspection.feedback (set_id, image_id, created_at DESC, id DESC)
    WHERE defective IS NOT NULL;

-- Artifacts that no version needs any more, until they are removed.
CREATE TABLE IF NOT EXISTS inspection.artifact_purges (
    name       text PRIMARY KEY,
    -- Inspections under way may still load it before.
    due_at     timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS artifact_purges_by_due ON inspection.artifact_purges (due_at);
