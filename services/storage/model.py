"""The domain of storage: images, uploads and what verification finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class ImageState(StrEnum):
    """Where an image is in its life."""

    PENDING = "PENDING"
    UPLOADED = "UPLOADED"
    INDEXED = "INDEXED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an image cannot be used."""

    reason: str
    """One of the documented reasons."""

    message: str
    """What happened and what to do about it, for a person."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image's record.

    Attributes:
        size_bytes: Declared size until the upload is complete; then the same, verified.
        sha256: 64 lower-case hexadecimal digits; empty while PENDING unless declared.
        phash: 16 hexadecimal digits; empty until the upload is complete.
        width: Pixels as seen, after EXIF orientation; 0 until the upload is complete.
        height: As width.
        format: Name of the file format, such as `jpeg`; empty until the upload is complete.
        completed_at: When the bytes were verified and kept; None until then.
        expires_at: When an upload that is not completed fails.
        put_expires_at: When the presigned PUT stops working.
    """

    image_id: UUID
    user_id: UUID
    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    phash: str
    width: int
    height: int
    format: str
    labels: Mapping[str, str]
    state: ImageState
    failure: Failure | None
    created_at: datetime
    completed_at: datetime | None
    expires_at: datetime
    put_expires_at: datetime

    @property
    def kept(self) -> bool:
        """Whether its bytes and thumbnail are in the object store."""
        return self.completed_at is not None


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """What a client declares about the bytes that it will upload."""

    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    labels: Mapping[str, str]
    skip_existing: bool
    request_id: UUID | None
    """The same for each attempt at one request; None if the client makes no such promise."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What the bytes of an image turned out to be."""

    sha256: str
    phash: str
    width: int
    height: int
    format: str
    thumbnail: bytes
    """WebP that fits in 256 by 256 pixels."""


@dataclass(frozen=True, slots=True)
class PagePosition:
    """The last image of a page: the next page begins after it, going back in time."""

    created_at: datetime
    image_id: UUID


@dataclass(frozen=True, slots=True)
class Page:
    """Images, newest first."""

    images: list[Image]
    next: PagePosition | None


@dataclass(frozen=True, slots=True)
class PresignedPut:
    """Where a client puts an image's bytes."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Indexed:
    """The indexer's outcome: search finds the image."""

    image_id: UUID


@dataclass(frozen=True, slots=True)
class IndexingFailed:
    """The indexer's outcome: the image cannot be indexed."""

    image_id: UUID
    failure: Failure


Outcome = Indexed | IndexingFailed
