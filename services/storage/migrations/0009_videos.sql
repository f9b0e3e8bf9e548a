-- One row per video, from the moment its id is reserved until it is deleted. Times within a video are
-- microseconds from its beginning.
CREATE TABLE storage.videos (
    video_id        uuid PRIMARY KEY,
    user_id         uuid NOT NULL,
    filename        text NOT NULL,
    content_type    text NOT NULL,
    size_bytes      bigint NOT NULL CHECK (size_bytes > 0),
    -- Declared by the client until the video is READY, verified from then on.
    sha256          text NOT NULL,
    labels          jsonb NOT NULL,
    max_key_frames  integer NOT NULL,
    request_id      uuid,
    state           text NOT NULL
        CHECK (state IN ('PENDING', 'QUEUED', 'IMPORTING', 'READY', 'FAILED')),
    failure_reason  text,
    failure_message text,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    put_expires_at  timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    -- When to import it next, or when whoever does has lost it; null if there is nothing to do.
    work_at         timestamptz,
    -- When its import was begun last, and how often: an attempt is known by that number.
    begun_at        timestamptz,
    attempts        integer NOT NULL DEFAULT 0,
    progress        double precision NOT NULL DEFAULT 0,
    duration_us     bigint NOT NULL DEFAULT 0,
    width           integer NOT NULL DEFAULT 0,
    height          integer NOT NULL DEFAULT 0,
    codec           text NOT NULL DEFAULT '',
    shots           integer NOT NULL DEFAULT 0,
    key_frames      integer NOT NULL DEFAULT 0,
    damaged         boolean NOT NULL DEFAULT false,
    CHECK ((state = 'FAILED') = (failure_reason IS NOT NULL)),
    CHECK ((failure_reason IS NULL) = (failure_message IS NULL)),
    CHECK ((state IN ('QUEUED', 'IMPORTING')) = (work_at IS NOT NULL))
);
CREATE INDEX videos_page ON storage.videos (user_id, created_at DESC, video_id DESC);
CREATE UNIQUE INDEX videos_request ON storage.videos (user_id, request_id)
    WHERE request_id IS NOT NULL;
CREATE INDEX videos_work ON storage.videos (work_at) WHERE work_at IS NOT NULL;
CREATE INDEX videos_expiry ON storage.videos (expires_at) WHERE state = 'PENDING';

-- Of images that were taken from a video: which, the name of its file, and when.
ALTER TABLE storage.image_uploads
    ADD COLUMN video_id       uuid,
    ADD COLUMN video_filename text,
    ADD COLUMN frame_us       bigint,
    ADD COLUMN shot_start_us  bigint,
    ADD COLUMN shot_end_us    bigint;
CREATE INDEX image_uploads_of_video ON storage.image_uploads (video_id) WHERE video_id IS NOT NULL;
