"""Calls that are tried again while parts of the mesh are down."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc

from argus_client.errors import delay_of, reason_of
from argus_client.trust import distrusted

T = TypeVar("T")

PASSING = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
)
"""Codes of failures that may pass by themselves."""

FINAL = frozenset({
    "FRAME_LATE", "MODEL_MEMORY_EXHAUSTED", "QUOTA_EXCEEDED", "REQUEST_TOO_LARGE",
    "TOO_MANY_INVITATIONS", "TOO_MANY_REFERENCE_SETS",
})  # fmt: skip
"""Reasons with such a code that waiting does not change."""

FIRST_WAIT_S = 0.1
MAX_WAIT_S = 2.0
_MAX_DOUBLINGS = 32


def backoff_s(attempt: int) -> float:
    """Seconds to wait before the attempt after the n-th, with jitter: up to 0.1 doubling to 2."""
    doublings = min(attempt - 1, _MAX_DOUBLINGS)
    return random.uniform(0, min(FIRST_WAIT_S * 2.0**doublings, MAX_WAIT_S))  # noqa: S311 - no secret


def passes(error: grpc.aio.AioRpcError) -> bool:
    """Whether a failure may pass by itself."""
    if error.code() not in PASSING or distrusted(error):
        return False
    return reason_of(error) not in FINAL


async def patiently(attempt: Callable[[], Awaitable[T]], patience_s: float) -> T:
    """Makes a call, again and again while it fails in a way that may pass.

    Where the mesh says when to come back, that is waited for.

    Args:
        attempt: Makes the call once.
        patience_s: Seconds after which a failure is final; 0 tries once.

    Raises:
        grpc.aio.AioRpcError: The last attempt's failure.
    """
    give_up_at = time.monotonic() + patience_s
    failed = 0
    while True:
        try:
            return await attempt()
        except grpc.aio.AioRpcError as error:
            wait_s = max(backoff_s(failed + 1), delay_of(error))
            if not passes(error) or time.monotonic() + delay_of(error) >= give_up_at:
                raise
        failed += 1
        await asyncio.sleep(wait_s)
