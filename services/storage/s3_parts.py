"""Objects that are put in parts, in any S3 store (multipart upload)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from minio import Minio
from minio.datatypes import Part
from minio.error import S3Error

from services.storage.model import StoredPart

T = TypeVar("T")

_GONE = frozenset({"NoSuchUpload", "NoSuchKey"})


class _Call(Protocol):
    """How the store's client is called off the event loop."""

    def __call__(
        self, work: Callable[[], T], size_bytes: int = 0, *, to_its_end: bool = False
    ) -> Awaitable[T]:
        """Does it in a thread."""


class S3Parts:
    """`PartedObjects` over one bucket. What is here the client has, too, but not for single parts.

    Args:
        client: Of the store.
        bucket: Name of the bucket.
        call: Calls it.
    """

    def __init__(self, client: Minio, bucket: str, call: _Call) -> None:
        self._client = client
        self._bucket = bucket
        self._call = call

    async def begin(self, key: str, content_type: str) -> str:
        """Begins an object; the upload's id."""
        headers: dict[str, str | list[str] | tuple[str]] = {"Content-Type": content_type}
        return await self._call(
            lambda: self._client._create_multipart_upload(self._bucket, key, headers)  # noqa: SLF001
        )

    async def put(self, key: str, upload_id: str, number: int, content: bytes) -> StoredPart:
        """Writes a part, replacing the one of that number; numbers begin with 1."""
        etag = await self._call(
            lambda: self._client._upload_part(  # noqa: SLF001
                self._bucket, key, content, None, upload_id, number
            ),
            len(content),
            to_its_end=True,
        )
        return StoredPart(number, etag, len(content))

    async def listed(self, key: str, upload_id: str) -> Sequence[StoredPart] | None:
        """The parts that are there, by number; None if the upload is over, or never was."""

        def listed() -> Sequence[StoredPart] | None:
            found: list[StoredPart] = []
            after = ""
            while True:
                try:
                    answer = self._client._list_parts(  # noqa: SLF001
                        self._bucket, key, upload_id, part_number_marker=after or None
                    )
                except S3Error as error:
                    if error.code in _GONE:
                        return None
                    raise
                found += [
                    StoredPart(part.part_number, part.etag, part.size or 0) for part in answer.parts
                ]
                if not answer.is_truncated or not answer.parts:
                    return found
                after = str(answer.parts[-1].part_number)

        return await self._call(listed)

    async def complete(self, key: str, upload_id: str, parts: Sequence[StoredPart]) -> None:
        """Makes one object of the parts."""
        named = [Part(part.number, part.etag) for part in parts]
        await self._call(
            lambda: self._client._complete_multipart_upload(  # noqa: SLF001
                self._bucket, key, upload_id, named
            ),
            sum(part.size_bytes for part in parts),
            to_its_end=True,
        )

    async def abort(self, key: str, upload_id: str) -> None:
        """Removes the parts; an upload that is over is none."""

        def abort() -> None:
            try:
                self._client._abort_multipart_upload(self._bucket, key, upload_id)  # noqa: SLF001
            except S3Error as error:
                if error.code not in _GONE:
                    raise

        await self._call(abort)
