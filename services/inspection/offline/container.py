"""The offline file: a ZIP archive whose last 64 bytes are the digest of all bytes before them.

Those 64 bytes are the archive's comment, so that any program for ZIP archives
opens the file. Weights and vectors are stored as they are; compressing them
gains nothing.
"""

import errno
import hashlib
import zipfile
import zlib
from pathlib import Path
from types import TracebackType
from typing import Self

from services.inspection.offline.errors import OfflineFileWrong
from services.inspection.offline.manifest import Manifest, Part

MANIFEST = "manifest.json"
ARTIFACT = "version.safetensors"
"""What the version learnt, exactly as the mesh keeps it."""

DIGEST_BYTES = 64
"""A SHA-256 in lower-case hexadecimal digits."""

_TEXTS = (".xml", ".json")
_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The time of each part, so that the same version gives the same bytes."""
_BLOCK_BYTES = 2**20


class FileWriter:
    """Writes an offline file piece by piece, into memory from which it is taken."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w")
        self._zip.comment = bytes(DIGEST_BYTES)
        self._all = hashlib.sha256()
        self._name = ""
        self._parts: dict[str, Part] = {}

    @property
    def parts(self) -> dict[str, Part]:
        """Parts that are written, by name."""
        return dict(self._parts)

    def write(self, name: str, data: bytes) -> bytes:
        """Adds bytes to a part, or begins the next one.

        Returns:
            Bytes of the file that are ready, perhaps none.
        """
        if name != self._name:
            self._end_part()
            self._name = name
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.external_attr = 0o100644 << 16
            entry.create_system = 3
            text = name.endswith(_TEXTS)
            entry.compress_type = zipfile.ZIP_DEFLATED if text else zipfile.ZIP_STORED
            self._part = self._zip.open(entry, "w", force_zip64=True)
            self._digest, self._size = hashlib.sha256(), 0
        self._part.write(data)
        self._digest.update(data)
        self._size += len(data)
        return self._taken()

    def end_part(self) -> bytes:
        """Ends the part that is being written, so that it is among `parts`."""
        self._end_part()
        return self._taken()

    def close(self) -> bytes:
        """Ends the file; its last bytes."""
        self._end_part()
        self._zip.close()
        last = self._sink.take()[:-DIGEST_BYTES]
        self._all.update(last)
        return last + self._all.hexdigest().encode()

    def _end_part(self) -> None:
        if self._name:
            self._part.close()
            self._parts[self._name] = Part(sha256=self._digest.hexdigest(), bytes=self._size)
            self._name = ""

    def _taken(self) -> bytes:
        data = self._sink.take()
        self._all.update(data)
        return data


class FileReader:
    """An offline file, verified.

    Args:
        path: Where it is.

    Raises:
        OfflineFileWrong: it is none, cut off, altered, or of a later release.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.manifest: Manifest
        try:
            self._zip = zipfile.ZipFile(path)
            content = self._zip.read(MANIFEST)
        except (zipfile.BadZipFile, zipfile.LargeZipFile, KeyError, ValueError, NotImplementedError,
                EOFError, RuntimeError, zlib.error, OSError) as error:  # fmt: skip
            # An altered directory may point before the file's beginning.
            if isinstance(error, OSError) and error.errno != errno.EINVAL:
                raise
            raise OfflineFileWrong(
                "this is no offline file of Argus, or a damaged or unfinished one; export the"
                " version again"
            ) from error
        try:
            self.manifest = Manifest.read(content)
            _verify(path)
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def read(self, name: str) -> bytes:
        """A part's bytes.

        Raises:
            OfflineFileWrong: there is no such part.
        """
        try:
            return self._zip.read(name)
        except KeyError:
            raise OfflineFileWrong(f"the file has no {name}; export the version again") from None


def _verify(path: Path) -> None:
    """Holds a file against the digest at its end.

    Raises:
        OfflineFileWrong: it does not hold.
    """
    digest, left = hashlib.sha256(), path.stat().st_size - DIGEST_BYTES
    with path.open("rb") as file:
        while left > 0 and (block := file.read(min(left, _BLOCK_BYTES))):
            digest.update(block)
            left -= len(block)
        if left or file.read() != digest.hexdigest().encode():
            raise OfflineFileWrong("the file was altered, or is damaged; export the version again")


class _Sink:
    """Takes what an archive is written to, and cannot be gone back in."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes, /) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """What was written is still to be taken."""

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken
