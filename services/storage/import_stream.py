"""One stream that brings many images: parts of items in, items that are wholly here out."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar
from uuid import UUID

from services.runtime.errors import ArgusError
from services.storage.arrival import Arrival, Chunk
from services.storage.budget import Budget
from services.storage.errors import UploadIncomplete, UploadStalled
from services.storage.importing import Imported, Importing
from services.storage.model import UploadRequest
from services.storage.streamed_uploads import PART_BYTES, StreamedUpload, StreamedUploads

WHOLE_BYTES = 8 * 2**20
"""Images of up to so many bytes gather in memory; larger ones in the object store."""

T = TypeVar("T")

STALLED_AFTER_S = 30.0
"""How long an item that was begun may show nothing new."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one message brings of an item."""

    item_id: str
    request: UploadRequest | None = None
    chunk: Chunk | None = None
    sha256: str | None = None
    """Of all bytes; with it the item is finished."""
    wrong: ArgusError | None = None
    """Why the message cannot be used."""


@dataclass(frozen=True, slots=True)
class Ready:
    """An item that no further message is read for."""

    item_id: str
    result: Callable[[], Awaitable[Imported]]
    """What becomes of it; raises why nothing does. To be called once."""


class ImportStreams:
    """Reads streams of items, each no further than there is room.

    Args:
        importing: Keeps images that are wholly in memory.
        streamed: Takes those that are too large for that.
        room: Bytes of items that are under way.
    """

    def __init__(self, importing: Importing, streamed: StreamedUploads, room: Budget) -> None:
        self._importing = importing
        self._streamed = streamed
        self._room = room

    def place(self, user_id: UUID) -> AbstractAsyncContextManager[None]:
        """Room for one upload in parts."""
        return self._room.take(2 * PART_BYTES, user_id)

    async def items(self, user_id: UUID, parts: AsyncIterator[Part]) -> AsyncGenerator[Ready]:
        """The items of a stream, in the order in which they are finished or go wrong."""
        item: _Item | None = None
        passed_over = ""
        reader = _Reader(parts)
        try:
            while True:
                try:
                    part = await reader.next(None if item is None else STALLED_AFTER_S)
                except TimeoutError:
                    if item is not None:
                        yield await item.failed(UploadStalled("the item did not go on in time"))
                        passed_over, item = item.item_id, None
                    continue
                if item is not None and (part is None or part.item_id != item.item_id):
                    yield await item.failed(
                        UploadIncomplete("another item began before this one was finished")
                    )
                    item = None
                if part is None:
                    return
                if part.item_id == passed_over and part.request is None:
                    continue
                passed_over = ""
                item, ready = await self._taken(user_id, item, part)
                if ready is not None:
                    passed_over = "" if part.sha256 is not None else part.item_id
                    yield ready
        finally:
            reader.close()
            if item is not None:
                await item.close()

    async def _taken(
        self, user_id: UUID, item: "_Item | None", part: Part
    ) -> "tuple[_Item | None, Ready | None]":
        """Takes a message in: the item that goes on, or the one that has come to its end."""
        try:
            if part.wrong is not None:
                raise part.wrong
            if item is None:
                item = await self._begun(user_id, part)
            elif part.request is not None:
                raise UploadIncomplete("an item of this id is not finished yet")
            if part.chunk is not None:
                await item.take(part.chunk)
        except ArgusError as error:
            return None, _refused(part.item_id, error) if item is None else await item.failed(error)
        if part.sha256 is not None:
            return None, item.finished(part.sha256)
        return item, None

    async def _begun(self, user_id: UUID, part: Part) -> "_Item":
        request = part.request
        if request is None:
            raise UploadIncomplete("an item begins with its spec")
        async with AsyncExitStack() as stack:
            if request.size_bytes <= WHOLE_BYTES:
                weight = request.size_bytes
                await stack.enter_async_context(self._room.take(weight, user_id))
                return _Whole(part.item_id, stack.pop_all(), self._importing, user_id, request)
            await stack.enter_async_context(self.place(user_id))
            upload = await self._streamed.begin(user_id, request, anew=True)
            stack.callback(upload.close)
            return _InParts(part.item_id, stack.pop_all(), upload)


