"""One client of good will, alone and while everybody else attacks."""

import asyncio
import io
import json
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import httpx
import numpy as np
from argus.auth.v1 import auth_pb2
from argus.search.v1 import search_pb2
from argus.storage.v1 import image_pb2
from PIL import Image

from bench.attack.target import Target
from bench.edge.results import Stretch
from mesh.client.connection import Connection

PAUSE_S = 0.01
"""Between one call and the next, as a person's page makes them."""
RAMP_S = 3.0
"""Of attack before anything is measured."""
TIMEOUT_S = 20.0
UPLOAD_EVERY = 50
QUERIES = ("a cat", "a rocket launch", "a cup of coffee", "grass", "a temple", "a red flower")
_READY_S = 60.0


class Honest:
    """Somebody who looks at their images, searches and uploads.

    Args:
        connection: To the edge, signed in; kept, as a page keeps its own.
        image_id: An image of theirs.
    """

    def __init__(self, connection: Connection, image_id: str) -> None:
        self._connection = connection
        self._image_id = image_id
        self._number = 0

    async def stretch(self, seconds: float) -> Stretch:
        """One call after the other for so long; what each took, and what failed."""
        metadata = await self._connection.metadata()
        images, search = self._connection.images, self._connection.search
        auth = self._connection.auth
        asked: dict[str, Any] = {"metadata": metadata, "timeout": TIMEOUT_S}
        calls: tuple[Callable[[], Awaitable[object]], ...] = (
            lambda: auth.GetMe(auth_pb2.GetMeRequest(), **asked),
            lambda: images.ListImages(image_pb2.ListImagesRequest(page_size=20), **asked),
            lambda: images.GetThumbnail(
                image_pb2.GetThumbnailRequest(image_id=self._image_id), **asked
            ),
            lambda: search.SearchImages(
                search_pb2.SearchImagesRequest(
                    text=f"{QUERIES[self._number % len(QUERIES)]} {self._number % 97}"
                ),
                **asked,
            ),
        )
        found = Stretch()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._number += 1
            began = time.perf_counter()
            try:
                await calls[self._number % len(calls)]()
                found.seconds.append(time.perf_counter() - began)
                if self._number % UPLOAD_EVERY == 0:
                    await self._upload()
                    found.uploads += 1
            except (grpc.aio.AioRpcError, httpx.HTTPError) as error:
                said = error.details() if isinstance(error, grpc.aio.AioRpcError) else error
                found.failures.append(f"{type(error).__name__}: {said}")
            await asyncio.sleep(PAUSE_S)
        return found

    async def _upload(self) -> None:
        content = picture(self._number, 64)
        created = await self._connection.call(
            self._connection.images.CreateUpload,
            image_pb2.CreateUploadRequest(
                filename="honest.png", content_type="image/png", size_bytes=len(content)
            ),
        )
        async with httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_S) as store:
            put = created.upload
            (
                await store.request(put.method, put.url, headers=put.headers, content=content)
            ).raise_for_status()
        await self._connection.call(
            self._connection.images.CompleteUpload,
            image_pb2.CompleteUploadRequest(image_id=created.image.image_id),
        )


def picture(seed: int, side: int) -> bytes:
    """A PNG of noise, three bytes for each pixel."""
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


@contextmanager
def attackers(target: Target, seconds: float) -> Iterator[Callable[[], Counter[str]]]:
    """Every attack at once for so long; yields when they have begun.

    Yields:
        Waits for their end, and says how often they did what.

    Raises:
        RuntimeError: They did not begin.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "bench.attack", str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # They share no session, and so no turns at the processors, with the honest client.
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        lines = process.stdout
        try:
            process.stdin.write(target.model_dump_json() + "\n")
            process.stdin.flush()
            if lines.readline().strip() != "begun":
                raise RuntimeError("the attackers did not begin")
            yield lambda: Counter(json.loads(lines.readline()))
        finally:
            process.kill()


def newcomers_let_in(port: int, addresses: range) -> int:
    """How many addresses of this machine that come now are answered."""
    return sum(_is_answered(port, f"127.0.0.{last}") for last in addresses)


def _is_answered(port: int, address: str) -> bool:
    try:
        with socket.create_connection(
            ("127.0.0.1", port), timeout=10, source_address=(address, 0)
        ) as one:
            one.sendall(b"GET / HTTP/1.1\r\nhost: argus\r\nconnection: close\r\n\r\n")
            return one.recv(12) == b"HTTP/1.1 200"
    except OSError:
        return False
