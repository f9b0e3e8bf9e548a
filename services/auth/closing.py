"""Closed sessions and revoked API keys, made known to every service."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from services.auth.ports import ClosedRecords, SessionState
from services.runtime.identity import CLOCK_SKEW_S

WITNESS = "none: all marks are there"
"""Marked like a session, last of all: if it is gone, Redis has lost marks."""

WITNESS_S = 86_400


class Closing:
    """Marks what was closed, until its last access token has expired.

    Args:
        records: What was closed, for good.
        sessions: Hot state that every service reads.
        token_ttl_s: Seconds that an access token is good for.
        clock: The present, aware and in UTC.
    """

    def __init__(
        self,
        records: ClosedRecords,
        sessions: SessionState,
        *,
        token_ttl_s: int,
        clock: Callable[[], datetime],
    ) -> None:
        self._records = records
        self._sessions = sessions
        # As long as an access token that was given out before may be taken for good.
        self._remembered = timedelta(seconds=token_ttl_s + 2 * CLOCK_SKEW_S)
        self._clock = clock
        self._all_marked = False

    async def close(self, session_id: UUID) -> None:
        """Closes a session, for every service at once."""
        # The record first: if Redis is down the caller is told, and may try again.
        await self._records.close_session(session_id, self._clock())
        await self.mark([session_id])

    async def mark(self, ids: Iterable[UUID]) -> None:
        """Tells every service of sessions or API keys whose end is recorded."""
        try:
            for closed in ids:
                await self._sessions.close(
                    str(closed), remember_s=ceil(self._remembered.total_seconds())
                )
        except BaseException:
            self._all_marked = False
            raise

    async def mark_again(self) -> None:
        """Makes sure that every service knows what was closed recently.

        The marks are lost when Redis loses its data, or when a session was closed while Redis
        was down; until its access tokens expire such a session would go on.
        """
        if self._all_marked and await self._sessions.is_closed(WITNESS):
            return
        self._all_marked = True
        now = self._clock()
        try:
            for closed, closed_at in await self._records.closed_since(now - self._remembered):
                left = closed_at + self._remembered - now
                await self._sessions.close(
                    str(closed), remember_s=max(1, ceil(left.total_seconds()))
                )
            await self._sessions.close(WITNESS, remember_s=WITNESS_S)
        except BaseException:
            self._all_marked = False
            raise
