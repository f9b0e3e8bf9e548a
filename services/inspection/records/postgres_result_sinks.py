"""Sinks of results and their outbox in PostgreSQL, schema `inspection`.

What is found is put into the outbox by `postgres_inspections.py`, with the inspection itself.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.inspection.line.sink_model import (
    Delivery,
    Parcel,
    ResultSink,
    SinkKind,
    SinkTarget,
)

MOST_WAITING = 10_000
"""Results of a set that may wait to be sent on."""

_PUT = """
WITH put AS (
    INSERT INTO inspection.result_sinks AS s
        (set_id, kind, url, secret, anomalous_only, updated_at)
    SELECT $1, $2, $3, $4, $5, $6
    WHERE EXISTS (SELECT FROM inspection.reference_sets WHERE id = $1 FOR KEY SHARE)
    ON CONFLICT (set_id) DO UPDATE SET
        kind = EXCLUDED.kind, url = EXCLUDED.url, anomalous_only = EXCLUDED.anomalous_only,
        updated_at = EXCLUDED.updated_at, last_problem = '', failures = 0,
        blocked_until = '-infinity',
        secret = CASE WHEN $7 AND s.kind = EXCLUDED.kind AND s.url = EXCLUDED.url
            THEN s.secret ELSE EXCLUDED.secret END
    RETURNING secret
)
SELECT secret = $4 FROM put
"""

_DUE_NOW = (
    "UPDATE inspection.result_deliveries SET due_at = $2, gave_up_at = NULL WHERE set_id = $1"
)

_GET = """
SELECT s.*,
    (SELECT count(*) FROM inspection.result_deliveries d
     WHERE d.set_id = s.set_id AND d.due_at IS NOT NULL) AS waiting,
    (SELECT count(*) FROM inspection.result_deliveries d
     WHERE d.set_id = s.set_id AND d.gave_up_at IS NOT NULL) AS given_up
FROM inspection.result_sinks s WHERE s.set_id = $1
"""

_CLAIM = """
WITH due AS (
    SELECT d.delivery_id FROM inspection.result_sinks s
    CROSS JOIN LATERAL (
        SELECT delivery_id FROM inspection.result_deliveries d
        WHERE d.set_id = s.set_id AND d.due_at <= $1
        ORDER BY d.due_at LIMIT $4 FOR UPDATE SKIP LOCKED
    ) d
    WHERE s.blocked_until <= $1
    -- All sinks alike: none comes first because of its id.
    ORDER BY random() LIMIT $3
), claimed AS (
    UPDATE inspection.result_deliveries SET due_at = $2, tries = tries + 1
    WHERE delivery_id IN (SELECT delivery_id FROM due) RETURNING *
)
SELECT c.*, s.kind, s.url, s.secret, s.anomalous_only, s.failures
FROM claimed c JOIN inspection.result_sinks s ON s.set_id = c.set_id
ORDER BY c.created_at
"""

_ADD_PART = """
WITH sink AS (
    SELECT s.set_id, (
        SELECT count(*) FROM inspection.result_deliveries d
        WHERE d.set_id = s.set_id AND d.due_at IS NOT NULL
    ) >= $6 AS full
    FROM inspection.result_sinks s
    WHERE s.set_id = $1 AND ($5 OR NOT s.anomalous_only) FOR KEY SHARE
), dropped AS (
    UPDATE inspection.result_sinks s SET dropped = s.dropped + 1
    FROM sink WHERE s.set_id = sink.set_id AND sink.full
)
INSERT INTO inspection.result_deliveries (delivery_id, set_id, body, created_at, due_at)
SELECT $2, set_id, $3, $4, $4 FROM sink WHERE NOT sink.full
ON CONFLICT (delivery_id) DO NOTHING
RETURNING true
"""

_DELIVERED = """
WITH gone AS (
    DELETE FROM inspection.result_deliveries WHERE delivery_id = $1 RETURNING set_id
)
UPDATE inspection.result_sinks s SET delivered = delivered + 1, last_delivered_at = $2,
    last_problem = '', failures = 0, blocked_until = '-infinity'
