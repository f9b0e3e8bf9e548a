-- Accounts that are gone, and what became of what they had.
CREATE TABLE auth.account_deletions (
    deletion_id uuid PRIMARY KEY,
    -- Needed until every service has removed what it had; then it is forgotten, too.
    user_id     uuid,
    created_at  timestamptz NOT NULL,
    removed_at  timestamptz,
    done_at     timestamptz,
    -- 1 at first; 2 when services look once more.
    look        smallint NOT NULL DEFAULT 1,
    -- When services that have not answered are told next, and how often they were.
    announce_at timestamptz NOT NULL,
    announced   integer NOT NULL DEFAULT 0,
    CHECK ((user_id IS NULL) = (done_at IS NOT NULL))
);
CREATE INDEX account_deletions_to_announce ON auth.account_deletions (announce_at)
    WHERE user_id IS NOT NULL;

CREATE TABLE auth.account_removal_reports (
    deletion_id uuid NOT NULL REFERENCES auth.account_deletions ON DELETE CASCADE,
    service     text NOT NULL,
    look        smallint NOT NULL,
    removed     jsonb NOT NULL,
    reported_at timestamptz NOT NULL,
    PRIMARY KEY (deletion_id, service)
);

-- Sessions and API keys that ended with their account, without whose they were, so that every
-- service can be told again while their access tokens have not expired.
CREATE TABLE auth.ended_with_account (
    id       uuid PRIMARY KEY,
    ended_at timestamptz NOT NULL
);
CREATE INDEX ended_with_account_by_time ON auth.ended_with_account (ended_at);
