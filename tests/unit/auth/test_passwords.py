"""How many passwords may wait to be hashed."""

import asyncio
import threading

import bcrypt
import pytest

from services.auth.errors import TooManyPasswords
from services.auth.passwords import PasswordHasher


async def test_refuses_more_than_may_wait_and_takes_them_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hasher = PasswordHasher(4, threads=1, max_under_way=3)
    kept = await hasher.hash("right")
    go_on = threading.Event()
    real = bcrypt.checkpw

    def check(password: bytes, hashed: bytes) -> bool:
        assert go_on.wait(20)
        return real(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", check)
    under_way = [asyncio.create_task(hasher.check("right", kept)) for _ in range(3)]
    await asyncio.sleep(0)

    with pytest.raises(TooManyPasswords) as refused:
        await hasher.check("right", kept)

    assert refused.value.retry_after_s
    # The thread still works for the caller who went away, so its place is not free.
    under_way[0].cancel()
    with pytest.raises(TooManyPasswords):
        await hasher.check("right", kept)
    go_on.set()
    assert all(check.right for check in await asyncio.gather(*under_way[1:]))
    assert not (await hasher.check("wrong", None)).right
