"""Versions of users' images in Redis, for replicas of search that share a Qdrant server."""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import redis.asyncio

from services.search.errors import IndexUnavailable

KEY = "argus:search:version:"
KEEP_S = 24 * 3600
"""After so long without a write a version is forgotten, and is then another one."""

READ_TIMEOUT_S = 1.0
PAUSE_S = 1.0
"""How long Redis is not asked again after it did not answer a reader."""

_UNDER_WAY = "!"
"""How a version begins while somebody writes; it stays so if a writer dies, until what it did not
acknowledge is written again."""

_log = logging.getLogger(__name__)


class RedisVersions:
    """A random word for each user, so that one that was lost never comes back.

    A number that counts could: after Redis lost its memory it would come to the same one again.

    Args:
        client: Of Redis, answering text.
    """

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client
        self._paused_until = 0.0

    async def of(self, user_id: str) -> str | None:
        """The version; None while somebody writes, and if Redis does not answer at once."""
        if time.monotonic() < self._paused_until:
            return None
        key = KEY + user_id
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                found = await self._client.get(key)
                if found is None:
                    await self._client.set(key, secrets.token_hex(8), ex=KEEP_S, nx=True)
                    found = await self._client.get(key)
        except Exception as error:  # noqa: BLE001 - whatever the client raises, a search goes on
            _log.warning("versions of images are not known: %r", error)
            self._paused_until = time.monotonic() + PAUSE_S
            return None
        return None if found is None or str(found).startswith(_UNDER_WAY) else str(found)

    @asynccontextmanager
    async def writing(self, user_ids: Collection[str]) -> AsyncIterator[None]:
        """Around a write.

        Raises:
            IndexUnavailable: Redis does not answer.
        """
        await self._set(user_ids, _UNDER_WAY)
        try:
            yield
        finally:
            await self._set(user_ids, "")

    async def _set(self, user_ids: Collection[str], prefix: str) -> None:
        if not user_ids:
            return
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                for user_id in user_ids:
                    word = prefix + secrets.token_hex(8)
                    pipeline.set(KEY + user_id, word, ex=KEEP_S)
                await pipeline.execute()
        except Exception as error:
            raise IndexUnavailable(
                "other replicas cannot be told of a change now", retry_after_s=1
            ) from error
