"""Gives a library's own threads the niceness of the thread that calls the library."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

BUSY_SHARE = 0.5
"""Part of a call's time for which a thread must have worked to be taken for the call's own."""


def share_niceness(call: Callable[[], T]) -> T:
    """Makes a call, and gives this thread's niceness to the library's threads that worked for it.

    Inference runs on threads that the library started when it loaded the
    model, at the niceness of then. Where the system does not tell how long a
    thread has run, this is only the call.

    Args:
        call: Blocks this thread while others work.
    """
    started = time.monotonic_ns()
    before = _worked_ns()
    result = call()
    least_ns = BUSY_SHARE * (time.monotonic_ns() - started)
    pythons = {thread.native_id for thread in threading.enumerate()}
    own = os.getpriority(os.PRIO_PROCESS, 0)
    for thread, worked_ns in _worked_ns().items():
        known_ns = before.get(thread)
        if thread in pythons or known_ns is None or worked_ns - known_ns < least_ns:
            continue
        # It may have ended.
        with contextlib.suppress(OSError):
            if os.getpriority(os.PRIO_PROCESS, thread) < own:
                os.setpriority(os.PRIO_PROCESS, thread, own)
    return result


def _worked_ns() -> dict[int, int]:
    """For how long each thread of this process has run; empty where that is not known."""
    worked: dict[int, int] = {}
    if sys.platform != "linux":
        return worked
    for task in Path("/proc/self/task").iterdir():
        thread = int(task.name)
        # The clock of a thread's processor time, as pthread_getcpuclockid(3) makes its id.
        with contextlib.suppress(OSError):
            worked[thread] = time.clock_gettime_ns(~thread << 3 | 6)
    return worked
