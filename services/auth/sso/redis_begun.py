"""Sign-ins that wait for their browser, in Redis, so that any replica completes them."""

import hashlib
import json
from dataclasses import asdict

import redis.asyncio

from services.auth.sso.model import Begun

PREFIX = "argus:sign-in:"


class RedisBegun:
    """`BegunStore` over a client (Redis 6.2 or newer)."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client

    async def put(self, state: str, begun: Begun, *, keep_s: int) -> None:
        """Keeps one for a while."""
        await self._client.set(_key(state), json.dumps(asdict(begun)), ex=keep_s)

    async def take(self, state: str) -> Begun | None:
        """Takes one out, so that nobody else gets it; None if there is none, or not any more."""
        kept = await self._client.getdel(_key(state))
        return None if kept is None else Begun(**json.loads(kept))


def _key(state: str) -> str:
    return PREFIX + hashlib.sha256(state.encode()).hexdigest()
