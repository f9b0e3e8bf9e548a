"""API keys in PostgreSQL, schema `auth`."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from services.auth.model import ApiKey, Scope
from services.runtime.identity import SessionClosed
from services.runtime.roles import Role, role_of

USE_NOTED_EVERY = timedelta(minutes=1)
"""A key that is used all the time is written once in this time."""


class PostgresApiKeys:
    """`ApiKeyStore` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, key: ApiKey, digest: bytes, *, at_most: int) -> bool:
        """Adds a key; False if the user has so many that are good.

        Raises:
            SessionClosed: The account was deleted meanwhile.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            # One after the other, so that two at once do not both find room for one.
            if not await connection.fetchval(
                "SELECT true FROM auth.users WHERE user_id = $1 FOR NO KEY UPDATE", key.user_id
            ):
                raise SessionClosed("the account is gone")
            good = await connection.fetchval(
                "SELECT count(*) FROM auth.api_keys "
                "WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2",
                key.user_id,
                key.created_at,
            )
            if good >= at_most:
                return False
            await connection.execute(
                "INSERT INTO auth.api_keys (api_key_id, user_id, display_name, scopes, prefix, "
                "digest, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                key.api_key_id,
                key.user_id,
                key.display_name,
                list(key.scopes),
                key.prefix,
                digest,
                key.created_at,
                key.expires_at,
            )
            return True

    async def list_of(self, user_id: UUID, *, expired_since: datetime) -> list[ApiKey]:
        """A user's keys that are not revoked and have not expired before a time, newest first."""
        rows = await self._pool.fetch(
            "SELECT * FROM auth.api_keys "
            "WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 "
            "ORDER BY created_at DESC, api_key_id",
            user_id,
            expired_since,
        )
        return [_key(row) for row in rows]

    async def use(self, digest: bytes, now: datetime) -> tuple[ApiKey, Role] | None:
        """The key of a secret, noted as used, and its owner's role."""
        row = await self._pool.fetchrow(
            "SELECT k.*, u.role FROM auth.api_keys k JOIN auth.users u USING (user_id) "
            "WHERE digest = $1 AND revoked_at IS NULL AND expires_at > $2",
            digest,
            now,
        )
        if row is None:
            return None
        await self._pool.execute(
            "UPDATE auth.api_keys SET last_used_at = $2 "
            "WHERE api_key_id = $1 AND coalesce(last_used_at <= $3, true)",
            row["api_key_id"],
            now,
            now - USE_NOTED_EVERY,
        )
        return _key(row), role_of(row["role"])

    async def revoke(self, user_id: UUID, api_key_id: UUID, now: datetime) -> bool:
        """Revokes a user's key; False if there is none, or it is revoked."""
        return bool(
            await self._pool.fetchval(
                "UPDATE auth.api_keys SET revoked_at = $3 "
                "WHERE user_id = $1 AND api_key_id = $2 AND revoked_at IS NULL RETURNING true",
                user_id,
                api_key_id,
                now,
            )
        )

    async def remove_ended(self, before: datetime) -> None:
        """Forgets the keys that expired or were revoked before a time."""
        await self._pool.execute(
            "DELETE FROM auth.api_keys WHERE expires_at < $1 OR revoked_at < $1", before
        )


def _key(row: asyncpg.Record) -> ApiKey:
    return ApiKey(
        row["api_key_id"],
        row["user_id"],
        row["display_name"],
        tuple(Scope(scope) for scope in row["scopes"]),
        row["prefix"],
        row["created_at"],
        row["expires_at"],
        row["last_used_at"],
    )
