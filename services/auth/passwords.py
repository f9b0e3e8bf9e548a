"""Passwords: bcrypt over a SHA-256 of the password.

bcrypt reads only 72 bytes; hashing first makes every character of a long
password count (the scheme that Django and passlib call bcrypt-sha256). What is hashed is
the password in Unicode's composed form (NFC), because keyboards differ in how they write an `é`; a
hash made before that was so is still matched by what was typed then, and replaced.
"""

import asyncio
import base64
import hashlib
import os
import threading
import unicodedata
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import bcrypt

from services.auth.bcrypt_cost import rounds_of
from services.auth.errors import TooManyPasswords
from services.auth.telemetry import AuthMetrics

THREADS = os.cpu_count() or 1
MAX_UNDER_WAY = 16 * THREADS
"""Hashes that run or wait; at a quarter of a second each, the last of them waits four seconds."""

PARTY_SHARE = 0.5
"""How much of that room one address may take, so that it cannot keep others from signing in."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Check:
    """Whether a password was right."""

    right: bool
    replacement: str | None = field(default=None, repr=False)
    """A hash to keep in place of the one that matched, which is cheaper than it should be, or of
    a password that was not normalised."""


class PasswordHasher:
    """Hashes and checks passwords in threads; bcrypt lets go of the interpreter lock.

    Args:
        rounds: log2 of bcrypt's iterations.
        threads: Hashes that run at once.
        max_under_way: Hashes that may run or wait.
        metrics: What counts them.
    """

    def __init__(
        self,
        rounds: int,
        *,
        threads: int = THREADS,
        max_under_way: int = MAX_UNDER_WAY,
        metrics: AuthMetrics | None = None,
    ) -> None:
        self._rounds = rounds
        self._threads = ThreadPoolExecutor(threads, "bcrypt")
        self._max_under_way = max_under_way
        self._max_of_party = max(1, int(max_under_way * PARTY_SHARE))
        self._under_way: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._metrics = metrics or AuthMetrics()
        # Checked against when there is no such account, so that both cost the same.
        self._nobody = bcrypt.hashpw(b"nobody", bcrypt.gensalt(rounds))

    async def hash(self, password: str, *, party: str = "") -> str:
        """The hash to keep.

        Args:
            password: As it was typed.
            party: Whose room it takes: the address that it comes from; empty if it is unknown.

        Raises:
            TooManyPasswords: too many wait already.
        """
        return await self._run(party, lambda: self._hashed(password))

    async def check(self, password: str, password_hash: str | None, *, party: str = "") -> Check:
        """Whether the password is right; a wrong one takes as long when there is no hash.

        Raises:
            TooManyPasswords: too many wait already.
        """
        kept = self._nobody if password_hash is None else password_hash.encode()
        found = await self._run(party, lambda: self._checked(password, kept))
        return found if password_hash is not None else Check(right=False)

    def close(self) -> None:
        """Ends the threads when they are done with what they work on; what waits is dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _hashed(self, password: str) -> str:
        digest = _digest(normal(password))
        return bcrypt.hashpw(digest, bcrypt.gensalt(self._rounds)).decode()

    def _checked(self, password: str, kept: bytes) -> Check:
        rounds = rounds_of(kept)
        if rounds > self._rounds:
            # Another replica's, or made on a faster machine: unknown accounts must cost as much.
            self._rounds = rounds
            self._nobody = bcrypt.hashpw(b"nobody", bcrypt.gensalt(rounds))
        # One, unless what was typed is not in composed form.
        for number, typed in enumerate(dict.fromkeys((normal(password), password))):
            if bcrypt.checkpw(_digest(typed), kept):
                good = number == 0 and rounds == self._rounds
                return Check(right=True, replacement=None if good else self._hashed(password))
            # 2^rounds were spent; with these they are 2^self._rounds, as for everybody.
            for missing in range(rounds, self._rounds):
                bcrypt.hashpw(b"nobody", bcrypt.gensalt(missing))
        return Check(right=False)

    async def _run(self, party: str, work: Callable[[], T]) -> T:
        with self._lock:
            total, own = self._under_way.total(), self._under_way[party]
            full = (
                "all"
                if total >= self._max_under_way
                else "address"
                if party and own >= self._max_of_party
                else ""
            )
            if not full:
                self._under_way[party] += 1
        if full:
            self._metrics.overloaded(full)
            raise TooManyPasswords("too many sign-ins at once; try again", retry_after_s=1)
        self._metrics.passwords(+1)
        future = self._threads.submit(work)

        # When the thread is done with it, which may be long after its caller went away.
        def done(_: "Future[T]") -> None:
            with self._lock:
                self._under_way[party] -= 1
                if not self._under_way[party]:
                    del self._under_way[party]
            self._metrics.passwords(-1)

        future.add_done_callback(done)
        return await asyncio.wrap_future(future)


def normal(password: str) -> str:
    """The password as it is hashed, whichever way it was typed."""
    return unicodedata.normalize("NFC", password)


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode()).digest())
