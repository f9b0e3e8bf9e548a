"""Reading files that may be anything, and may change meanwhile."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from argus_client.errors import ClientError
from argus_client.foreign import foreign
from argus_client.formats import media_type

CHUNK_BYTES = 2**20
HEAD_BYTES = 512
"""Bytes by which a format is told."""

CONVERT = "convert it to JPEG, PNG or another format that it does"

NOT_TAKEN = (
    "not an image in a format that Argus reads (JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF, HEIC); "
    "convert it to one of them"
)


class FileProblem(ClientError):
    """Why a file cannot be taken, in words."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a file is."""

    content_type: str
    size_bytes: int
    sha256: str


@contextmanager
def opened(file: Path) -> Iterator[BinaryIO]:
    """A regular file, opened for reading; never waits for the other end of a pipe.

    Raises:
        FileProblem: It is something else, or opening or reading it fails.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileProblem("not a regular file")
            yield stream
    except OSError as error:
        raise FileProblem(error.strerror or str(error)) from error


def fingerprint(file: Path) -> Fingerprint:
    """Reads a file once to know its type, size and digest.

    Raises:
        FileProblem: It cannot be read, is empty, or is no image in a format that is taken.
    """
    digest = hashlib.sha256()
    size = 0
    head = b""
    with opened(file) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            head = head or chunk[:HEAD_BYTES]
            digest.update(chunk)
            size += len(chunk)
    if not size:
        raise FileProblem("the file is empty")
    return Fingerprint(_told(head), size, digest.hexdigest())


def fingerprint_of(data: bytes) -> Fingerprint:
    """What bytes are.

    Raises:
        FileProblem: There are none, or they are no image in a format that is taken.
    """
    if not data:
        raise FileProblem("the file is empty")
    return Fingerprint(_told(data[:HEAD_BYTES]), len(data), hashlib.sha256(data).hexdigest())


def _told(head: bytes) -> str:
    found = media_type(head)
    if not found:
        name = foreign(head)
        if name:
            raise FileProblem(f"this is {name}, which Argus does not read; {CONVERT}")
        raise FileProblem(NOT_TAKEN)
    return found


def content(file: Path, found: Fingerprint) -> bytes:
    """The bytes that the fingerprint was taken of.

    Raises:
        FileProblem: They can no longer be read, or are others now.
    """
    with opened(file) as stream:
        read = stream.read(found.size_bytes + 1)
    if len(read) != found.size_bytes or hashlib.sha256(read).hexdigest() != found.sha256:
        raise FileProblem("the file changed while it was being uploaded")
    return read


def head(file: Path) -> bytes:
    """The first bytes of a file.

    Raises:
        FileProblem: They cannot be read.
    """
    with opened(file) as stream:
        return stream.read(HEAD_BYTES)
