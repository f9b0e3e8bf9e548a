"""How passwords are hashed, and how many may wait for it."""

import asyncio
import base64
import hashlib
import threading
import unicodedata
from concurrent.futures import Executor
from typing import Any

import bcrypt
import pytest

from services.auth.bcrypt_cost import rounds_of
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


async def test_one_address_does_not_take_the_room_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hasher = PasswordHasher(4, threads=1, max_under_way=4)
    kept = await hasher.hash("right")
    go_on = threading.Event()
    real = bcrypt.checkpw

    def check(password: bytes, hashed: bytes) -> bool:
        assert go_on.wait(20)
        return real(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", check)
    greedy = [asyncio.create_task(hasher.check("right", kept, party="192.0.2.1")) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyPasswords):
        await hasher.check("right", kept, party="192.0.2.1")

    honest = asyncio.create_task(hasher.check("right", kept, party="192.0.2.2"))
    await asyncio.sleep(0)
    go_on.set()

    assert (await honest).right
    assert all(one.right for one in await asyncio.gather(*greedy))
    assert (await hasher.check("right", kept, party="192.0.2.1")).right


async def test_hashing_does_not_use_the_executor_that_all_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A full queue of passwords must not stop what else the process does in threads."""
    loop = asyncio.get_running_loop()
    run = loop.run_in_executor

    def run_in_own(executor: Executor | None, *given: Any) -> asyncio.Future[Any]:
        assert executor is not None, "the shared executor was used"
        return run(executor, *given)

    monkeypatch.setattr(loop, "run_in_executor", run_in_own)
    hasher = PasswordHasher(4)

    assert (await hasher.check("right", await hasher.hash("right"))).right


COMPOSED = "Zürich-Café-42"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)


async def test_it_does_not_matter_how_a_keyboard_writes_an_accent() -> None:
    hasher = PasswordHasher(4)
    for typed in (COMPOSED, DECOMPOSED):
        kept = await hasher.hash(typed)
        for again in (COMPOSED, DECOMPOSED):
            check = await hasher.check(again, kept)
            assert check.right
            assert check.replacement is None


async def test_a_hash_of_what_was_not_normalised_still_matches_and_is_replaced() -> None:
    hasher = PasswordHasher(4)
    digest = base64.b64encode(hashlib.sha256(DECOMPOSED.encode()).digest())
    old = bcrypt.hashpw(digest, bcrypt.gensalt(4)).decode()

    check = await hasher.check(DECOMPOSED, old)

    assert check.right
    assert check.replacement
    assert (await hasher.check(COMPOSED, check.replacement)).right
    assert not (await hasher.check(DECOMPOSED + "x", old)).right


async def test_a_cheaper_hash_is_replaced_and_a_wrong_password_costs_the_same_everywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cheap = await PasswordHasher(4).hash("right")
    dear = PasswordHasher(7)
    spent = 0
    real_check, real_hash = bcrypt.checkpw, bcrypt.hashpw

    def check(password: bytes, hashed: bytes) -> bool:
        nonlocal spent
        spent += 2 ** int(hashed[4:6])
        return real_check(password, hashed)

    def hashpw(password: bytes, salt: bytes) -> bytes:
        nonlocal spent
        spent += 2 ** int(salt[4:6])
        return real_hash(password, salt)

    monkeypatch.setattr(bcrypt, "checkpw", check)
    monkeypatch.setattr(bcrypt, "hashpw", hashpw)
    costs = []
    for kept in (cheap, None):
        for typed in ("wrong", DECOMPOSED):
            spent = 0
            assert not (await dear.check(typed, kept)).right
            costs.append(spent)
    assert costs == [2**7, 2**8, 2**7, 2**8]

    replacement = (await dear.check("right", cheap)).replacement
    assert replacement
    assert rounds_of(replacement.encode()) == 7
    assert (await dear.check("right", replacement)).replacement is None
