import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest

from services.embedder.batcher import Batcher
from services.embedder.canary import Canary
from services.embedder.errors import ModelFailed, Overloaded
from services.embedder.lane import Lane
from services.imaging.errors import ImageUnreadable
from tests.unit.embedder.models import LetterModel


@asynccontextmanager
async def batching(model: LetterModel, **bounds: int) -> AsyncIterator[Batcher]:
    values = {"prepare_threads": 2, "max_images": 64, "max_image_bytes": 1000} | bounds
    async with Batcher(model, **values) as batcher:
        try:
            yield batcher
        finally:
            model.gate.set()


async def entered(model: LetterModel) -> None:
    assert await asyncio.to_thread(model.entered.acquire, timeout=10)


async def queued(lane: Lane[Any, Any], count: int) -> None:
    """Waits until so many prepared items wait for the model."""
    async with asyncio.timeout(10):
        while len(lane._ready) < count:  # noqa: ASYNC110 - a poll with a deadline
            await asyncio.sleep(0.001)


async def test_a_lone_item_does_not_wait_for_company() -> None:
    model = LetterModel()
    async with batching(model) as batcher:
        vector = await batcher.embed_image(b"aab")
        assert vector[:2] == pytest.approx([2 / 5**0.5, 1 / 5**0.5])
    assert model.batches == [["aab"]]


async def test_items_of_all_callers_are_batched_while_the_model_is_busy() -> None:
    model = LetterModel()
    model.gate.clear()
    async with batching(model) as batcher:
        first = asyncio.create_task(batcher.embed_image(b"z"))
        await entered(model)
        words = [chr(97 + index).encode() for index in range(20)]
        tasks = [asyncio.create_task(batcher.embed_image(word)) for word in words]
        await queued(batcher._images, 20)
        model.gate.set()
        vectors = await asyncio.gather(*tasks)
        await first
    assert [len(batch) for batch in model.batches] == [1, 8, 8, 4]
    assert np.array_equal(np.stack(vectors), np.eye(26, dtype=np.float32)[:20])


async def test_a_text_overtakes_images_that_wait() -> None:
    model = LetterModel()
    model.gate.clear()
    async with batching(model) as batcher:
        images = [asyncio.create_task(batcher.embed_image(b"z"))]
        await entered(model)
        images += [asyncio.create_task(batcher.embed_image(b"y")) for _ in range(20)]
        await queued(batcher._images, 20)
        text = asyncio.create_task(batcher.embed_text("words"))
        await queued(batcher._texts, 1)
        model.gate.set()
        assert not (await text).truncated
        await asyncio.gather(*images)
    assert model.batches[1] == ["words"]


async def test_an_item_that_cannot_be_prepared_harms_no_other() -> None:
    model = LetterModel()
    async with batching(model) as batcher:
        good, bad = await asyncio.gather(
            batcher.embed_image(b"a"), batcher.embed_image(b"#"), return_exceptions=True
        )
    assert isinstance(bad, ImageUnreadable)
    assert isinstance(good, np.ndarray)


@pytest.mark.parametrize("spoiler", [b"b!", b"?"])
async def test_an_item_that_spoils_its_batch_fails_alone(spoiler: bytes) -> None:
    model = LetterModel()
    model.gate.clear()
    async with batching(model) as batcher:
        first = asyncio.create_task(batcher.embed_image(b"z"))
        await entered(model)
        words = [b"a", spoiler, b"c", b"d"]
        tasks = [asyncio.create_task(batcher.embed_image(word)) for word in words]
        await queued(batcher._images, 4)
        model.gate.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        await first
        assert [isinstance(answer, ModelFailed) for answer in answers] == [
            False,
            True,
            False,
            False,
        ]
        assert (await batcher.embed_image(b"e"))[4] == 1


async def test_what_nobody_waits_for_is_dropped_before_work() -> None:
    model = LetterModel()
    model.gate.clear()
    async with batching(model) as batcher:
        first = asyncio.create_task(batcher.embed_image(b"z"))
        await entered(model)
        left = asyncio.create_task(batcher.embed_image(b"x"))
        kept = asyncio.create_task(batcher.embed_image(b"y"))
        await queued(batcher._images, 2)
        left.cancel()
        await asyncio.gather(left, return_exceptions=True)
        model.gate.set()
        await asyncio.gather(first, kept)
        assert left.cancelled()
    assert model.batches == [["z"], ["y"]]


async def test_too_many_images_are_refused_and_room_comes_back() -> None:
    model = LetterModel()
    model.gate.clear()
    async with batching(model, max_images=3) as batcher:
        tasks = [asyncio.create_task(batcher.embed_image(b"a")) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded) as raised:
            await batcher.embed_image(b"b")
        assert (raised.value.reason, raised.value.retry_after_s) == ("OVERLOADED", 1.0)
        text = asyncio.create_task(batcher.embed_text("words"))
        await queued(batcher._texts, 1)
        model.gate.set()
        assert not (await text).truncated
        await asyncio.gather(*tasks)
        await batcher.embed_image(b"b")


async def test_too_many_bytes_are_refused_but_one_large_image_is_not() -> None:
    model = LetterModel()
    model.gate.clear()
    async with batching(model, max_image_bytes=10) as batcher:
        large = asyncio.create_task(batcher.embed_image(b"a" * 20))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await batcher.embed_image(b"b")
        model.gate.set()
        await large


async def test_a_canary_asks_only_an_idle_model_and_tells_when_answers_move() -> None:
    model = LetterModel()
    async with batching(model) as batcher:
        canary = Canary(batcher)
        canary._image = b"abc"
        await canary.probe()
        assert model.batches == [["abc"], ["a yellow canary on a perch"]]
        await canary.probe()
        assert len(model.batches) == 2

        batcher._last_success = float("-inf")
        await canary.probe()
        assert len(model.batches) == 4

        batcher._last_success = float("-inf")
        canary._image = b"xyz"
        with pytest.raises(ModelFailed):
            await canary.probe()
        # A caller's success does not make up for it.
        with pytest.raises(ModelFailed):
            await canary.probe()
        canary._image = b"abc"
        await canary.probe()
