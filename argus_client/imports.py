"""Many images into a mesh over one stream, each answered by itself."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from uuid import uuid4

from argus.storage.v1 import image_pb2, upload_pb2
from google_crc32c import value as crc32c_of

from argus_client.calls import Calls
from argus_client.description import Description
from argus_client.items import ItemStream
from argus_client.reading import FileProblem, opened
from argus_client.store import Sent
from argus_client.uploads import Source, Uploaded

CHUNK_BYTES = 2**20
MOST_ASKED = 24
"""Digests that are asked about at once: as many as fit in a filter."""


@dataclass(frozen=True, slots=True)
class _Item:
    """An image on its way."""

    source: Source
    says: Description
    sent: Sent | None
    item_id: str = field(default_factory=lambda: str(uuid4()))
    gone: list[int] = field(default_factory=lambda: [0])
    """Bytes that left with the attempt under way."""


class Importer:
    """Imports images over a stream; a context manager.

    A stream that breaks is opened anew, and what it left unanswered is sent again: each image is
    kept once, because the mesh tells it by its bytes.

    Args:
        calls: To the mesh.
        window: Images under way at once.
        patience_s: Seconds without an answer after which a failure is final.
    """

    def __init__(self, calls: Calls, *, window: int, patience_s: float) -> None:
        self._calls = calls
        self._patience_s = patience_s
        self._known = _Known(calls, patience_s)
        self._stream: ItemStream[_Item, image_pb2.ImportImagesResponse] = ItemStream(
            calls,
            calls.images.ImportImages,
            window=window,
            patience_s=patience_s,
            messages=_messages,
        )

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stream.__aexit__(kind, error, trace)

    async def upload(self, source: Source, says: Description, sent: Sent | None = None) -> Uploaded:
        """Imports an image, unless the caller has one with these bytes; then none are sent.

        Args:
            source: The image.
            says: What the image is to have, if it is new.
            sent: Told of bytes as they leave.

        Raises:
            CallFailed: The mesh does not take it.
            FileProblem: It can no longer be read.
        """
        known = await self._known.find(source.found.sha256)
        if known is not None:
            return Uploaded(known, brought=False)
        return await self._deliver(source, says, sent)

    async def _deliver(self, source: Source, says: Description, sent: Sent | None) -> Uploaded:
        answer = await self._stream.ask(_Item(source, says, sent))
        return Uploaded(answer.imported.image, brought=not answer.imported.existing)


class _Known:
    """Asks which images are there already, of many digests at once."""

    def __init__(self, calls: Calls, patience_s: float) -> None:
        self._calls = calls
        self._patience_s = patience_s
        self._waiting: dict[str, asyncio.Future[image_pb2.Image | None]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def find(self, sha256: str) -> image_pb2.Image | None:
        """The caller's usable image that has such bytes, if there is one."""
        answer = self._waiting.get(sha256)
        if answer is None:
            answer = self._waiting[sha256] = asyncio.get_running_loop().create_future()
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(answer)

    async def _ask(self) -> None:
        while self._waiting:
            # Others that are ready now come along.
            await asyncio.sleep(0)
            asked = dict(list(self._waiting.items())[:MOST_ASKED])
            for sha256 in asked:
                del self._waiting[sha256]
            digests = " OR ".join(f'sha256 = "{sha256}"' for sha256 in asked)
            try:
                found = await self._calls.call(
                    self._calls.images.ListImages,
                    image_pb2.ListImagesRequest(
                        filter=f"({digests}) AND (state = UPLOADED OR state = INDEXED)",
                        page_size=500,
                    ),
                    patience_s=self._patience_s,
                )
            except BaseException as error:  # noqa: BLE001 - whoever asked raises it
                for answer in asked.values():
                    if not answer.done():
                        answer.set_exception(error)
                        answer.exception()
                continue
            images = {image.sha256: image for image in reversed(found.images)}
            for sha256, answer in asked.items():
                if not answer.done():
                    answer.set_result(images.get(sha256))


async def _messages(item: _Item) -> AsyncIterator[upload_pb2.ImportImagesRequest]:
    """What is sent of an item: a small one at once, a large one as it is read.

    Raises:
        FileProblem: It cannot be read any more, or has become another.
    """
    found = item.source.found
    _tell(item, -item.gone[0])
    item.gone[0] = 0
    spec = upload_pb2.UploadSpec(
        filename=item.source.name,
        content_type=found.content_type,
        size_bytes=found.size_bytes,
        labels=item.says.labels,
        skip_existing=True,
        sha256=found.sha256,
        note=item.says.note,
        keep_location=item.says.keep_location,
        take_description=item.says.take_description,
    )
    finish = upload_pb2.UploadFinish(sha256=found.sha256)
    request = upload_pb2.ImportImagesRequest
    if found.size_bytes <= CHUNK_BYTES:
        chunk = _chunk(0, await item.source.read())
        yield request(item_id=item.item_id, spec=spec, chunk=chunk, finish=finish)
        _tell(item, found.size_bytes)
        return
    yield request(item_id=item.item_id, spec=spec)
    offset = 0
    async for data in _pieces(item.source):
        yield request(item_id=item.item_id, chunk=_chunk(offset, data))
        offset += len(data)
        _tell(item, len(data))
    if offset != found.size_bytes:
        raise FileProblem(CHANGED)
    yield request(item_id=item.item_id, finish=finish)


CHANGED = "the file changed while it was being uploaded"


async def _pieces(source: Source) -> AsyncIterator[bytes]:
    if source.file is None:
        for start in range(0, len(source.data), CHUNK_BYTES):
            yield source.data[start : start + CHUNK_BYTES]
        return
    with opened(source.file) as stream:
        left = source.found.size_bytes
        while data := await asyncio.to_thread(stream.read, min(CHUNK_BYTES, left + 1)):
            if len(data) > left:
                raise FileProblem(CHANGED)
            left -= len(data)
            yield data


def _chunk(offset: int, data: bytes) -> upload_pb2.UploadChunk:
    return upload_pb2.UploadChunk(offset=offset, data=data, crc32c=crc32c_of(data))


def _tell(item: _Item, count: int) -> None:
    item.gone[0] += count
    if item.sent and count:
        item.sent(count)
