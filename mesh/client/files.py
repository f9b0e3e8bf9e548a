"""Which files an import takes, and what they are."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from services.imaging.formats import sniff

SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")
)
CHUNK_BYTES = 2**20


class FileProblem(Exception):
    """Why a file was not imported."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a file is."""

    content_type: str
    size_bytes: int
    sha256: str


def collect(paths: Iterable[Path]) -> Iterator[Path]:
    """The files to import: those named, and in folders, at any depth, those with an image's suffix.

    Hidden files and folders are passed over. Each file comes once, in a stable order.
    """
    seen: set[Path] = set()
    for path in paths:
        for file in _walk(path) if path.is_dir() else [path]:
            if (real := file.resolve()) not in seen:
                seen.add(real)
                yield file


def _walk(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if file.suffix.lower() in SUFFIXES and not hidden and file.is_file():
            yield file


def fingerprint(file: Path) -> Fingerprint:
    """Reads a file once to know its type, size and digest.

    Raises:
        FileProblem: It cannot be read, is empty, or is no image of a known format.
    """
    digest = hashlib.sha256()
    size = 0
    head = b""
    try:
        with file.open("rb") as opened:
            while chunk := opened.read(CHUNK_BYTES):
                head = head or chunk[:64]
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise FileProblem(error.strerror or str(error)) from error
    if not size:
        raise FileProblem("the file is empty")
    found = sniff(head)
    if found is None:
        raise FileProblem("not an image of a known format")
    return Fingerprint(found.content_type, size, digest.hexdigest())
