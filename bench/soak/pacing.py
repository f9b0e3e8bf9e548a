"""Calls at a steady pace, whatever the answers take."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping

import grpc
import httpx

from bench.soak.results import Results

IN_FLIGHT = 64
"""Calls that may be under way; a mesh that is slower than the pace is not buried."""

Call = Callable[[], Awaitable[None]]


def deck(shares: Mapping[str, int]) -> Iterator[str]:
    """Names without end, each so often in every round as its share says, in an order that varies.

    Every minute has the same mix, so that minutes can be compared.
    """
    names = [name for name, share in shares.items() for _ in range(share)]
    shuffled = random.Random(0)
    while True:
        shuffled.shuffle(names)
        yield from names


async def paced(
    kinds: Mapping[str, Call],
    shares: Mapping[str, int],
    per_second: float,
    until: float,
    results: Results,
) -> None:
    """Makes calls until a moment of `time.monotonic`, and waits for the last answers.

    Args:
        kinds: What is called, by name.
        shares: How often each is in a round.
        per_second: Calls.
        until: The end.
        results: Take times and failures, counted from now.
    """
    began = time.monotonic()
    under_way: set[asyncio.Task[None]] = set()
    for number, kind in enumerate(deck(shares)):
        due = began + number / per_second
        if due >= until:
            break
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        if len(under_way) >= IN_FLIGHT:
            results.late += 1
            continue
        task = asyncio.create_task(_timed(kind, kinds[kind], began, results))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)


async def _timed(kind: str, call: Call, began: float, results: Results) -> None:
    started = time.monotonic()
    try:
        await call()
    except grpc.aio.AioRpcError as error:
        results.failures.append((kind, started - began, f"{error.code().name} {error.details()}"))
    except (httpx.HTTPError, RuntimeError) as error:
        results.failures.append((kind, started - began, f"{type(error).__name__} {error}"))
    else:
        results.calls.append((kind, started - began, time.monotonic() - started))
