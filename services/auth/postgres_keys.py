"""The signing keys in PostgreSQL, schema `auth`."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from services.auth.signing import KeyRecord, SigningKey

_NEWEST_FIRST = (
    "SELECT private_key, created_at, signs_from FROM auth.signing_keys "
    "ORDER BY signs_from DESC, created_at DESC, kid"
)


class PostgresKeys:
    """`KeyStore` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def keys(self) -> list[KeyRecord]:
        """All of them, the newest first."""
        return [_record(row) for row in await self._pool.fetch(_NEWEST_FIRST)]

    async def add(self, fresh: KeyRecord, *, if_none_since: datetime) -> KeyRecord:
        """Adds a key, once among all replicas; the newest key, which may be another's."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext('argus:auth:keys'))")
            row = await connection.fetchrow(_NEWEST_FIRST + " LIMIT 1")
            if row is not None:
                newest = _record(row)
                if newest.created_at > if_none_since or newest.signs_from > fresh.created_at:
                    return newest
            await connection.execute(
                "INSERT INTO auth.signing_keys (kid, private_key, created_at, signs_from) "
                "VALUES ($1, $2, $3, $4)",
                fresh.key.kid,
                fresh.key.to_bytes(),
                fresh.created_at,
                fresh.signs_from,
            )
            return fresh

    async def remove(self, kids: Sequence[str]) -> None:
        """Removes keys; one that is not there is no error."""
        await self._pool.execute("DELETE FROM auth.signing_keys WHERE kid = ANY($1)", list(kids))


def _record(row: asyncpg.Record) -> KeyRecord:
    return KeyRecord(
        SigningKey.from_bytes(row["private_key"]), row["created_at"], row["signs_from"]
    )
