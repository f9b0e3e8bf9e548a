"""Ctrl-C as an event: what waits for it ends in order, and no library can swallow it."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def stopped_by_signals() -> Iterator[asyncio.Event]:
    """An event that Ctrl-C and SIGTERM set; the second Ctrl-C interrupts."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)

    def end() -> None:
        stop.set()
        for one in signals:
            loop.remove_signal_handler(one)

    # Only the main thread may have signals handled.
    with suppress(ValueError, RuntimeError):
        for one in signals:
            loop.add_signal_handler(one, end)
    try:
        yield stop
    finally:
        with suppress(ValueError, RuntimeError):
            for one in signals:
                loop.remove_signal_handler(one)
