-- Searches that users keep, and what new images match them.

-- A user's place in the order of commits: who has seen 7 will see nothing new at 6, because the row
-- is locked from the moment that matches get their places until they are committed.
CREATE TABLE searches.match_positions (
    user_id   uuid PRIMARY KEY,
    position  bigint NOT NULL DEFAULT 0,
    -- Up to here matches have been forgotten, because there were too many.
    forgotten bigint NOT NULL DEFAULT 0
);

CREATE TABLE searches.saved_searches (
    id            uuid PRIMARY KEY,
    user_id       uuid NOT NULL,
    display_name  text NOT NULL,
    -- SearchImagesRequest without its pictures, and with them.
    query         bytea NOT NULL,
    whole_query   bytea NOT NULL,
    -- Counts the changes of the query.
    revision      integer NOT NULL DEFAULT 1,
    -- Whether a change of an image's name or labels can make it match.
    conditional   boolean NOT NULL,
    seen_position bigint NOT NULL DEFAULT 0,
    problem       text NOT NULL DEFAULT '',
    problem_words text NOT NULL DEFAULT '',
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX saved_searches_by_user ON searches.saved_searches (user_id, created_at, id);

-- What a query is to a model; it can be made anew from the query, as long as its images are there.
CREATE TABLE searches.saved_vectors (
    search_id  uuid NOT NULL REFERENCES searches.saved_searches ON DELETE CASCADE,
    space_name text NOT NULL,
    revision   integer NOT NULL,
    -- 32-bit floats, little-endian.
    vector     bytea NOT NULL,
    -- The cut-off that was last known; NULL: none was, or none is asked for.
    cutoff     real,
    PRIMARY KEY (search_id, space_name)
);

-- Images that were indexed and are to be compared with their owners' saved searches.
CREATE TABLE searches.arrivals (
    image_id uuid PRIMARY KEY,
    user_id  uuid NOT NULL,
    -- Whether only its name or labels changed.
    is_change boolean NOT NULL,
    -- Saved searches whose conditions it already kept before that.
    kept_before uuid[] NOT NULL DEFAULT '{}',
    -- When it was found by searches as it is now; NULL: not yet.
    arrived_at timestamptz,
    -- When it is to be compared; later, if it could not be.
    due_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    tries    integer NOT NULL DEFAULT 0,
    -- Counts what happened to it, so that nobody ends what has changed meanwhile.
    version  integer NOT NULL DEFAULT 1
);
CREATE INDEX arrivals_by_due ON searches.arrivals (due_at) WHERE arrived_at IS NOT NULL;
CREATE INDEX arrivals_by_user ON searches.arrivals (user_id);

CREATE TABLE searches.saved_matches (
    search_id uuid NOT NULL REFERENCES searches.saved_searches ON DELETE CASCADE,
    image_id  uuid NOT NULL,
    user_id   uuid NOT NULL,
    position  bigint NOT NULL,
    score     real NOT NULL,
    found_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Since when the image is deleted; NULL: it is not. It may be brought back.
    hidden_at timestamptz,
    PRIMARY KEY (search_id, image_id)
);
CREATE INDEX saved_matches_by_search ON searches.saved_matches (search_id, position);
CREATE INDEX saved_matches_by_user ON searches.saved_matches (user_id, position);
CREATE INDEX saved_matches_by_image ON searches.saved_matches (image_id);
CREATE INDEX saved_matches_hidden ON searches.saved_matches (hidden_at) WHERE hidden_at IS NOT NULL;
