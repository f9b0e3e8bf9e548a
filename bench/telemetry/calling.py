"""Calls of one kind at one mesh, as fast as it answers."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count

import grpc
import psutil
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc
from argus.storage.v1 import image_pb2

from bench.edge.calls import Call, Caller
from bench.running import RunningMesh
from bench.telemetry.results import Stretch

CONNECTIONS, AT_ONCE, IN_FLIGHT = 4, 4, 32
WARM_S = 0.3

LIST, GET, EMBED = "ListImages", "GetImage", "EmbedImages"
"""Kinds of calls. Of the last, images count."""

_SERVICE = "/argus.storage.v1.ImageService/"


class Calling:
    """A mesh and what it is called with.

    Args:
        mesh: It runs.
        token: Of somebody who has images.
        image_id: One of these.
        content: A JPEG that is embedded, each time with another comment in it, so that no cache
            knows it.
    """

    def __init__(self, mesh: RunningMesh, token: str, image_id: str, content: bytes) -> None:
        self._mesh = mesh
        self._token = token
        self._content = content
        self._numbers = count()
        self._port = int(mesh.server.rpartition(":")[2])
        self._pids = list(mesh.pids().values())
        listed = image_pb2.ListImagesRequest(page_size=20).SerializeToString()
        one = image_pb2.GetImageRequest(image_id=image_id).SerializeToString()
        self._calls = {
            LIST: Call(f"{_SERVICE}{LIST}", token, listed),
            GET: Call(f"{_SERVICE}{GET}", token, one),
        }

    def stretch(self, kind: str, seconds: float, embedded: int) -> Stretch:
        """Calls for so long, or embeds so many images."""
        return self._embed(embedded) if kind == EMBED else self._call(kind, seconds)

    def _call(self, kind: str, seconds: float) -> Stretch:
        doors = [(self._port, "127.0.0.1")] * CONNECTIONS
        with closing(Caller(self._calls[kind], doors, at_once=AT_ONCE)) as caller:
            caller.run(WARM_S)
            before = self._cpu_s()
            done = caller.run(seconds)
            spent = self._cpu_s() - before
        if done.refused:
            raise RuntimeError(f"{done.refused} calls were refused")
        return Stretch(done.per_s, 1e3 * spent / len(done.seconds))

    def _embed(self, images: int) -> Stretch:
        before = self._cpu_s()
        seconds = asyncio.run(self._embedding(images))
        return Stretch(images / seconds, 1e3 * (self._cpu_s() - before) / images)

    async def _embedding(self, images: int) -> float:
        async with grpc.aio.insecure_channel(self._mesh.server) as channel:
            window = asyncio.Semaphore(IN_FLIGHT)
            stub = embedder_pb2_grpc.EmbedderServiceStub(channel)
            call = stub.EmbedImages(
                metadata=(("authorization", f"Bearer {self._token}"),), timeout=120
            )
            began = time.perf_counter()

            async def send() -> None:
                for number in range(images):
                    await window.acquire()
                    await call.write(
                        embedder_pb2.EmbedImagesRequest(item_id=str(number), image=self._fresh())
                    )
                await call.done_writing()

            sending = asyncio.create_task(send())
            async for answer in call:
                if not answer.HasField("embedding"):
                    raise RuntimeError(f"an image was not embedded: {answer.error.message}")
                window.release()
            await sending
            return time.perf_counter() - began

    def _fresh(self) -> bytes:
        comment = f"telemetry {next(self._numbers)}".encode()
        marker = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        return self._content[:2] + marker + self._content[2:]

    def _cpu_s(self) -> float:
        """Of all parts until now."""
        return sum(
            spent.user + spent.system
            for pid in self._pids
            for spent in (process.cpu_times() for process in _family(pid))
        )


def _family(pid: int) -> Iterator[psutil.Process]:
    parent = psutil.Process(pid)
    yield parent
    yield from parent.children(recursive=True)
