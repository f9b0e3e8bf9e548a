"""Deletions of accounts in PostgreSQL, schema `auth`."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from services.auth.deletion_record import (
    Announcement,
    DeletionRecord,
    Ended,
    Removal,
    RemovalReport,
)
from services.auth.errors import DeletionIdTaken, LastAdmin
from services.auth.postgres_users import one_role_change_at_a_time
from services.runtime.roles import Role

FIRST_REPEAT = timedelta(seconds=10)
LAST_REPEAT = timedelta(minutes=10)
"""How long a service has to answer before it is told again: at first, and at most."""


class PostgresDeletions:
    """`DeletionStore` over a pool.

    Args:
        pool: Connections.
        services: Names of those that must answer.
    """

    def __init__(self, pool: asyncpg.Pool, services: Sequence[str]) -> None:
        self._pool = pool
        self._services = frozenset(services)

    async def end(
        self, user_id: UUID, deletion_id: UUID, *, seen_hash: str, now: datetime
    ) -> Ended | None:
        """Removes a user with sessions and API keys and begins the deletion."""
        async with self._pool.acquire() as connection, connection.transaction():
            await one_role_change_at_a_time(connection)
            # Whoever opens a session or makes a key at the same time waits here, and then fails.
            kept = await connection.fetchrow(
                "SELECT password_hash, role FROM auth.users WHERE user_id = $1 FOR UPDATE", user_id
            )
            if kept is None or kept["password_hash"] != seen_hash:
                return None
            if kept["role"] == Role.ADMIN.word and await _leaves_others_alone(connection, user_id):
                raise LastAdmin("this is the only administrator; make somebody else one first")
            sessions = await _ids(connection, "DELETE FROM auth.sessions", "session_id", user_id)
            keys = await _ids(connection, "DELETE FROM auth.api_keys", "api_key_id", user_id)
            await connection.execute("DELETE FROM auth.users WHERE user_id = $1", user_id)
            await connection.execute(
                "INSERT INTO auth.ended_with_account (id, ended_at) SELECT id, $2 "
                "FROM unnest($1::uuid[]) id ON CONFLICT (id) DO NOTHING",
                [*sessions, *keys],
                now,
            )
            if not await connection.fetchval(
                "INSERT INTO auth.account_deletions (deletion_id, user_id, created_at, announce_at)"
                " VALUES ($1, $2, $3, $3) ON CONFLICT (deletion_id) DO NOTHING RETURNING true",
                deletion_id,
                user_id,
                now,
            ):
                raise DeletionIdTaken("draw another id at random", field="deletion_id")
            removed = {"accounts": 1, "sessions": len(sessions), "api_keys": len(keys)}
            await _report(connection, Removal(deletion_id, "auth", 2, removed), now)
            report = RemovalReport("auth", removed, now)
            return Ended(DeletionRecord(deletion_id, now, reports=(report,)), (*sessions, *keys))

    async def get(self, deletion_id: UUID) -> DeletionRecord | None:
        """A deletion."""
        async with self._pool.acquire() as connection, connection.transaction():
            return await _record(connection, deletion_id)

    async def announce(
        self,
        publish: Callable[[Sequence[Announcement]], Awaitable[None]],
        now: datetime,
        limit: int,
    ) -> int:
        """Gives those that are due to `publish`, and has them due again later."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(
                "SELECT d.*, ARRAY(SELECT r.service FROM auth.account_removal_reports r "
                "WHERE r.deletion_id = d.deletion_id AND r.look >= d.look) AS answered "
                "FROM auth.account_deletions d WHERE d.user_id IS NOT NULL AND d.announce_at <= $1 "
                "ORDER BY d.announce_at LIMIT $2 FOR UPDATE OF d SKIP LOCKED",
                now,
                limit,
            )
            if rows:
                await publish([self._announcement(row) for row in rows])
                await connection.executemany(
                    "UPDATE auth.account_deletions SET announced = announced + 1, announce_at = $2 "
                    "WHERE deletion_id = $1",
                    [(row["deletion_id"], now + _wait(row["announced"])) for row in rows],
                )
            return len(rows)

    async def record(
        self, removals: Sequence[Removal], *, settle: timedelta, now: datetime
    ) -> Sequence[DeletionRecord]:
        """Records answers, and what follows when all are there."""
        gone_on = []
        # In one order, so that two of these do not wait for each other.
        for deletion_id in sorted({one.deletion_id for one in removals}):
            async with self._pool.acquire() as connection, connection.transaction():
                row = await connection.fetchrow(
                    "SELECT * FROM auth.account_deletions WHERE deletion_id = $1 FOR UPDATE",
                    deletion_id,
                )
                if row is None or row["user_id"] is None:
                    continue
                for removal in removals:
                    if removal.deletion_id == deletion_id and removal.service in self._services:
                        await _report(connection, removal, now)
                if await self._goes_on(connection, row, settle, now):
                    record = await _record(connection, deletion_id)
                    if record is not None:
                        gone_on.append(record)
        return gone_on

    async def forget_ended(self, before: datetime) -> None:
        """Forgets sessions and API keys that ended with their account before a time."""
        await self._pool.execute("DELETE FROM auth.ended_with_account WHERE ended_at < $1", before)

    def _announcement(self, row: asyncpg.Record) -> Announcement:
        waiting = self._services - set(row["answered"])
        return Announcement(row["deletion_id"], row["user_id"], row["look"], tuple(sorted(waiting)))

    async def _goes_on(
        self,
        connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
        row: asyncpg.Record,
        settle: timedelta,
        now: datetime,
    ) -> bool:
        """Begins the next look, or ends the deletion, if all services have answered this one."""
        answered = await connection.fetch(
            "SELECT service FROM auth.account_removal_reports "
            "WHERE deletion_id = $1 AND look >= $2",
            row["deletion_id"],
            row["look"],
        )
        if self._services - {one["service"] for one in answered}:
            return False
        if row["look"] == 1:
            await connection.execute(
                "UPDATE auth.account_deletions SET look = 2, removed_at = $2, announced = 0, "
                "announce_at = $3 WHERE deletion_id = $1",
                row["deletion_id"],
                now,
                max(now, row["created_at"] + settle),
            )
        else:
            await connection.execute(
                "UPDATE auth.account_deletions SET user_id = NULL, done_at = $2 "
                "WHERE deletion_id = $1",
                row["deletion_id"],
                now,
            )
        return True