class _Item:
    """An item that is being read.

    Args:
        item_id: Its name.
        held: What it holds until it comes to its end.
    """

    def __init__(self, item_id: str, held: AsyncExitStack) -> None:
        self.item_id = item_id
        self._held = held

    async def take(self, chunk: Chunk) -> None:
        """Takes the next bytes."""
        raise NotImplementedError

    async def _keep(self, sha256: str) -> Imported:
        raise NotImplementedError

    def finished(self, sha256: str) -> Ready:
        """All bytes were sent."""

        async def result() -> Imported:
            async with self._held:
                return await self._keep(sha256)

        return Ready(self.item_id, result)

    async def failed(self, error: ArgusError) -> Ready:
        """It comes to nothing."""
        await self.close()
        return _refused(self.item_id, error)

    async def close(self) -> None:
        """Lets go of what it holds."""
        await self._held.aclose()


class _Whole(_Item):
    """An item in memory."""

    def __init__(
        self,
        item_id: str,
        held: AsyncExitStack,
        importing: Importing,
        user_id: UUID,
        request: UploadRequest,
    ) -> None:
        super().__init__(item_id, held)
        self._importing = importing
        self._user_id = user_id
        self._request = request
        self._arrival = Arrival(request.size_bytes)
        self._chunks: list[bytes] = []

    async def take(self, chunk: Chunk) -> None:
        self._arrival.take(chunk)
        self._chunks.append(chunk.data)

    async def _keep(self, sha256: str) -> Imported:
        self._arrival.finish()
        chunks, self._chunks = self._chunks, []
        content = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        return await self._importing.take(self._user_id, self._request, content, sha256)


class _InParts(_Item):
    """An item that is written to the object store as it comes."""

    def __init__(self, item_id: str, held: AsyncExitStack, upload: StreamedUpload) -> None:
        super().__init__(item_id, held)
        self._upload = upload

    async def take(self, chunk: Chunk) -> None:
        if self._upload.is_open:
            await self._upload.take(chunk)

    async def _keep(self, sha256: str) -> Imported:
        if not self._upload.is_open:
            return Imported(self._upload.image, existing=True)
        image = await self._upload.finish(sha256)
        return Imported(image, existing=image.image_id != self._upload.image.image_id)


def _refused(item_id: str, error: ArgusError) -> Ready:
    return Ready(item_id, partial(_raise, error))


async def _raise(error: ArgusError) -> Imported:
    raise error


class _Reader(Generic[T]):
    """Messages of a stream, which are waited for no longer than one wants, and not lost then."""

    def __init__(self, messages: AsyncIterator[T]) -> None:
        self._messages = messages
        self._reading: asyncio.Task[T | None] | None = None

    async def next(self, wait_s: float | None) -> T | None:
        """The next message; None if there are no more.

        Raises:
            TimeoutError: None came in time; it is there the next time.
        """
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        done, _ = await asyncio.wait({self._reading}, timeout=wait_s)
        if not done:
            raise TimeoutError
        message, self._reading = self._reading.result(), None
        return message

    def close(self) -> None:
        """Waits for no more."""
        if self._reading is not None:
            self._reading.cancel()

    async def _read(self) -> T | None:
        return await anext(self._messages, None)


async def timely(messages: AsyncIterator[T]) -> AsyncGenerator[T]:
    """The messages of a stream that is to go on.

    Raises:
        UploadStalled: None came in time.
    """
    reader = _Reader(messages)
    try:
        while (message := await reader.next(STALLED_AFTER_S)) is not None:
            yield message
    except TimeoutError:
        raise UploadStalled(
            "the upload did not go on in time; go on where GetUpload says"
        ) from None
    finally:
        reader.close()
