"""The audit's chain in PostgreSQL, schema `auth`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from services.auth.audit_model import AuditEvent, AuditFilter, Head
from services.runtime.audit_chain import START, Link, link_hash
from services.runtime.audit_entry import AuditEntry

SPOILT = "SPOILT"
"""What stands in place of the reason where a record cannot be read any more."""

SPOILT_AT = datetime(1970, 1, 1, tzinfo=UTC)

_HEAD = "SELECT sequence, hash FROM auth.audit_head"


class PostgresAudit:
    """`AuditStore` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def append(self, entries: Sequence[AuditEntry]) -> int:
        """Appends entries in order, those that are there already not again; how many."""
        fresh = {entry.entry_id: entry for entry in entries}
        async with self._pool.acquire() as connection, connection.transaction():
            # Replicas append one after the other.
            head = await connection.fetchrow(f"{_HEAD} FOR NO KEY UPDATE")
            if head is None:
                raise RuntimeError(
                    "auth.audit_head is empty: somebody took out where the audit ends"
                )
            for row in await connection.fetch(
                "SELECT entry_id FROM auth.audit_events WHERE entry_id = ANY($1)", list(fresh)
            ):
                del fresh[row["entry_id"]]
            sequence, end = head["sequence"], head["hash"]
            rows = []
            for entry in fresh.values():
                record, sequence = entry.to_record(), sequence + 1
                end = link_hash(end, sequence, record)
                named = [text for values in entry.targets.values() for text in values]
                rows.append(
                    (
                        sequence,
                        entry.entry_id,
                        record,
                        entry.time,
                        entry.user_id,
                        entry.method,
                        entry.code,
                        named,
                        end,
                    )
                )
            await connection.executemany(
                "INSERT INTO auth.audit_events (sequence, entry_id, record, occurred_at, user_id, "
                "method, code, targets, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                rows,
            )
            await connection.execute(
                "UPDATE auth.audit_head SET sequence = $1, hash = $2", sequence, end
            )
        return len(rows)

    async def head(self) -> Head:
        """Where the chain ends."""
        row = await self._pool.fetchrow(_HEAD)
        return Head(0, START) if row is None else Head(row["sequence"], row["hash"])

    async def read(
        self, where: AuditFilter, *, beyond: int | None, oldest_first: bool, limit: int
    ) -> list[AuditEvent]:
        """Entries that a filter leaves, from behind a place on, in the order of the chain or back.

        Args:
            where: Which.
            beyond: Place of the last one that was read; None: from the end that is first.
            oldest_first: Whether in the order of the chain.
            limit: Most entries.
        """
        compared, order = (">", "ASC") if oldest_first else ("<", "DESC")
        # What is not asked for is not in the statement, so that each has the index that fits.
        conditions: list[str] = []
        values: list[object] = []

        def add(condition: str, *more: object) -> None:
            places = [f"${len(values) + number}" for number in range(1, len(more) + 1)]
            values.extend(more)
            conditions.append(condition.format(*places))

        if beyond is not None:
            add(f"sequence {compared} {{}}", beyond)
        if where.user_id:
            add("user_id = {}", where.user_id)
        if where.method.startswith("/"):
            add("method = {}", where.method)
        elif where.method:
            add("method LIKE {}", "%/" + _literal(where.method))
        if where.target:
            add("targets @> ARRAY[{}::text]", where.target)
        if where.code:
            add("code = {}", where.code)
        if where.since is not None:
            add("occurred_at >= {}", where.since)
        if where.until is not None:
            add("occurred_at < {}", where.until)
        chosen = f"WHERE {' AND '.join(conditions)} " if conditions else ""
        rows = await self._pool.fetch(
            f"SELECT sequence, record, hash FROM auth.audit_events {chosen}"  # noqa: S608 - words of ours; values are parameters
            f"ORDER BY sequence {order} LIMIT {limit:d}",
            *values,
        )
        return [
            AuditEvent(
                Link(row["sequence"], row["record"], row["hash"]),
                _entry(row["record"]),
            )
            for row in rows
        ]


def _entry(record: str) -> AuditEntry:
    """What a record says; of one that was spoilt nothing, so that all others can still be read."""
    try:
        return AuditEntry.from_record(record)
    except ValueError:
        return AuditEntry(UUID(int=0), SPOILT_AT, "", "", reason=SPOILT)


def _literal(text: str) -> str:
    """A text in which LIKE sees no pattern."""
    for sign in ("\\", "%", "_"):
        text = text.replace(sign, "\\" + sign)
    return text
