"""Events that nobody can deal with: one fails, and neither blocks nor drags down the others."""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import redis.asyncio

from services.runtime.dead_letters import STREAM, DeadLetter, DeadLetters
from services.runtime.errors import Unavailable
from services.runtime.redis_streams import MOST_ATTEMPTS, GroupReader

EVENTS = "tests:events"
GROUP = "readers"


@pytest.fixture
async def client(fresh_redis_url: str) -> AsyncIterator["redis.asyncio.Redis"]:
    async with redis.asyncio.from_url(fresh_redis_url, decode_responses=True) as opened:
        await opened.delete(EVENTS, STREAM)
        yield opened


def reader(client: "redis.asyncio.Redis", consumer: str = "one") -> GroupReader:
    """One whose entries are left behind as soon as they are not finished."""
    return GroupReader(client, EVENTS, GROUP, consumer, count=10, block_ms=1, left_behind_ms=0)


async def tell(client: "redis.asyncio.Redis", *words: str) -> list[str]:
    return [str(await client.xadd(EVENTS, {"event": json.dumps(word)})) for word in words]


async def letters(client: "redis.asyncio.Redis") -> list[DeadLetter]:
    return await DeadLetters(client).page("", 100)


def fail(error: Exception) -> None:
    raise error


async def consume(one: GroupReader, bad: str, error: Exception) -> list[str]:
    """One round of a loop that fails at `bad`; what it has dealt with."""
    entries = await one.read()
    words = [json.loads(fields["event"]) for _, fields in entries if fields]
    ids = [entry_id for entry_id, _ in entries]
    try:
        async with one.handling(ids):
            if bad in words:
                fail(error)
    except type(error):
        return []
    if ids:
        await one.finish(ids)
    return words


async def test_an_event_that_fails_is_given_up_and_all_others_are_dealt_with(
    client: "redis.asyncio.Redis",
) -> None:
    _, bad, _ = await tell(client, "a", "bad", "c")
    one, two = reader(client), reader(client, "two")
    done: list[str] = []
    for turn in range(3 * MOST_ATTEMPTS):
        done += await consume(one if turn % 2 else two, "bad", ValueError("no such thing"))
    assert sorted(done) == ["a", "c"]
    (letter,) = await letters(client)
    assert (letter.stream, letter.group, letter.event_id) == (EVENTS, GROUP, bad)
    assert (letter.event, letter.cause) == ('"bad"', "FAILS")
    assert letter.attempts == MOST_ATTEMPTS
    assert letter.message == "ValueError: no such thing"
    assert await client.xlen(EVENTS) == 0
    pending: Any = await client.xpending(EVENTS, GROUP)
    assert pending["pending"] == 0


async def test_an_event_that_ends_its_process_is_given_up(client: "redis.asyncio.Redis") -> None:
    await tell(client, "bad")
    for process in range(MOST_ATTEMPTS):
        assert await reader(client, f"process {process}").read()
    assert await reader(client, "last").read() == []
    (letter,) = await letters(client)
    assert letter.attempts == MOST_ATTEMPTS
    assert "ended the process" in letter.message


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("the database does not answer"),
        asyncpg.DiskFullError("no space left"),
        asyncpg.DeadlockDetectedError("two met"),
        asyncpg.QueryCanceledError("it took too long"),
        ConnectionError("reset"),
    ],
)
async def test_what_is_down_is_no_fault_of_an_event(
    client: "redis.asyncio.Redis", error: Exception
) -> None:
    await tell(client, "good")
    one = reader(client)
    for _ in range(3 * MOST_ATTEMPTS):
        assert await consume(one, "good", error) == []
    assert await letters(client) == []
    assert await consume(one, "nothing", ValueError()) == ["good"]


async def test_a_reader_that_gives_nothing_up_is_handed_everything_for_ever(
    client: "redis.asyncio.Redis",
) -> None:
    await tell(client, "a", "b")
    for process in range(3 * MOST_ATTEMPTS):
        one = GroupReader(
            client,
            EVENTS,
            GROUP,
            f"process {process}",
            count=10,
            block_ms=1,
            left_behind_ms=0,
            gives_up=False,
        )
        assert len(await one.read()) == 2
    assert await letters(client) == []


async def test_what_cannot_be_read_is_given_up_at_once(client: "redis.asyncio.Redis") -> None:
    one = reader(client)
    await one.read()
    entry_id = str(await client.xadd(EVENTS, {"event": "{", "more": "x"}))
    entries = dict(await one.read())
    await one.bury(entries)
    (letter,) = await letters(client)
    assert (letter.event_id, letter.cause, letter.attempts) == (entry_id, "UNREADABLE", 1)
    assert json.loads(letter.event) == {"event": "{", "more": "x"}
    assert await client.xlen(EVENTS) == 0


async def test_what_was_removed_meanwhile_is_no_dead_letter(client: "redis.asyncio.Redis") -> None:
    one = reader(client)
    await one.bury({"1-1": None})
    await one.bury({})
    assert await letters(client) == []


async def test_a_replayed_event_comes_again_once_however_often_that_is_asked(
    client: "redis.asyncio.Redis",
) -> None:
    one = reader(client)
    await one.read()
    await client.xadd(EVENTS, {"event": "{", "more": "é"})
    await one.bury(dict(await one.read()))
    (letter,) = await letters(client)
    dead = DeadLetters(client)
    assert await dead.find("1-1") is None
    assert await dead.find(letter.letter_id) == letter
    assert await dead.replay([letter.letter_id, "1-1"]) == [letter.letter_id]
    assert await dead.replay([letter.letter_id]) == []
    assert await dead.count() == 0
    entries: Any = await client.xrange(EVENTS)
    assert [fields for _, fields in entries] == [{"event": "{", "more": "é"}]
    assert len(await one.read()) == 1


async def test_letters_are_paged_and_discarded(client: "redis.asyncio.Redis") -> None:
    one = reader(client)
    await one.read()
    await tell(client, *"abc")
    await one.bury(dict(await one.read()))
    dead = DeadLetters(client)
    first = await dead.page("", 2)
    rest = await dead.page(first[-1].letter_id, 2)
    assert [letter.event for letter in (*first, *rest)] == ['"a"', '"b"', '"c"']
    gone = [letter.letter_id for letter in first]
    assert await dead.discard([*gone, "1-1"]) == gone
    assert await dead.discard(gone) == []
    assert await dead.page("", 10) == rest
