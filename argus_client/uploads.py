"""One image into a mesh: reserve it, put its bytes into the object store, complete it."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from argus.storage.v1 import image_pb2

from argus_client.calls import Calls
from argus_client.description import Description
from argus_client.errors import CallFailed, StoreFailed
from argus_client.reading import Fingerprint, content, fingerprint, fingerprint_of
from argus_client.retries import backoff_s
from argus_client.store import ObjectStore, Sent

PUTS = 3
"""How often bytes are put that the store loses before they are completed."""


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes of an image, and what they are."""

    name: str
    """What its owner sees."""
    found: Fingerprint
    file: Path | None = None
    data: bytes = b""
    """The bytes, where there is no file."""

    @classmethod
    async def of_file(cls, file: Path, name: str = "") -> "Source":
        """A file, which is read once to know what it is.

        Raises:
            FileProblem: It cannot be read, or is no image in a format that is taken.
        """
        return cls(name or file.name, await asyncio.to_thread(fingerprint, file), file)

    @classmethod
    def of_bytes(cls, data: bytes, name: str) -> "Source":
        """Bytes that are there.

        Raises:
            FileProblem: They are no image in a format that is taken.
        """
        return cls(name, fingerprint_of(data), None, data)

    async def read(self) -> bytes:
        """The bytes that were looked at.

        Raises:
            FileProblem: The file has others by now.
        """
        if self.file is None:
            return self.data
        return await asyncio.to_thread(content, self.file, self.found)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of an upload."""

    image: image_pb2.Image
    """The image that the mesh keeps of these bytes."""
    brought: bool
    """Whether this upload brought it; otherwise it was there."""


class Uploader:
    """Uploads images, each once, however often its parts must be tried.

    Args:
        calls: To the mesh.
        store: Where bytes go.
        patience_s: Seconds for which each step is tried again while it fails in a way that passes.
    """

    def __init__(self, calls: Calls, store: ObjectStore, *, patience_s: float) -> None:
        self._calls = calls
        self._store = store
        self._patience_s = patience_s

    async def upload(self, source: Source, says: Description, sent: Sent | None = None) -> Uploaded:
        """Uploads an image, unless the caller has one with these bytes.

        Args:
            source: The image.
            says: What the image is to have, if it is new.
            sent: Told of bytes as they leave.

        Raises:
            CallFailed: The mesh does not take it.
            FileProblem: It can no longer be read.
            StoreFailed: The object store does not take it.
        """
        created = await self._calls.call(
            self._calls.images.CreateUpload,
            image_pb2.CreateUploadRequest(
                filename=source.name,
                content_type=source.found.content_type,
                size_bytes=source.found.size_bytes,
                sha256=source.found.sha256,
                labels=says.labels,
                skip_existing=True,
                note=says.note,
                keep_location=says.keep_location,
                take_description=says.take_description,
            ),
            patience_s=self._patience_s,
        )
        if not created.HasField("upload"):
            return Uploaded(created.image, brought=False)
        image = await self._deliver(source, created, sent)
        # Where somebody else brought the same bytes meanwhile, the mesh keeps that image.
        return Uploaded(image, brought=image.image_id == created.image.image_id)

    async def _deliver(
        self, source: Source, created: image_pb2.CreateUploadResponse, sent: Sent | None
    ) -> image_pb2.Image:
        """Puts the bytes and completes; again if the store lost them in between."""
        request = image_pb2.CompleteUploadRequest(image_id=created.image.image_id)
        for attempt in range(1, PUTS + 1):
            await self._put(await source.read(), created.upload, sent)
            try:
                return await self._calls.call(
                    self._calls.images.CompleteUpload, request, patience_s=self._patience_s
                )
            except CallFailed as failed:
                if attempt == PUTS or failed.reason != "UPLOAD_NOT_RECEIVED":
                    raise
            if sent:
                sent(-source.found.size_bytes)
        raise AssertionError

    async def _put(
        self, body: bytes, upload: image_pb2.PresignedRequest, sent: Sent | None
    ) -> None:
        give_up_at = time.monotonic() + self._patience_s
        attempt = 0
        while True:
            try:
                await self._store.request(
                    upload.method, upload.url, headers=upload.headers, body=body, sent=sent
                )
            except StoreFailed as failed:
                if not failed.passing or time.monotonic() > give_up_at:
                    raise
            else:
                return
            attempt += 1
            await asyncio.sleep(backoff_s(attempt))
