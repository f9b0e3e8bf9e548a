-- Who did what: each row's hash is over the one before, so that a change shows.
CREATE TABLE auth.audit_events (
    sequence    bigint PRIMARY KEY CHECK (sequence > 0),
    entry_id    uuid NOT NULL UNIQUE,
    -- What the hash is over; the columns between are taken out of it, to filter by.
    record      text NOT NULL,
    occurred_at timestamptz NOT NULL,
    user_id     text NOT NULL,
    method      text NOT NULL,
    code        text NOT NULL,
    targets     text[] NOT NULL,
    hash        bytea NOT NULL CHECK (length(hash) = 32)
);
CREATE INDEX audit_events_by_user ON auth.audit_events (user_id, sequence);
CREATE INDEX audit_events_by_method ON auth.audit_events (method, sequence);
CREATE INDEX audit_events_by_time ON auth.audit_events (occurred_at);
CREATE INDEX audit_events_by_target ON auth.audit_events USING gin (targets);

-- Where the chain ends, so that rows that are cut off its end show as well.
CREATE TABLE auth.audit_head (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    sequence bigint NOT NULL,
    hash     bytea NOT NULL CHECK (length(hash) = 32)
);
INSERT INTO auth.audit_head (sequence, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

CREATE FUNCTION auth.refuse_audit_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'auth.audit_events is only appended to';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON auth.audit_events
    FOR EACH ROW EXECUTE FUNCTION auth.refuse_audit_changes();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON auth.audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION auth.refuse_audit_changes();
