"""A snapshot as a file."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

from argus.search.v1.operator_pb2 import SnapshotPart
from google.protobuf.message import DecodeError
from google.protobuf.proto import parse_length_prefixed, serialize_length_prefixed

from services.search.errors import SnapshotDamaged

SUFFIX = ".vectors"
_FIRST_LINE = b"argus vectors 1\n"


class SnapshotWriter:
    """Writes parts.

    Args:
        file: Empty.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        file.write(_FIRST_LINE)

    def write(self, part: SnapshotPart) -> None:
        """Appends a part."""
        # Any file will do; the library's types say otherwise.
        serialize_length_prefixed(part, cast("BytesIO", self._file))


def read_snapshot(path: Path) -> Iterator[SnapshotPart]:
    """Reads parts as they are taken.

    Raises:
        SnapshotDamaged: It is no snapshot, or not one that is known here.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        if file.readline(len(_FIRST_LINE)) != _FIRST_LINE:
            raise SnapshotDamaged(f"{path.name} is no snapshot of vectors")
        while (part := _next(path, file)) is not None:
            yield part


def _next(path: Path, file: BinaryIO) -> SnapshotPart | None:
    # The library leaves it open which error it raises on lengths that are none.
    try:
        return parse_length_prefixed(SnapshotPart, cast("BytesIO", file))
    except (DecodeError, ValueError, RuntimeError) as error:
        raise SnapshotDamaged(f"{path.name} is damaged: {error}") from error
