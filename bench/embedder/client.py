"""The client: calls the embedder from a process of its own and times the answers."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar, cast

import grpc
import numpy as np
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc

from bench.embedder.items import Items
from bench.embedder.target import Target
from services.embedder.model import Vectors

MAX_MESSAGE_BYTES = 64 * 2**20
Stub: TypeAlias = "embedder_pb2_grpc.EmbedderServiceAsyncStub"
Way = Literal["open", "unary", "new"]
"""How a lone image is sent: over an open stream, by a unary call, over a stream of its own."""

Answer = TypeVar("Answer", embedder_pb2.EmbedImagesResponse, embedder_pb2.EmbedTextsResponse)


@dataclass(frozen=True)
class Timed:
    """A pass."""

    seconds: float
    cpu_s: float
    """Of this process."""


@dataclass(frozen=True)
class Latencies:
    """Seconds that single items took, each from its sending to its answer."""

    texts: list[float]
    images: list[float]


class Client:
    """One of the embedder's callers.

    Args:
        items: What is embedded.
    """

    def __init__(self, items: Items) -> None:
        self._items = items

    async def stream(
        self, target: Target, name: str, start: int, count: int, in_flight: int
    ) -> Timed:
        """Sends items over one stream, at most `in_flight` of them unanswered."""
        requests = self._requests(target, name, start, count)
        async with _stub(target) as stub:
            burnt, began = time.process_time(), time.perf_counter()
            await _send_all(stub, target, requests, in_flight)
            return Timed(time.perf_counter() - began, time.process_time() - burnt)

    async def grouped(
        self, target: Target, name: str, start: int, count: int, *, in_flight: int, group: int
    ) -> Timed:
        """As `stream`, in groups of so many items."""
        items = self._requests(target, name, start, count)
        groups = [
            embedder_pb2.EmbedImageBatchesRequest(items=items[first : first + group])
            for first in range(0, count, group)
        ]
        async with _stub(target) as stub:
            burnt, began = time.process_time(), time.perf_counter()
            await _send_groups(stub, target, groups, in_flight)
            return Timed(time.perf_counter() - began, time.process_time() - burnt)

    async def callers(
        self, target: Target, name: str, start: int, count: int, callers: int, *, streams: bool
    ) -> Timed:
        """Sends items by callers of one image each.

        Args:
            target: Where to.
            name: Of the pass.
            start: First item.
            count: How many items.
            callers: How many at once.
            streams: Each opens a stream, sends its image and takes its answer; else each makes
                a unary call.
        """
        requests = iter(self._requests(target, name, start, count))
        ask = _single if streams else _unary
        async with _stub(target) as stub:

            async def caller() -> None:
                for request in requests:
                    await ask(stub, target, request)

            burnt, began = time.process_time(), time.perf_counter()
            await asyncio.gather(*(caller() for _ in range(callers)))
            return Timed(time.perf_counter() - began, time.process_time() - burnt)

    async def one_by_one(
        self, target: Target, name: str, start: int, count: int, *, way: Way
    ) -> list[float]:
        """Seconds of each of some images, each sent when the one before is answered."""
        requests = self._requests(target, name, start, count)
        seconds = []
        async with _stub(target) as stub:
            call = stub.EmbedImages(metadata=target.metadata)
            for request in requests:
                began = time.perf_counter()
                if way == "unary":
                    await _unary(stub, target, request)
                elif way == "new":
                    await _single(stub, target, request)
                else:
                    await call.write(request)
                    _checked(_answer(await call.read()))
                seconds.append(time.perf_counter() - began)
            call.cancel()
        return seconds

    async def vectors(self, target: Target, count: int) -> Vectors:
        """Vectors of the first items, [count, dimension]."""
        async with _stub(target) as stub:
            answers = await _send_all(stub, target, self._requests(target, "vectors", 0, count), 16)
        answers.sort(key=lambda answer: int(answer.item_id))
        return np.array([answer.embedding.values for answer in answers], np.float32)

    async def bulk(
        self, target: Target, name: str, seconds: float, *, streams: int, in_flight: int, group: int
    ) -> float:
        """An import that keeps streams full for some seconds; returns its images per second."""
        async with _stub(target) as stub:
            began = time.perf_counter()

            def groups(stream: int) -> Iterator[embedder_pb2.EmbedImageBatchesRequest]:
                start = 0
                while time.perf_counter() - began < seconds:
                    items = self._requests(target, f"{name} {stream}", start, group)
                    yield embedder_pb2.EmbedImageBatchesRequest(items=items)
                    start += group

            sending = (
                _send_groups(stub, target, groups(stream), in_flight) for stream in range(streams)
            )
            done = await asyncio.gather(*sending)
            return sum(done) / (time.perf_counter() - began)

    async def person(self, target: Target, name: str, seconds: float, pause_s: float) -> Latencies:
        """A person's searches for some seconds: a text, an image, a text, …, a pause between."""
        found = Latencies([], [])
        images = iter(self._requests(target, name, 0, 512, embedder_pb2.PRIORITY_INTERACTIVE))
        async with _stub(target) as stub:
            texts = stub.EmbedTexts(metadata=target.metadata)
            pictures = stub.EmbedImages(metadata=target.metadata)
            until = time.perf_counter() + seconds
            for number in range(10**9):
                began = time.perf_counter()
                if began > until:
                    break
                if number % 4 == 3 and (image := next(images, None)) is not None:
                    await pictures.write(image)
                    _checked(_answer(await pictures.read()))
                    found.images.append(time.perf_counter() - began)
                else:
                    text = f"a photo of thing number {number} on {name}"
                    await texts.write(
                        embedder_pb2.EmbedTextsRequest(
                            item_id=str(number),
                            text=text,
                            model=target.model,
                            priority=embedder_pb2.PRIORITY_INTERACTIVE,
                        )
                    )
                    _checked(_answer(await texts.read()))
                    found.texts.append(time.perf_counter() - began)
                await asyncio.sleep(pause_s)
            texts.cancel()
            pictures.cancel()
        return found

    async def wait(self, seconds: float) -> None:
        """Does nothing for some seconds."""
        await asyncio.sleep(seconds)

    async def runtime(self, target: Target) -> str:
        """What runs the model, once it is resident, and why; loads it if need be."""
        async with _stub(target) as stub:
            [request] = self._requests(target, f"load {time.time()}", 0, 1)
            await _single(stub, target, request)
            answer = await stub.ListModels(
                embedder_pb2.ListModelsRequest(), metadata=target.metadata
            )
        for model in answer.models:
            if model.model == target.model:
                return f"{model.runtime} ({model.runtime_reason})"
        raise RuntimeError(f"the embedder does not list {target.model}")

    def _requests(
        self,
        target: Target,
        name: str,
        start: int,
        count: int,
        priority: embedder_pb2.Priority = embedder_pb2.PRIORITY_UNSPECIFIED,
    ) -> list[embedder_pb2.EmbedImagesRequest]:
        return [
            embedder_pb2.EmbedImagesRequest(
                item_id=str(number), image=image, model=target.model, priority=priority
            )
            for number, image in enumerate(self._items.of_pass(name, count, start=start), start)
        ]


