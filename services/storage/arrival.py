"""An image's bytes on their way over a stream: each chunk in its place, none of them damaged."""

from dataclasses import dataclass

from google_crc32c import value as crc32c_of

from services.storage.errors import ChunkCorrupt, ChunkOutOfPlace, UploadIncomplete


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some of an image's bytes."""

    offset: int
    """Where they begin, counted from 0."""
    data: bytes
    crc32c: int


class Arrival:
    """The bytes of one image, chunk by chunk.

    Args:
        size_bytes: How many were declared.
        offset: Where the first chunk has to begin.
    """

    def __init__(self, size_bytes: int, offset: int = 0) -> None:
        self._size_bytes = size_bytes
        self._offset = offset

    @property
    def offset(self) -> int:
        """How many bytes have come: where the next chunk has to begin."""
        return self._offset

    def take(self, chunk: Chunk) -> None:
        """Takes the next bytes in; if it raises, nothing has changed.

        Raises:
            ChunkOutOfPlace: They do not begin where the last ended, or there are too many.
            ChunkCorrupt: They do not have their CRC32C.
        """
        end = chunk.offset + len(chunk.data)
        if chunk.offset != self._offset or end > self._size_bytes:
            what = f"bytes {chunk.offset} to {end - 1} of {self._size_bytes} came"
            raise ChunkOutOfPlace(
                f"{what}; the next chunk begins at {self._offset}",
                metadata={"offset": str(self._offset), "size_bytes": str(self._size_bytes)},
            )
        if crc32c_of(chunk.data) != chunk.crc32c:
            raise ChunkCorrupt(
                f"the bytes from {chunk.offset} on do not have the CRC32C sent with them; "
                "send them again",
                metadata={"offset": str(self._offset)},
            )
        self._offset = end

    def finish(self) -> None:
        """Ends it.

        Raises:
            UploadIncomplete: Bytes are missing.
        """
        if self._offset != self._size_bytes:
            raise UploadIncomplete(
                f"{self._offset} of {self._size_bytes} bytes had come when the upload was finished",
                metadata={"offset": str(self._offset), "size_bytes": str(self._size_bytes)},
            )
