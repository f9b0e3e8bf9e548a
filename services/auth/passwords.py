"""Passwords: bcrypt over a SHA-256 of the password.

bcrypt reads only 72 bytes; hashing first makes every character of a long
password count (the scheme that Django and passlib call bcrypt-sha256).
"""

import asyncio
import base64
import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import bcrypt

from services.auth.errors import TooManyPasswords

THREADS = os.cpu_count() or 1
MAX_UNDER_WAY = 16 * THREADS
"""Hashes that run or wait; at a quarter of a second each, the last of them waits four seconds."""

T = TypeVar("T")


class PasswordHasher:
    """Hashes and checks passwords in threads; bcrypt lets go of the interpreter lock.

    Args:
        rounds: log2 of bcrypt's iterations.
        threads: Hashes that run at once.
        max_under_way: Hashes that may run or wait.
    """

    def __init__(
        self, rounds: int, *, threads: int = THREADS, max_under_way: int = MAX_UNDER_WAY
    ) -> None:
        self._rounds = rounds
        self._threads = ThreadPoolExecutor(threads, "bcrypt")
        self._room = threading.BoundedSemaphore(max_under_way)
        # Checked against when there is no such account, so that both cost the same.
        self._nobody = bcrypt.hashpw(b"nobody", bcrypt.gensalt(rounds))

    async def hash(self, password: str) -> str:
        """The hash to keep.

        Raises:
            TooManyPasswords: too many wait already.
        """
        salt = bcrypt.gensalt(self._rounds)
        return (await self._run(lambda: bcrypt.hashpw(_digest(password), salt))).decode()

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """True if the password is right; takes as long when there is no hash.

        Raises:
            TooManyPasswords: too many wait already.
        """
        kept = self._nobody if password_hash is None else password_hash.encode()
        right = await self._run(lambda: bcrypt.checkpw(_digest(password), kept))
        return right and password_hash is not None

    async def _run(self, work: Callable[[], T]) -> T:
        if not self._room.acquire(blocking=False):
            raise TooManyPasswords("too many sign-ins at once; try again", retry_after_s=1)
        future = self._threads.submit(work)
        # When the thread is done with it, which may be long after its caller went away.
        future.add_done_callback(lambda _: self._room.release())
        return await asyncio.wrap_future(future)


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode()).digest())
