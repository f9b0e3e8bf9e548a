"""What another part said, as long as it is fresh, and longer while the part is down."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from services.runtime.errors import ArgusError
from services.runtime.single_flight import SingleFlight

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Remembered(Generic[T]):
    """An answer that changes seldom.

    Args:
        ask: Asks for it; one call for all who wait.
        fresh_s: Seconds during which it is not asked for again.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[T]],
        *,
        fresh_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._fresh_s = fresh_s
        self._clock = clock
        self._known: tuple[T, float] | None = None
        self._asking = SingleFlight(self._renew)

    async def get(self) -> T:
        """The answer; the last one if there is no new one.

        Raises:
            ArgusError: there is none, and never was.
        """
        known = self._known
        if known is not None and self._clock() < known[1] + self._fresh_s:
            return known[0]
        try:
            return await self._asking.result()
        except ArgusError as error:
            if known is None:
                raise
            _log.warning("answers with what was known before: %s", error.message)
            return known[0]

    async def _renew(self) -> T:
        answer = await self._ask()
        self._known = (answer, self._clock())
        return answer
