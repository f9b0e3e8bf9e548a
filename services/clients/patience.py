"""Waiting for parts that are down."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.clients.telemetry import retries
from services.runtime.backoff import Backoff
from services.runtime.errors import DeadlineExceeded, ResourceExhausted, Unavailable
from services.runtime.telemetry_contract import REASON

FIRST_DELAY_S = 0.05
MAX_DELAY_S = 5.0

TRANSIENT = (Unavailable, ResourceExhausted, DeadlineExceeded)
"""Errors that waiting may cure."""

_log = logging.getLogger(__name__)
T = TypeVar("T")


def waits() -> Backoff:
    """The waits between attempts at a part that is down."""
    return Backoff(FIRST_DELAY_S, MAX_DELAY_S)


async def patiently(
    call: Callable[[], Awaitable[T]],
    *,
    unless: type[Exception] | tuple[type[Exception], ...] = (),
) -> T:
    """Calls until the part that is needed answers; other errors pass, and so do those named."""
    backoff = waits()
    while True:
        try:
            return await call()
        except unless:
            raise
        except TRANSIENT as error:
            _log.warning("waiting: %s", error.message)
            retries.add(1, {REASON: error.reason})
        await backoff.wait()
