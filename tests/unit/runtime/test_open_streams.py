"""How an open stream is interrupted, step by step."""

import asyncio
from collections.abc import AsyncIterator, Collection

import pytest

from services.runtime.errors import Unavailable
from services.runtime.identity import Identity, SessionClosed
from services.runtime.open_streams import OpenStream, OpenStreams

ADA = Identity("ada", "s1", "", "token")
BOB = Identity("bob", "s2", "", "token")
SEARCH = Identity("", "", "search", "token")


class Sessions:
    """Closed ones; takes a turn of the event loop, fails while it is told to."""

    def __init__(self) -> None:
        self.closed: set[str] = set()
        self.down = False
        self.asked: list[set[str]] = []

    async def is_closed(self, session_id: str) -> bool:
        return session_id in await self.closed_among({session_id})

    async def closed_among(self, session_ids: Collection[str]) -> set[str]:
        await asyncio.sleep(0)
        self.asked.append(set(session_ids))
        if self.down:
            raise ConnectionError("down")
        return self.closed & set(session_ids)


class Counting:
    """Counts up to a number, then waits for ever; remembers how it ended."""

    def __init__(self, upto: int) -> None:
        self.upto = upto
        self.waits = asyncio.Event()
        self.ended = asyncio.Event()

    async def __call__(self) -> AsyncIterator[int]:
        try:
            for number in range(self.upto):
                yield number
            self.waits.set()
            await asyncio.Event().wait()
        finally:
            self.ended.set()


async def collect(stream: OpenStream, responses: AsyncIterator[int], into: list[int]) -> None:
    async for response in stream.follow(responses):
        into.append(response)  # noqa: PERF401 - what came before the end is kept


async def test_a_stream_that_waits_is_interrupted_and_cleaned_up() -> None:
    sessions = Sessions()
    streams = OpenStreams(sessions)
    counting, got = Counting(3), list[int]()
    with streams.opened(ADA) as stream:
        following = asyncio.create_task(collect(stream, counting(), got))
        await counting.waits.wait()
        await streams.look()
        assert not following.done()
        sessions.closed.add("s1")
        await streams.look()
        with pytest.raises(SessionClosed):
            await following
    assert got == [0, 1, 2]
    assert counting.ended.is_set()
    assert following.cancelling() == 0


async def test_a_stream_between_two_answers_gives_no_further_one() -> None:
    sessions = Sessions()
    sessions.closed.add("s1")
    streams = OpenStreams(sessions)
    counting = Counting(3)
    with streams.opened(ADA) as stream:
        answers = stream.follow(counting())
        assert await anext(answers) == 0
        await streams.look()
        with pytest.raises(SessionClosed):
            await anext(answers)
    assert counting.ended.is_set()


async def test_one_question_is_asked_for_all_sessions_and_none_for_services() -> None:
    sessions = Sessions()
    streams = OpenStreams(sessions)
    await streams.look()
    with streams.opened(SEARCH), streams.opened(None):
        await streams.look()
        assert sessions.asked == []
        with streams.opened(ADA), streams.opened(ADA), streams.opened(BOB):
            await streams.look()
        await streams.look()
    assert sessions.asked == [{"s1", "s2"}]


async def test_a_short_outage_ends_no_stream_and_a_long_one_does() -> None:
    sessions = Sessions()
    sessions.down = True
    patient, strict = OpenStreams(sessions), OpenStreams(sessions, unknown_for_s=0)
    with patient.opened(ADA) as goes_on, strict.opened(ADA) as ends:
        await patient.look()
        await strict.look()
        assert await goes_on.step(_one) == 1
        with pytest.raises(Unavailable):
            await ends.step(_one)


async def test_what_the_work_raises_is_its_own() -> None:
    with OpenStreams(Sessions()).opened(ADA) as stream:
        for error in (TimeoutError("mine"), KeyError("mine")):
            with pytest.raises(type(error), match="mine"):
                await stream.step(lambda error=error: _fail(error))  # type: ignore[misc] # mypy cannot infer a lambda with a default


async def test_a_caller_who_goes_away_is_told_from_a_session_that_ends() -> None:
    with OpenStreams(Sessions()).opened(ADA) as stream:
        step = asyncio.create_task(stream.step(asyncio.Event().wait))
        await asyncio.sleep(0)
        step.cancel()
        with pytest.raises(asyncio.CancelledError):
            await step


async def _one() -> int:
    return 1


async def _fail(error: Exception) -> None:
    raise error
