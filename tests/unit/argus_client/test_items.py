"""Streams of items, against an embedder over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import grpc
import pytest
from argus.embedder.v1 import embedder_pb2

from argus_client import ApiKey, CallFailed
from argus_client import items as items_module
from tests.unit.argus_client.servers import EXPIRED, RESTARTING, Auth, Embedder, served


def text(number: int) -> embedder_pb2.EmbedTextsRequest:
    return embedder_pb2.EmbedTextsRequest(item_id=str(number), text="x" * number)


def texts(count: int) -> Iterator[embedder_pb2.EmbedTextsRequest]:
    return map(text, range(1, count + 1))


def lengths(answers: list[embedder_pb2.EmbedTextsResponse]) -> dict[str, float]:
    return {one.item_id: one.embedding.values[0] for one in answers}


ALL = {str(number): float(number) for number in range(1, 41)}


@pytest.mark.parametrize("streams", [1, 3])
async def test_every_item_is_answered(streams: int) -> None:
    embedder = Embedder()  # type: ignore[abstract]  # others are not called
    async with (
        served(ApiKey("secret"), embedder=embedder) as client,
        client.items(client.embedder.EmbedTexts, streams=streams, window=4) as items,
    ):
        found = [one async for one in items.answers(texts(40))]
    assert lengths(found) == ALL
    assert len(found) == 40
    assert sum(map(len, embedder.streams)) == 40


@pytest.mark.parametrize("how", [RESTARTING, EXPIRED])
async def test_what_a_broken_stream_left_is_sent_again(
    how: tuple[grpc.StatusCode, str, str],
) -> None:
    embedder = Embedder()  # type: ignore[abstract]  # others are not called
    embedder.breaks = [(5, how), (0, how), (9, how)]
    async with (
        served(ApiKey("secret"), embedder=embedder) as client,
        client.items(client.embedder.EmbedTexts) as items,
    ):
        found = [one async for one in items.answers(texts(40))]
    assert lengths(found) == ALL
    assert len(embedder.streams) == 4


async def test_a_stream_whose_token_has_ended_is_opened_with_another() -> None:
    embedder, auth = Embedder(), Auth()  # type: ignore[abstract]  # others are not called
    embedder.breaks = [(0, EXPIRED)]
    async with (
        served(ApiKey("secret"), auth, embedder=embedder) as client,
        client.items(client.embedder.EmbedTexts) as items,
    ):
        found = [one async for one in items.answers(texts(40))]
    assert lengths(found) == ALL
    assert len(auth.asked) == 2


async def test_streams_are_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items_module, "REOPEN_S", 0)
    embedder = Embedder()  # type: ignore[abstract]  # others are not called
    async with (
        served(ApiKey("secret"), embedder=embedder) as client,
        client.items(client.embedder.EmbedTexts, window=1) as items,
    ):
        found = [one async for one in items.answers(texts(5))]
    assert len(found) == 5
    assert len(embedder.streams) == 5


async def test_one_item_is_asked_about() -> None:
    embedder = Embedder()  # type: ignore[abstract]  # others are not called
    embedder.refused = {
        "2": [(grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", "later"), RESTARTING],
        "3": [(grpc.StatusCode.INVALID_ARGUMENT, "QUERY_EMPTY", "no words")],
    }
    async with (
        served(ApiKey("secret"), embedder=embedder) as client,
        client.items(client.embedder.EmbedTexts) as items,
    ):
        one, two = await asyncio.gather(items.ask(text(1)), items.ask(text(2)))
        assert lengths([one, two]) == {"1": 1.0, "2": 2.0}
        with pytest.raises(CallFailed) as failed:
            await items.ask(text(3))
        assert failed.value.reason == "QUERY_EMPTY"
        with pytest.raises(ValueError, match="item_id"):
            await items.ask(embedder_pb2.EmbedTextsRequest(text="x"))


async def test_an_item_that_is_refused_stops_no_other() -> None:
    embedder = Embedder()  # type: ignore[abstract]  # others are not called
    embedder.refused = {"3": [(grpc.StatusCode.INVALID_ARGUMENT, "QUERY_EMPTY", "no words")]}
    async with (
        served(ApiKey("secret"), embedder=embedder) as client,
        client.items(client.embedder.EmbedTexts) as items,
    ):
        found = [one async for one in items.answers(texts(5))]
    assert [one.item_id for one in found if one.HasField("error")] == ["3"]
    assert len(found) == 5


async def test_streams_that_are_refused_fail() -> None:
    embedder = Embedder()  # type: ignore[abstract]  # others are not called
    refusal = (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING", "not with this key")
    embedder.breaks = [(0, refusal)] * 9
    async with (
        served(ApiKey("secret"), embedder=embedder) as client,
        client.items(client.embedder.EmbedTexts) as items,
    ):
        with pytest.raises(CallFailed) as failed:
            _ = [one async for one in items.answers(texts(40))]
    assert failed.value.reason == "SCOPE_MISSING"


async def test_items_are_taken_only_as_there_is_room() -> None:
    embedder, taken = Embedder(), list[int]()  # type: ignore[abstract]  # others are not called

    async def slowly() -> AsyncIterator[embedder_pb2.EmbedTextsRequest]:
        for number in range(1, 21):
            taken.append(number)
            yield text(number)

    async with (
        served(ApiKey("secret"), embedder=embedder) as client,
        client.items(client.embedder.EmbedTexts, window=2) as items,
    ):
        answers = items.answers(slowly())
        await anext(answers)
        assert len(taken) < 20
        await answers.aclose()
        again = [one async for one in items.answers(texts(3))]
    assert len(again) == 3
