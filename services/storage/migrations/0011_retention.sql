-- By which label a user's images go to the trash by themselves, and after how many days.
CREATE TABLE storage.retention_rules (
    rule_id      uuid PRIMARY KEY,
    user_id      uuid NOT NULL,
    label_key    text NOT NULL,
    -- Null: whatever the value is.
    label_value  text,
    keep_days    integer NOT NULL CHECK (keep_days > 0),
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    -- When to look at it next.
    look_at      timestamptz NOT NULL,
    -- Images that it has put into the trash, and when it did so last.
    trashed      bigint NOT NULL DEFAULT 0,
    trashed_at   timestamptz
);
CREATE UNIQUE INDEX retention_rules_by_label ON storage.retention_rules
    (user_id, label_key, coalesce(label_value, ''), (label_value IS NULL));
CREATE INDEX retention_rules_to_look_at ON storage.retention_rules (look_at);

-- When it was last brought back from the trash: from then on rules count its days.
ALTER TABLE storage.image_uploads ADD COLUMN restored_at timestamptz;
