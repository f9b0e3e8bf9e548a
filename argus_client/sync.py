"""The client for programs that do not use asyncio: scripts, notebooks.

Its calls run on an event loop in a thread of its own.
"""

import asyncio
import threading
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import grpc
from argus.storage.v1 import image_pb2

from argus_client import client as asynchronous
from argus_client.batch import Outcome, Report
from argus_client.calls import PATIENCE_S
from argus_client.description import Description
from argus_client.indexing import STALLED_AFTER_S
from argus_client.items import WINDOW
from argus_client.store import Sent
from argus_client.streams import by_cursor
from argus_client.tokens import CALL_TIMEOUT_S, ApiKey, Password
from argus_client.uploads import Uploaded

A = TypeVar("A")
Q = TypeVar("Q")
T = TypeVar("T")


class _Loop:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="argus", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Runs it to its end, which an interrupt from the keyboard brings about."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def iterate(self, items: AsyncIterator[T]) -> Iterator[T]:
        """What an asynchronous iterator gives; it is closed when nobody asks for more."""

        async def following() -> T:
            return await anext(items)

        async def closed() -> None:
            if close := getattr(items, "aclose", None):
                await close()

        try:
            while True:
                try:
                    item = self.run(following())
                except StopAsyncIteration:
                    return
                yield item
        finally:
            self.run(closed())

    def close(self) -> None:
        """Ends the thread."""
        self.run(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class SyncClient:
    """Calls to one mesh with the contract's stubs: `client.call(client.images.GetImage, request)`.

    Each method is that of `argus_client.Client`, and waits for what comes of it.

    Args:
        client: What calls.
        loop: Where it lives.
    """

    def __init__(self, client: asynchronous.Client, loop: _Loop) -> None:
        self._client = client
        self._loop = loop
        self.auth = client.auth
        self.audit = client.audit
        self.email = client.email
        self.groups = client.groups
        self.sign_in = client.sign_in
        self.users = client.users
        self.images = client.images
        self.embedder = client.embedder
        self.search = client.search
        self.inspection = client.inspection
        self.installation = client.installation

    def call(
        self,
        method: Callable[..., Awaitable[T]],
        request: Any,  # noqa: ANN401 - the method's own request
        *,
        patience_s: float | None = None,
        timeout_s: float = CALL_TIMEOUT_S,
    ) -> T:
        """Calls a unary method; see `Client.call`.

        Raises:
            CallFailed: The call failed, with its reason.
        """
        return self._loop.run(
            self._client.call(method, request, patience_s=patience_s, timeout_s=timeout_s)
        )

    def pages(self, method: Any, request: Any) -> Iterator[Any]:  # noqa: ANN401 - any list method of the contract
        """Every answer of a list method, page by page.

        Raises:
            CallFailed: The list cannot be read.
        """
        return self._loop.iterate(self._client.pages(method, request))

    def upload(
        self,
        image: Path | bytes,
        *,
        filename: str = "",
        labels: Mapping[str, str] | None = None,
        note: str = "",
        keep_location: bool = False,
        take_description: bool = False,
        sent: Sent | None = None,
    ) -> Uploaded:
        """Uploads one image; see `Client.upload`. `sent` is called on the client's own thread.

        Raises:
            CallFailed: The mesh does not take it.
            FileProblem: It cannot be read, or is no image in a format that is taken.
            StoreFailed: The object store does not take it.
        """
        return self._loop.run(
            self._client.upload(
                image,
                filename=filename,
                labels=labels,
                note=note,
                keep_location=keep_location,
                take_description=take_description,
                sent=sent,
            )
        )

    def upload_files(
        self,
        files: Sequence[Path],
        *,
        labels: Mapping[str, str] | None = None,
        jobs: int = asynchronous.JOBS,
        wait: bool = True,
        progress: Callable[[Outcome | None], None] = lambda _: None,
        sent: Sent | None = None,
        describe: Callable[[Path], Description] = lambda _: Description(),
    ) -> Report:
        """Uploads many files; see `Client.upload_files`.

        `progress`, `sent` and `describe` are called on the client's own thread.

        Raises:
            CallFailed: Nobody is signed in any more.
        """
        return self._loop.run(
            self._client.upload_files(
                files,
                labels=labels,
                jobs=jobs,
                wait=wait,
                progress=progress,
                sent=sent,
                describe=describe,
            )
        )

    def until_indexed(
        self, *image_ids: str, stalled_after_s: float = STALLED_AFTER_S
    ) -> list[image_pb2.Image]:
        """Waits until search finds images; see `Client.until_indexed`.

        Raises:
            CallFailed: That cannot be asked, or for so many seconds none was indexed.
        """
        return self._loop.run(
            self._client.until_indexed(*image_ids, stalled_after_s=stalled_after_s)
        )

    def download(self, image_id: str, *, offset: int = 0, length: int = 0) -> bytes:
        """The bytes of an image as they were uploaded, or a range; see `Client.download`.

        Raises:
            CallFailed: They cannot be had.
        """
        return self._loop.run(self._client.download(image_id, offset=offset, length=length))

    def download_to(self, image_id: str, file: Path) -> None:
        """Saves an image's bytes as they were uploaded; see `Client.download_to`.

        Raises:
            CallFailed: They cannot be had.
            OSError: They cannot be written.
        """
        self._loop.run(self._client.download_to(image_id, file))

    def watch(
        self,
        method: Callable[..., "grpc.aio.UnaryStreamCall[Any, A]"],
        request: Any,  # noqa: ANN401 - the method's own request
        *,
        heard: Callable[[Any, A], None] = by_cursor,
        patience_s: float = PATIENCE_S,
    ) -> Iterator[A]:
        """What a method that watches tells; see `Client.watch`.

        Raises:
            CallFailed: It cannot be watched, or nothing is heard.
        """
        return self._loop.iterate(
            self._client.watch(method, request, heard=heard, patience_s=patience_s)
        )

    def stream(
        self,
        method: Callable[..., "grpc.aio.UnaryStreamCall[Any, A]"],
        request: Any,  # noqa: ANN401 - the method's own request
    ) -> Iterator[A]:
        """What a method answers piece by piece; see `Client.stream`.

        Raises:
            CallFailed: The call failed, perhaps in the middle.
        """
        return self._loop.iterate(self._client.stream(method, request))

    def answers(
        self,
        method: Callable[..., "grpc.aio.StreamStreamCall[Q, A]"],
        requests: Iterable[Q],
        *,
        streams: int = 1,
        window: int = WINDOW,
        patience_s: float = PATIENCE_S,
    ) -> Iterator[A]:
        """Sends items over streams, such as those of EmbedTexts; answers as they come.

        `requests` are taken on the client's own thread; see `ItemStream.answers`.

        Raises:
            CallFailed: The streams were refused.
            ValueError: Two items under way have the same id, or one has none.
        """

        async def answered() -> AsyncIterator[A]:
            async with self._client.items(
                method, streams=streams, window=window, patience_s=patience_s
            ) as items:
                async for answer in items.answers(requests):
                    yield answer

        return self._loop.iterate(answered())


@contextmanager
def connect(server: str, who: ApiKey | Password, *, ca: str = "") -> Iterator[SyncClient]:
    """Opens a client of the mesh at an address; see `argus_client.connect`.

    Raises:
        ClientError: That is no address, or no authority.
    """
    loop = _Loop()
    opened = asynchronous.connect(server, who, ca=ca)
    try:
        client = loop.run(_entered(opened))
        try:
            yield SyncClient(client, loop)
        finally:
            loop.run(_left(opened))
    finally:
        loop.close()


async def _entered(opened: Any) -> asynchronous.Client:  # noqa: ANN401 - contextlib's own type
    client: asynchronous.Client = await opened.__aenter__()
    return client


async def _left(opened: Any) -> None:  # noqa: ANN401 - contextlib's own type
    await opened.__aexit__(None, None, None)