FROM gone WHERE s.set_id = gone.set_id
"""

_FAILED = """
WITH noted AS (
    UPDATE inspection.result_deliveries SET problem = $2, due_at = $3,
        gave_up_at = CASE WHEN $3::timestamptz IS NULL THEN $5::timestamptz END
    WHERE delivery_id = $1 RETURNING set_id
)
UPDATE inspection.result_sinks s
SET last_problem = $2, failures = failures + 1, blocked_until = greatest(blocked_until, $4)
FROM noted WHERE s.set_id = noted.set_id
"""


class PostgresResultSinks:
    """`ResultSinks` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def put(
        self, set_id: str, target: SinkTarget, secret: bytes, *, keep_secret: bool, now: datetime
    ) -> bool:
        """Sets a set's sink; whether the secret was taken."""
        async with self._pool.acquire() as connection, connection.transaction():
            taken = await connection.fetchval(
                _PUT,
                set_id,
                target.kind.value,
                target.url,
                secret,
                target.anomalous_only,
                now,
                keep_secret,
            )
            await connection.execute(f"{_DUE_NOW} AND due_at IS NOT NULL", set_id, now)
        return bool(taken)

    async def get(self, set_id: str) -> ResultSink | None:
        """A set's sink."""
        row = await self._pool.fetchrow(_GET, set_id)
        if row is None:
            return None
        return ResultSink(
            set_id=str(row["set_id"]),
            target=_target(row),
            updated_at=row["updated_at"],
            delivered=row["delivered"],
            waiting=row["waiting"],
            given_up=row["given_up"],
            dropped=row["dropped"],
            last_delivered_at=row["last_delivered_at"],
            last_problem=row["last_problem"],
        )

    async def delete(self, set_id: str) -> None:
        """Deletes a sink with its deliveries."""
        await self._pool.execute("DELETE FROM inspection.result_sinks WHERE set_id = $1", set_id)

    async def add_test(self, set_id: str, delivery_id: str, body: str, now: datetime) -> bool:
        """Adds a delivery that is of no inspection; False if the set has no sink."""
        added = await self._pool.fetchval(
            "INSERT INTO inspection.result_deliveries "
            "(delivery_id, set_id, body, created_at, due_at) "
            "SELECT $2, set_id, $3, $4, $4 FROM inspection.result_sinks WHERE set_id = $1 "
            "FOR KEY SHARE RETURNING true",
            set_id,
            delivery_id,
            body,
            now,
        )
        return bool(added)

    async def add_part(
        self, set_id: str, delivery_id: str, body: str, now: datetime, *, alarm: bool
    ) -> bool:
        """Adds what a part came to; whether it is to be delivered."""
        added = await self._pool.fetchval(
            _ADD_PART, set_id, delivery_id, body, now, alarm, MOST_WAITING
        )
        return bool(added)

    async def undelivered(self, set_id: str, *, limit: int) -> Sequence[Delivery]:
        """What waits or was given up, newest first."""
        rows = await self._pool.fetch(
            "SELECT * FROM inspection.result_deliveries WHERE set_id = $1 "
            "ORDER BY created_at DESC LIMIT $2",
            set_id,
            limit,
        )
        return [_delivery(row) for row in rows]

    async def retry(self, set_id: str, now: datetime) -> None:
        """Makes all that waits or was given up due now."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "UPDATE inspection.result_sinks SET blocked_until = '-infinity', failures = 0 "
                "WHERE set_id = $1",
                set_id,
            )
            # Given up, they are a day old: each has one more try.
            await connection.execute(_DUE_NOW, set_id, now)

    async def claim(
        self, now: datetime, *, until: datetime, limit: int, limit_of_sink: int
    ) -> Sequence[Parcel]:
        """Takes deliveries that are due."""
        rows = await self._pool.fetch(_CLAIM, now, until, limit, limit_of_sink)
        return [
            Parcel(_delivery(row), _target(row), bytes(row["secret"]), row["failures"])
            for row in rows
        ]

    async def delivered(self, delivery: Delivery, now: datetime) -> None:
        """Removes what was delivered, and counts it."""
        await self._pool.execute(_DELIVERED, delivery.delivery_id, now)

    async def failed(
        self,
        delivery: Delivery,
        problem: str,
        *,
        due_at: datetime | None,
        blocked_until: datetime,
        now: datetime,
    ) -> None:
        """Notes a try that failed."""
        await self._pool.execute(_FAILED, delivery.delivery_id, problem, due_at, blocked_until, now)

    async def forget_given_up_before(self, time: datetime) -> None:
        """Forgets what was given up earlier."""
        await self._pool.execute(
            "DELETE FROM inspection.result_deliveries WHERE gave_up_at < $1", time
        )


def _target(row: Any) -> SinkTarget:  # noqa: ANN401 - a row
    return SinkTarget(SinkKind(row["kind"]), row["url"], row["anomalous_only"])


def _delivery(row: Any) -> Delivery:  # noqa: ANN401 - a row
    return Delivery(
        delivery_id=str(row["delivery_id"]),
        set_id=str(row["set_id"]),
        inspection_id=str(row["inspection_id"] or ""),
        body=row["body"],
        created_at=row["created_at"],
        tries=row["tries"],
        due_at=row["due_at"],
        gave_up_at=row["gave_up_at"],
        problem=row["problem"],
    )
