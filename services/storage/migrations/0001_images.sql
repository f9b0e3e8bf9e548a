-- One row per image, from the moment its id is reserved until it is deleted.
CREATE TABLE storage.image_uploads (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    image_id        uuid NOT NULL UNIQUE,
    user_id         uuid NOT NULL,
    filename        text NOT NULL,
    content_type    text NOT NULL,
    size_bytes      bigint NOT NULL CHECK (size_bytes > 0),
    -- Declared by the client until completed_at is set, verified from then on.
    sha256          text NOT NULL DEFAULT '',
    phash           text NOT NULL DEFAULT '',
    width           integer NOT NULL DEFAULT 0,
    height          integer NOT NULL DEFAULT 0,
    format          text NOT NULL DEFAULT '',
    labels          jsonb NOT NULL DEFAULT '{}',
    state           text NOT NULL CHECK (state IN ('PENDING', 'UPLOADED', 'INDEXED', 'FAILED')),
    failure_reason  text,
    failure_message text,
    created_at      timestamptz NOT NULL,
    -- When the presigned PUT stops working, and when the upload as a whole fails.
    put_expires_at  timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    -- When the bytes were verified and kept; null if that has not happened.
    completed_at    timestamptz,
    -- When search was last told of the image.
    announced_at    timestamptz,
    indexed_at      timestamptz,
    CHECK ((state = 'FAILED') = (failure_reason IS NOT NULL)),
    CHECK ((failure_reason IS NULL) = (failure_message IS NULL)),
    CHECK (state NOT IN ('UPLOADED', 'INDEXED') OR completed_at IS NOT NULL)
);

CREATE INDEX image_uploads_page ON storage.image_uploads (user_id, created_at DESC, image_id DESC);
CREATE INDEX image_uploads_content ON storage.image_uploads (user_id, sha256);
CREATE INDEX image_uploads_labels ON storage.image_uploads USING gin (labels);
CREATE INDEX image_uploads_expiry ON storage.image_uploads (expires_at) WHERE state = 'PENDING';
CREATE INDEX image_uploads_announced ON storage.image_uploads (announced_at)
    WHERE state = 'UPLOADED';

-- Events that are committed with the change they tell of and removed once told.
CREATE TABLE storage.outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event      jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Objects that are to be removed, however long the object store is down.
CREATE TABLE storage.purges (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    object_key text NOT NULL,
    due_at     timestamptz NOT NULL,
    attempts   integer NOT NULL DEFAULT 0
);

CREATE INDEX purges_due ON storage.purges (due_at);
