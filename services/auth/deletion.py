"""The use cases of leaving: delete an account, and tell what became of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

from services.auth.closing import Closing
from services.auth.deletion_record import Announcement, DeletionRecord, Ended, Removal
from services.auth.errors import AccountDeletionNotFound
from services.auth.sso.proof import OwnerProof
from services.auth.telemetry import AuthMetrics
from services.runtime.edge import Client
from services.runtime.errors import Aborted, Unavailable
from services.runtime.identity import Identity
from services.runtime.wakeup import Wakeup

ANNOUNCE_AT_ONCE = 100
LOOK_EVERY_S = 2.0
LOOKS = 3
"""How often a password is looked at whose hash is replaced meanwhile."""

_log = logging.getLogger(__name__)


class DeletionStore(Protocol):
    """Accounts that are deleted, and what is kept of that."""

    async def end(
        self, user_id: UUID, deletion_id: UUID, *, seen_hash: str | None, now: datetime
    ) -> Ended | None:
        """Removes a user with all ways in and begins the deletion, in one transaction.

        None if there is no such user, or the password has another hash than `seen_hash` now, which
        is None if it was seen that there is no password.

        Raises:
            DeletionIdTaken: Another deletion has the id; nothing was removed.
            LastAdmin: Others would be left without an administrator; nothing was removed.
        """

    async def get(self, deletion_id: UUID) -> DeletionRecord | None:
        """A deletion."""

    async def announce(
        self,
        publish: Callable[[Sequence[Announcement]], Awaitable[None]],
        now: datetime,
        limit: int,
    ) -> int:
        """Gives those that are due to `publish`, and has them due again later; how many."""

    async def record(
        self, removals: Sequence[Removal], *, settle: timedelta, now: datetime
    ) -> Sequence[DeletionRecord]:
        """Records answers, again is no error; the deletions that went on by them.

        When all services have answered, they are asked once more, `settle` after the account
        ended; when they have answered that too, the user's id is forgotten.
        """

    async def forget_ended(self, before: datetime) -> None:
        """Forgets sessions and API keys that ended with their account before a time."""


class DeletionNews(Protocol):
    """What auth tells services of deleted accounts, and what they answer; at least once."""

    async def publish(self, announcements: Sequence[Announcement]) -> None:
        """Tells services."""

    async def read(self) -> tuple[Sequence[str], Sequence[Removal]]:
        """Ids of messages and the answers in them; waits a few seconds for the first."""

    def handling(self, message_ids: Sequence[str]) -> AbstractAsyncContextManager[None]:
        """Around the recording of answers, so that one that cannot be recorded is given up."""

    async def finish(self, message_ids: Sequence[str]) -> None:
        """The answers are recorded."""


class AccountDeletions:
    """Deletes accounts, and sees to it that every service removes what it has of them.

    Args:
        proof: Whether a caller is the owner of their account.
        store: Deletions.
        news: To and from the services.
        closing: Closes sessions for every service.
        settle: When services look once more, after the account ended: longer than anything
            that began before may go on.
        metrics: Where deletions are counted.
        clock: The present, aware and in UTC.
    """

    def __init__(
        self,
        proof: OwnerProof,
        store: DeletionStore,
        news: DeletionNews,
        *,
        closing: Closing,
        settle: timedelta,
        metrics: AuthMetrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._proof = proof
        self._store = store
        self._news = news
        self._closing = closing
        self._settle = settle
        self._metrics = metrics
        self._clock = clock
        self._wakeup = Wakeup()

    async def delete(
        self, caller: Identity, password: str, client: Client, deletion_id: UUID | None = None
    ) -> DeletionRecord:
        """Deletes the caller's account; its sessions and API keys end at once.

        Args:
            caller: Whose account.
            password: Its password; empty if it has none.
            client: Where the call comes from.
            deletion_id: What the client drew; one is drawn if it is None.

        Raises:
            DeletionIdTaken: if another deletion has the id.
            LastAdmin: if others would be left without an administrator.
            PasswordWrong: if the password is wrong.
            SignInAgain: if it has none, and its owner has not proved just now who they are.
            TooManyAttempts, TooManyPasswords: as with `Accounts.login`.
            SessionClosed: if the account is gone.
        """
        for _ in range(LOOKS):
            password_hash = await self._proof.require(caller, password, client)
            ended = await self._store.end(
                UUID(caller.user_id),
                deletion_id or uuid4(),
                seen_hash=password_hash,
                now=self._clock(),
            )
            if ended is not None:
                return await self._ended(ended)
        raise Aborted("the password is being changed; try again")

    async def get(self, deletion_id: UUID) -> DeletionRecord:
        """What became of a deletion.

        Raises:
            AccountDeletionNotFound: there is none with this id.
        """
        record = await self._store.get(deletion_id)
        if record is None:
            raise AccountDeletionNotFound("there is no deletion with this id")
        return record

    async def announce(self) -> None:
        """Tells services of deleted accounts until they have answered, for ever."""
        while True:
            self._wakeup.clear()
            while await self.announce_once() == ANNOUNCE_AT_ONCE:
                pass
            await self._wakeup.rest(LOOK_EVERY_S)

    async def announce_once(self) -> int:
        """Tells services of accounts that are due; of how many."""
        return await self._store.announce(self._news.publish, self._clock(), ANNOUNCE_AT_ONCE)

    async def record(self) -> None:
        """Records what services answer, for ever."""
        while True:
            await self.record_once()

    async def record_once(self) -> None:
        """Waits up to a few seconds for answers, and records them."""
        message_ids, removals = await self._news.read()
        if removals:
            async with self._news.handling(message_ids):
                gone_on = await self._store.record(removals, settle=self._settle, now=self._clock())
            for record in gone_on:
                self._metrics.deletion(record.state.value)
            if gone_on:
                self._wakeup.call()
        if message_ids:
            await self._news.finish(message_ids)

    async def forget_ended(self) -> None:
        """Forgets sessions and API keys whose last access token has long expired, for ever."""
        while True:
            await self._store.forget_ended(self._clock() - timedelta(days=2))
            await asyncio.sleep(3600)

    async def _ended(self, ended: Ended) -> DeletionRecord:
        self._metrics.deletion(ended.record.state.value)
        self._wakeup.call()
        try:
            await self._closing.mark(ended.closed)
        except Unavailable as error:
            # It is committed, and whoever asked must learn its id. The marks are set again soon.
            _log.warning("sessions of a deleted account are not marked yet: %s", error.message)
        return ended.record
