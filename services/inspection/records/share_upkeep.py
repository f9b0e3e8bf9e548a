"""Ends what is shared with groups that its owner is in no more, and forgets old invitations."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol

from services.inspection.sharing import Shares
from services.runtime.errors import ArgusError

EVERY_S = 30.0
AT_ONCE = 500
_FIRST = ("00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000")

_log = logging.getLogger(__name__)


class MembershipCheck(Protocol):
    """Auth, which knows who is in which group."""

    async def holding(self, pairs: Sequence[tuple[str, str]]) -> Collection[tuple[str, str]]:
        """Those of at most 500 pairs of group and user where the user is in the group.

        Raises:
            Unavailable: auth does not answer.
        """


class ShareUpkeep:
    """Looks after shares from time to time.

    Nobody sees a set through a group that its owner has left; this only tidies up.

    Args:
        shares: Whom sets are shared with.
        check: Who is in which group.
        clock: What time it is.
    """

    def __init__(
        self, shares: Shares, check: MembershipCheck, *, clock: Callable[[], datetime]
    ) -> None:
        self._shares = shares
        self._check = check
        self._clock = clock

    async def run(self) -> None:
        """Tidies up every 30 seconds, until cancelled."""
        while True:
            try:
                await self.once()
            except ArgusError as error:
                _log.warning("shares are looked at later: %s", error.message)
            await asyncio.sleep(EVERY_S)

    async def once(self) -> None:
        """Tidies up what there is now.

        Raises:
            Unavailable: auth or PostgreSQL does not answer.
        """
        await self._shares.forget_expired(self._clock())
        after = _FIRST
        while pairs := await self._shares.group_shares(after=after, limit=AT_ONCE):
            holding = set(await self._check.holding(pairs))
            if over := [pair for pair in pairs if pair not in holding]:
                ended = await self._shares.end_group_shares(over)
                _log.info("ended %d shares with groups that their owners are not in", ended)
            after = pairs[-1]