@asynccontextmanager
async def _stub(target: Target) -> AsyncIterator[Stub]:
    options = [
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.use_local_subchannel_pool", 1),
    ]
    async with grpc.aio.insecure_channel(target.address, options=options) as channel:
        await channel.channel_ready()
        yield embedder_pb2_grpc.EmbedderServiceStub(channel)


async def _send_all(
    stub: Stub,
    target: Target,
    requests: Iterable[embedder_pb2.EmbedImagesRequest],
    in_flight: int,
) -> list[embedder_pb2.EmbedImagesResponse]:
    """Sends all requests over one stream and returns the answers as they came."""
    window = asyncio.Semaphore(in_flight)
    call = stub.EmbedImages(metadata=target.metadata)
    sent = 0

    async def send() -> None:
        nonlocal sent
        for request in requests:
            await window.acquire()
            await call.write(request)
            sent += 1
        await call.done_writing()

    sending = asyncio.create_task(send())
    answers = []
    async for answer in call:
        answers.append(_checked(answer))
        window.release()
    await sending
    if len(answers) != sent:
        raise RuntimeError(f"{sent} images were sent and {len(answers)} answered")
    return answers


async def _send_groups(
    stub: Stub,
    target: Target,
    groups: Iterable[embedder_pb2.EmbedImageBatchesRequest],
    in_flight: int,
) -> int:
    """Sends all groups over one stream, at most `in_flight` of their items unanswered.

    Returns:
        How many images they had.
    """
    call = stub.EmbedImageBatches(metadata=target.metadata)
    room = asyncio.Event()
    sent = answered = 0

    async def send() -> None:
        nonlocal sent
        for group in groups:
            while sent + len(group.items) - answered > in_flight:
                room.clear()
                await room.wait()
            sent += len(group.items)
            await call.write(group)
        await call.done_writing()

    sending = asyncio.create_task(send())
    async for answers in call:
        for answer in answers.items:
            _checked(answer)
        answered += len(answers.items)
        room.set()
    await sending
    if answered != sent:
        raise RuntimeError(f"{sent} images were sent and {answered} answered")
    return sent


async def _unary(
    stub: Stub, target: Target, request: embedder_pb2.EmbedImagesRequest
) -> embedder_pb2.EmbedImageResponse:
    return await stub.EmbedImage(
        embedder_pb2.EmbedImageRequest(
            image=request.image, model=request.model, priority=request.priority
        ),
        metadata=target.metadata,
    )


async def _single(
    stub: Stub, target: Target, request: embedder_pb2.EmbedImagesRequest
) -> embedder_pb2.EmbedImagesResponse:
    call = stub.EmbedImages(metadata=target.metadata)
    await call.write(request)
    await call.done_writing()
    answers = [_checked(answer) async for answer in call]
    if len(answers) != 1:
        raise RuntimeError(f"one image was sent and {len(answers)} answered")
    return answers[0]


def _answer(read: Answer | object) -> Answer:
    """What was read, if it is not the stream's end."""
    if read is grpc.aio.EOF:
        raise RuntimeError("the stream ended early")
    return cast("Answer", read)


def _checked(answer: Answer) -> Answer:
    """The answer, if it is a vector."""
    if not answer.HasField("embedding"):
        raise RuntimeError(f"an item was not embedded: {answer.error.message}")
    return answer
