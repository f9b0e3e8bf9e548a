"""Passwords: bcrypt over a SHA-256 of the password.

bcrypt reads only 72 bytes; hashing first makes every character of a long
password count (the scheme that Django and passlib call bcrypt-sha256).
"""

import asyncio
import base64
import hashlib

import bcrypt


class PasswordHasher:
    """Hashes and checks passwords in threads; bcrypt lets go of the interpreter lock.

    Args:
        rounds: log2 of bcrypt's iterations.
    """

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds
        # Checked against when there is no such account, so that both cost the same.
        self._nobody = bcrypt.hashpw(b"nobody", bcrypt.gensalt(rounds))

    async def hash(self, password: str) -> str:
        """The hash to keep."""
        salt = bcrypt.gensalt(self._rounds)
        return (await asyncio.to_thread(bcrypt.hashpw, _digest(password), salt)).decode()

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """True if the password is right; takes as long when there is no hash."""
        kept = self._nobody if password_hash is None else password_hash.encode()
        right = await asyncio.to_thread(bcrypt.checkpw, _digest(password), kept)
        return right and password_hash is not None


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode()).digest())
