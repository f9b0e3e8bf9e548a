"""Accounts that were deleted: every service removes what it has of them, and tells auth.

Each service has a stream of its own, which its consumer group reads; the answers come back over one
stream. Both are sent at least once: auth tells again until it has the answers.
"""

import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

import redis.asyncio
from redis.exceptions import RedisError

from services.runtime.backoff import Backoff
from services.runtime.errors import DeadlineExceeded, ResourceExhausted, Unavailable
from services.runtime.redis import RedisUnavailable
from services.runtime.redis_streams import GroupReader

SERVICES = ("inspection", "search", "storage")
"""Those that keep something of users, beside auth."""

REMOVED = "argus:accounts:removed"
"""What services answer; auth reads it."""

BATCH = 50
BLOCK_MS = 2_000
LEFT_BEHIND_MS = 60_000
PATIENCE_S = 30.0
"""How long one account is waited for whose data cannot be removed now; then come the others."""
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0
_TRANSIENT = (Unavailable, ResourceExhausted, DeadlineExceeded)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeletedAccount:
    """An account whose data are to be removed."""

    deletion_id: str
    """UUID of the deletion, in answers and counts; it tells nobody whose account it was."""
    user_id: str
    """UUID of the user."""
    look: int
    """1 at first; 2 later, when no call that was under way can write any more."""
    email: str = ""
    """Address of the account, which may be somebody else's by the second look."""


Erase = Callable[[DeletedAccount], Awaitable[Mapping[str, int]]]
"""Removes all that a service has of a user, and tells how many of what it removed, in all calls
for this deletion together. It may be called again, also while it runs elsewhere, and raises
`Unavailable` as long as something is left."""


def stream_of(service: str) -> str:
    """The stream that tells a service of deleted accounts."""
    return f"argus:accounts:{service}"


class AccountRemoval:
    """Removes what a service has of accounts that were deleted.

    Args:
        client: Redis, text in and out.
        service: Name of the service, one of `SERVICES`.
        consumer: Name of this replica.
        erase: See `Erase`.
        left_behind_ms: News that a replica took and did not finish for so long go to another.
        patience_s: How long one account is waited for before the others have their turn.
    """

    def __init__(
        self,
        client: redis.asyncio.Redis,
        *,
        service: str,
        consumer: str,
        erase: Erase,
        left_behind_ms: int = LEFT_BEHIND_MS,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._client = client
        self._service = service
        self._stream = stream_of(service)
        self._erase = erase
        self._patience_s = patience_s
        self._reader = GroupReader(
            client,
            self._stream,
            service,
            consumer,
            count=BATCH,
            block_ms=BLOCK_MS,
            left_behind_ms=left_behind_ms,
        )

    async def run(self) -> None:
        """Removes for ever; fails with Redis, and may be run again."""
        while True:
            await self.once()

    async def once(self) -> None:
        """Waits up to two seconds for deleted accounts, and deals with those that there are.

        Raises:
            RedisUnavailable: Redis does not answer.
        """
        try:
            entries = await self._reader.read()
        except RedisError as error:
            raise RedisUnavailable("Redis does not answer", retry_after_s=1) from error
        for message_id, fields in entries:
            account = _account(fields)
            if account is None:
                await self._unreadable(message_id, fields)
                continue
            async with self._reader.handling([message_id]):
                removed = await self._patiently(account)
            if removed is not None:
                await self._answer(message_id, account, removed)
            else:
                # It is handed out again when it has been left for long enough.
                await self._reader.forgive([message_id])

    async def _unreadable(self, message_id: str, fields: Mapping[str, str] | None) -> None:
        try:
            await self._reader.bury({message_id: fields})
        except RedisError as error:
            raise RedisUnavailable("Redis does not answer", retry_after_s=1) from error

    async def _patiently(self, account: DeletedAccount) -> Mapping[str, int] | None:
        """Removes; waits while a part that is needed is down, or something cannot be removed.

        None if that lasts.
        """
        backoff = Backoff(FIRST_WAIT_S, LONGEST_WAIT_S)
        give_up_at = time.monotonic() + self._patience_s
        while True:
            try:
                return await self._erase(account)
            except _TRANSIENT as error:
                _log.warning("deletion %s waits: %s", account.deletion_id, error.message)
                if time.monotonic() >= give_up_at:
                    return None
            await backoff.wait()

    async def _answer(
        self, message_id: str, account: DeletedAccount, removed: Mapping[str, int]
    ) -> None:
        """Answers, and takes the news off the stream, both or neither."""
        event = {
            "deletion_id": account.deletion_id,
            "service": self._service,
            "look": account.look,
            "removed": dict(removed),
        }
        try:
            async with self._client.pipeline(transaction=True) as pipe:
                pipe.xadd(REMOVED, {"event": json.dumps(event)})
                pipe.xack(self._stream, self._service, message_id)
                pipe.xdel(self._stream, message_id)
                await pipe.execute()
        except RedisError as error:
            raise RedisUnavailable("Redis does not answer", retry_after_s=1) from error
        _log.info("removed what deletion %s asks for: %s", account.deletion_id, dict(removed))


def _account(fields: Mapping[str, str] | None) -> DeletedAccount | None:
    """One entry; None if it cannot be read."""
    if fields is None:
        # Handed out before, and removed since.
        return None
    try:
        event = json.loads(fields["event"])
        return DeletedAccount(
            str(UUID(event["deletion_id"])),
            str(UUID(event["user_id"])),
            int(event["look"]),
            str(event.get("email", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
