"""Uploads over streams, part by part: what has come is in the store, and another stream goes on.

An upload is a PENDING image as any other. Its bytes gather to parts of an object at its staging
key, and when all have come it is completed as one is whose bytes were put there by a link.
"""

from uuid import UUID

from services.storage.arrival import Arrival, Chunk
from services.storage.errors import ImageInHand, ImageNotFound
from services.storage.model import Image, ImageState, StoredPart, UploadRequest
from services.storage.object_keys import staging_key
from services.storage.ports import Catalog, MultipartRecords, ObjectStore, PartedObjects
from services.storage.uploads import Uploads

PART_BYTES = 5 * 2**20
"""Bytes of each part but the last: no S3 store takes fewer."""


class StreamedUploads:
    """Uploads under way over streams of this process.

    Args:
        uploads: Reserves and completes.
        catalog: Records.
        records: Which multipart upload has an image's bytes.
        store: Objects.
        parts: Objects in parts.
    """

    def __init__(
        self,
        uploads: Uploads,
        catalog: Catalog,
        records: MultipartRecords,
        store: ObjectStore,
        parts: PartedObjects,
    ) -> None:
        self._uploads = uploads
        self._catalog = catalog
        self._records = records
        self._store = store
        self._parts = parts
        self._open: set[UUID] = set()

    async def begin(
        self, user_id: UUID, request: UploadRequest, *, anew: bool = False
    ) -> "StreamedUpload":
        """Reserves an image, or finds the one that serves instead. Raises as `Uploads.create`.

        Args:
            user_id: Whose it will be.
            request: What is declared.
            anew: Whether all bytes are sent, also those that are in the store.
        """
        image, _ = await self._uploads.create(user_id, request)
        return await self._opened(image, anew=anew)

    async def resume(self, user_id: UUID, image_id: UUID) -> "StreamedUpload":
        """Goes on with an upload.

        Raises:
            ImageNotFound: There is no such image of this user.
            ImageInHand: Another stream has it.
            ObjectStoreUnavailable: Try again.
        """
        return await self._opened(await self._get(user_id, image_id))

    async def progress(self, user_id: UUID, image_id: UUID) -> tuple[Image, int]:
        """An image, and how many of its bytes are in the store. Raises as `resume` does."""
        image = await self._get(user_id, image_id)
        if image.state is not ImageState.PENDING:
            return image, image.size_bytes if image.kept else 0
        _, _, persisted = await self._persisted(image)
        return image, persisted

    async def _get(self, user_id: UUID, image_id: UUID) -> Image:
        found = await self._catalog.find(user_id, [image_id])
        if image_id not in found:
            raise ImageNotFound(f"there is no image {image_id}")
        return found[image_id]

    async def _opened(self, image: Image, *, anew: bool = False) -> "StreamedUpload":
        if image.state is not ImageState.PENDING:
            return StreamedUpload(self, image, "", [], image.size_bytes)
        if image.image_id in self._open:
            raise ImageInHand
        self._open.add(image.image_id)
        try:
            upload_id, parts, persisted = await self._persisted(image)
            if anew:
                # Parts of the same numbers take their place.
                return StreamedUpload(self, image, upload_id, [], 0)
            return StreamedUpload(self, image, upload_id, parts, persisted)
        except BaseException:
            self._open.discard(image.image_id)
            raise

    async def _persisted(self, image: Image) -> tuple[str, list[StoredPart], int]:
        """The multipart upload, its parts that follow each other, and how many bytes are there."""
        key = staging_key(image.user_id, image.image_id)
        upload_id = await self._records.find(image.image_id)
        listed = await self._parts.listed(key, upload_id) if upload_id else None
        if upload_id and listed is not None:
            whole = []
            for number, part in enumerate(sorted(listed, key=lambda one: one.number), 1):
                if part.number != number or part.size_bytes != PART_BYTES:
                    break
                whole.append(part)
            return upload_id, whole, len(whole) * PART_BYTES
        async with self._store.open(key) as staged:
            there = staged is not None and staged.size_bytes == image.size_bytes
        return "", [], image.size_bytes if there else 0

    async def write(self, upload: "StreamedUpload", content: bytes) -> None:
        """Writes a part of an upload."""
        key = staging_key(upload.image.user_id, upload.image.image_id)
        if not upload.upload_id:
            upload.upload_id = await self._parts.begin(key, upload.image.content_type)
            await self._records.add(upload.image, upload.upload_id)
        number = len(upload.parts) + 1
        upload.parts.append(await self._parts.put(key, upload.upload_id, number, content))

    async def finish(self, upload: "StreamedUpload", rest: bytes, sha256: str) -> Image:
        """Makes the object whole and completes the upload."""
        image = upload.image
        if image.state is ImageState.PENDING:
            key = staging_key(image.user_id, image.image_id)
            if upload.parts:
                if rest:
                    await self.write(upload, rest)
                await self._parts.complete(key, upload.upload_id, upload.parts)
            elif rest:
                await self._store.put(key, rest, image.content_type)
        return await self._uploads.complete(image.user_id, image.image_id, sha256=sha256)

    def close(self, upload: "StreamedUpload") -> None:
        """Lets go of an upload; what was written stays."""
        self._open.discard(upload.image.image_id)


class StreamedUpload:
    """One upload over one stream; `close` it in the end.

    Args:
        uploads: Where it belongs.
        image: Its record; if that is not PENDING, there is nothing to send.
        upload_id: Of the multipart upload; empty if there is none yet.
        parts: Those that are written.
        persisted: How many bytes that is.
    """

    def __init__(
        self,
        uploads: StreamedUploads,
        image: Image,
        upload_id: str,
        parts: list[StoredPart],
        persisted: int,
    ) -> None:
        self.image = image
        self.upload_id = upload_id
        self.parts = parts
        self._uploads = uploads
        self._arrival = Arrival(image.size_bytes, persisted)
        self._gathered = bytearray()

    @property
    def is_open(self) -> bool:
        """Whether bytes are wanted."""
        return self.image.state is ImageState.PENDING

    async def take(self, chunk: Chunk) -> None:
        """Takes the next bytes, and writes them as soon as they are a part.

        Raises:
            ChunkOutOfPlace, ChunkCorrupt: Nothing has changed.
            ObjectStoreUnavailable: Go on with another stream.
        """
        self._arrival.take(chunk)
        self._gathered += chunk.data
        while len(self._gathered) >= PART_BYTES:
            part = bytes(memoryview(self._gathered)[:PART_BYTES])
            del self._gathered[:PART_BYTES]
            await self._uploads.write(self, part)

    async def finish(self, sha256: str) -> Image:
        """Completes it; the image. Raises as `Arrival.finish` and `Uploads.complete` do."""
        if self.is_open:
            self._arrival.finish()
        rest, self._gathered = bytes(self._gathered), bytearray()
        return await self._uploads.finish(self, rest, sha256)

    def close(self) -> None:
        """Lets go of it."""
        if self.is_open:
            self._uploads.close(self)