async def _ids(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    delete: str,
    column: str,
    user_id: UUID,
) -> list[UUID]:
    """Removes a user's rows; their ids."""
    rows = await connection.fetch(f"{delete} WHERE user_id = $1 RETURNING {column}", user_id)
    return [row[column] for row in rows]


async def _report(connection: Any, removal: Removal, now: datetime) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    """Keeps a service's newest answer; its counts are of all its looks."""
    await connection.execute(
        "INSERT INTO auth.account_removal_reports AS r "
        "(deletion_id, service, look, removed, reported_at) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (deletion_id, service) DO UPDATE SET look = EXCLUDED.look, "
        "removed = EXCLUDED.removed, reported_at = EXCLUDED.reported_at "
        "WHERE EXCLUDED.look >= r.look",
        removal.deletion_id,
        removal.service,
        removal.look,
        dict(removal.removed),
        now,
    )


async def _record(connection: Any, deletion_id: UUID) -> DeletionRecord | None:  # noqa: ANN401 - a pool's proxy of a connection
    row = await connection.fetchrow(
        "SELECT * FROM auth.account_deletions WHERE deletion_id = $1", deletion_id
    )
    if row is None:
        return None
    reports = await connection.fetch(
        "SELECT * FROM auth.account_removal_reports WHERE deletion_id = $1 ORDER BY service",
        deletion_id,
    )
    return DeletionRecord(
        row["deletion_id"],
        row["created_at"],
        row["removed_at"],
        row["done_at"],
        tuple(RemovalReport(one["service"], one["removed"], one["reported_at"]) for one in reports),
    )


def _wait(announced: int) -> timedelta:
    doublings: int = 2 ** min(announced, 20)
    return min(FIRST_REPEAT * doublings, LAST_REPEAT)


async def _leaves_others_alone(connection: Any, user_id: UUID) -> bool:  # noqa: ANN401 - a pool's proxy of a connection
    """Whether there are other users, and none of them administers."""
    row = await connection.fetchrow(
        "SELECT count(*) AS others, count(*) FILTER (WHERE role = $2) AS administrators "
        "FROM auth.users WHERE user_id <> $1",
        user_id,
        Role.ADMIN.word,
    )
    return bool(row["others"]) and not row["administrators"]
