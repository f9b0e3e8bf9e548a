-- What an inspection found beside its verdict; earlier releases did not keep it.
CREATE TABLE inspection.findings (
    inspection_id uuid PRIMARY KEY REFERENCES inspection.inspections ON DELETE CASCADE,
    regions       jsonb NOT NULL,
    nearest       jsonb NOT NULL,
    -- The anomaly of each patch in units of the threshold, as `postgres_finding_rows.py` packs it, and the
    -- pixels of the image as seen; NULL from a scorer that says no where.
    grid_rows     integer,
    grid_columns  integer,
    grid          bytea,
    image_width   integer,
    image_height  integer
);
-- It is compressed already.
ALTER TABLE inspection.findings ALTER COLUMN grid SET STORAGE EXTERNAL;
CREATE INDEX inspections_by_user ON inspection.inspections (user_id, created_at DESC, id DESC);
CREATE INDEX inspections_by_set_and_time ON inspection.inspections (set_id, created_at DESC, id DESC);

-- What a request to set a threshold made; NULL for what jobs made.
ALTER TABLE inspection.versions ADD COLUMN made_by uuid;
CREATE UNIQUE INDEX versions_by_request ON inspection.versions (made_by);

-- Feedback that was taken back, so that the request which gave it, sent again, does not bring it back.
CREATE TABLE inspection.deleted_feedback (
    id         uuid PRIMARY KEY,
    -- Who gave it, and who took it back.
    user_id    uuid NOT NULL,
    deleted_by uuid NOT NULL,
    deleted_at timestamptz NOT NULL
);
CREATE INDEX deleted_feedback_by_time ON inspection.deleted_feedback (deleted_at);

-- What somebody put at the end of their review queue.
CREATE TABLE inspection.review_skips (
    inspection_id uuid NOT NULL REFERENCES inspection.inspections ON DELETE CASCADE,
    user_id       uuid NOT NULL,
    skipped_at    timestamptz NOT NULL,
    PRIMARY KEY (inspection_id, user_id)
);
CREATE INDEX review_skips_by_time ON inspection.review_skips (skipped_at);

-- What is in somebody's hands to be judged.
CREATE TABLE inspection.review_claims (
    inspection_id uuid PRIMARY KEY REFERENCES inspection.inspections ON DELETE CASCADE,
    claim_id      uuid NOT NULL,
    user_id       uuid NOT NULL,
    -- Place in the claim.
    place         integer NOT NULL,
    expires_at    timestamptz NOT NULL
);
CREATE INDEX review_claims_by_claim ON inspection.review_claims (claim_id, place);
CREATE INDEX review_claims_by_time ON inspection.review_claims (expires_at);
