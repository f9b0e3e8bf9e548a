-- How much was removed of accounts that were deleted; nothing in it tells whose they were.
CREATE TABLE inspection.account_removals (
    deletion_id uuid NOT NULL,
    what        text NOT NULL,
    removed     bigint NOT NULL,
    PRIMARY KEY (deletion_id, what)
);
