"""How expensive a password's hash is, by what it takes on this machine."""

import logging
import time
from collections.abc import Callable
from math import floor, log2

import bcrypt

PROBE_ROUNDS = 7
PROBES = 5

_log = logging.getLogger(__name__)


def choose_rounds(
    target_s: float,
    *,
    least: int,
    most: int,
    probe_s: Callable[[], float] | None = None,
) -> int:
    """The largest cost at which a hash takes no longer than the target.

    Args:
        target_s: Seconds that a hash may take.
        least: Smallest cost that is ever chosen, however slow the machine is.
        most: Largest cost that is ever chosen.
        probe_s: Measures one hash of cost `PROBE_ROUNDS`; with bcrypt if None.

    Returns:
        log2 of bcrypt's iterations.
    """
    measure = probe_s or _probe_s
    # What else runs makes it slower, never faster.
    taken_s = max(min(measure() for _ in range(PROBES)), 1e-6)
    chosen = min(max(PROBE_ROUNDS + floor(log2(target_s / taken_s)), least), most)
    _log.info(
        "a password's hash costs 2^%d iterations, about %.0f ms",
        chosen,
        taken_s * 2 ** (chosen - PROBE_ROUNDS) * 1000,
    )
    return chosen


def rounds_of(password_hash: bytes) -> int:
    """The cost that a bcrypt hash was made with (`$2b$12$…`)."""
    return int(password_hash[4:6])


def _probe_s() -> float:
    started = time.perf_counter()
    bcrypt.hashpw(b"probe", bcrypt.gensalt(PROBE_ROUNDS))
    return time.perf_counter() - started
