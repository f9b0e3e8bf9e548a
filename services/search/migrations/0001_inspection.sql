CREATE TABLE search.reference_sets (
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
CREATE INDEX reference_sets_by_user ON search.reference_sets (user_id, created_at DESC, id DESC);

CREATE TABLE search.reference_set_users (
    set_id  uuid NOT NULL REFERENCES search.reference_sets ON DELETE CASCADE,
    user_id uuid NOT NULL,
    PRIMARY KEY (set_id, user_id)
);
CREATE INDEX reference_set_users_by_user ON search.reference_set_users (user_id);

CREATE TABLE search.reference_images (
    set_id   uuid NOT NULL REFERENCES search.reference_sets ON DELETE CASCADE,
    image_id uuid NOT NULL,
    place    bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (set_id, image_id)
);
CREATE INDEX reference_images_in_order ON search.reference_images (set_id, place);
CREATE INDEX reference_images_by_image ON search.reference_images (image_id);

CREATE TABLE search.versions (
    set_id          uuid NOT NULL REFERENCES search.reference_sets ON DELETE CASCADE,
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
CREATE INDEX versions_by_artifact ON search.versions (artifact_name);

CREATE TABLE search.calibrations (
    id               uuid PRIMARY KEY,
    set_id           uuid NOT NULL REFERENCES search.reference_sets ON DELETE CASCADE,
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
CREATE UNIQUE INDEX one_calibration_at_a_time ON search.calibrations (set_id)
    WHERE state IN ('QUEUED', 'RUNNING');
CREATE INDEX calibrations_by_set ON search.calibrations (set_id, created_at DESC, id DESC);
CREATE INDEX calibrations_to_do ON search.calibrations (created_at, id)
    WHERE state IN ('QUEUED', 'RUNNING');

CREATE TABLE search.inspections (
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
CREATE INDEX inspections_by_set ON search.inspections (set_id, version, created_at DESC, id DESC);
CREATE INDEX inspections_to_review
    ON search.inspections (set_id, version, user_id, created_at DESC, id DESC)
    WHERE image_id IS NOT NULL;
CREATE INDEX inspections_by_image ON search.inspections (image_id, created_at DESC, id DESC)
    WHERE image_id IS NOT NULL;
CREATE INDEX inspections_by_age ON search.inspections (created_at) WHERE NOT has_feedback;

-- How many inspections there were, also of those that are forgotten.
CREATE TABLE search.inspection_counts (
    set_id    uuid NOT NULL REFERENCES search.reference_sets ON DELETE CASCADE,
    version   integer NOT NULL,
    -- In UTC.
    day       date NOT NULL,
    user_id   uuid NOT NULL,
    inspected bigint NOT NULL,
    anomalous bigint NOT NULL,
    PRIMARY KEY (set_id, version, day, user_id)
);
CREATE INDEX inspection_counts_by_user ON search.inspection_counts (user_id);

-- Sets that are gone, until their inspections are.
CREATE TABLE search.deleted_sets (
    set_id uuid PRIMARY KEY
);

CREATE TABLE search.feedback (
    id            uuid PRIMARY KEY,
    -- NULL: the inspected image is not stored.
    image_id      uuid,
    user_id       uuid NOT NULL,
    action        text NOT NULL CHECK (action IN ('confirm_anomaly', 'mark_normal', 'relabel', 'comment')),
    note          text NOT NULL,
    created_at    timestamptz NOT NULL,
    -- NULL: the image was never inspected.
    inspection_id uuid REFERENCES search.inspections ON DELETE CASCADE,
    set_id        uuid REFERENCES search.reference_sets ON DELETE CASCADE,
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
CREATE INDEX feedback_by_set ON search.feedback (set_id, created_at DESC, id DESC);
CREATE INDEX feedback_by_user ON search.feedback (user_id, created_at DESC, id DESC);
CREATE INDEX feedback_by_image ON search.feedback (image_id, created_at DESC, id DESC);
CREATE INDEX feedback_by_inspection ON search.feedback (inspection_id, created_at DESC, id DESC);
CREATE INDEX judgements_by_set ON search.feedback (set_id, image_id, created_at DESC, id DESC)
    WHERE defective IS NOT NULL;

-- Artifacts that no version needs any more, until they are removed.
CREATE TABLE search.artifact_purges (
    name       text PRIMARY KEY,
    -- Inspections under way may still load it before.
    due_at     timestamptz NOT NULL
);
CREATE INDEX artifact_purges_by_due ON search.artifact_purges (due_at);
