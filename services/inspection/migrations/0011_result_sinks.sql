-- Where what is found with a set is sent on to, and what is still to be sent.

CREATE TABLE inspection.result_sinks (
    set_id            uuid PRIMARY KEY REFERENCES inspection.reference_sets ON DELETE CASCADE,
    kind              text NOT NULL CHECK (kind IN ('WEBHOOK', 'REDIS_STREAM')),
    url               text NOT NULL,
    -- Results are signed with it, so it is kept as it is.
    secret            bytea NOT NULL,
    anomalous_only    boolean NOT NULL,
    updated_at        timestamptz NOT NULL,
    delivered         bigint NOT NULL DEFAULT 0,
    dropped           bigint NOT NULL DEFAULT 0,
    last_delivered_at timestamptz,
    last_problem      text NOT NULL DEFAULT '',
    -- Tries in a row that failed, and until when nothing is tried because of them.
    failures          integer NOT NULL DEFAULT 0,
    blocked_until     timestamptz NOT NULL DEFAULT '-infinity'
);

CREATE TABLE inspection.result_deliveries (
    delivery_id   uuid PRIMARY KEY,
    set_id        uuid NOT NULL REFERENCES inspection.result_sinks ON DELETE CASCADE,
    -- NULL: a test. What is forgotten is not sent any more.
    inspection_id uuid UNIQUE REFERENCES inspection.inspections ON DELETE CASCADE,
    body          text NOT NULL,
    created_at    timestamptz NOT NULL,
    -- NULL: it was given up.
    due_at        timestamptz,
    gave_up_at    timestamptz,
    tries         integer NOT NULL DEFAULT 0,
    problem       text NOT NULL DEFAULT '',
    CHECK ((due_at IS NULL) <> (gave_up_at IS NULL))
);
CREATE INDEX result_deliveries_by_due ON inspection.result_deliveries (set_id, due_at);
CREATE INDEX result_deliveries_by_creation ON inspection.result_deliveries (set_id, created_at DESC);
CREATE INDEX result_deliveries_by_end ON inspection.result_deliveries (gave_up_at)
    WHERE gave_up_at IS NOT NULL;
