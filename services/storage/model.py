"""The domain of storage: images, uploads and what verification finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.imaging.capture import Capture
from services.imaging.xmp import Described
from services.runtime.filters import Filter


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
class FramePlace:
    """Where an image stands in a video; times are microseconds from its beginning."""

    video_id: UUID
    filename: str
    """Of the video."""
    at_us: int
    start_us: int
    """Where the shot begins."""
    end_us: int
    """Where the shot ends."""


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
        revision: Counts the changes of name, labels and note, from 1.
        updated_at: When name, labels, note or state changed last.
        deleted_at: Since when it is in the trash; None if it is not.
        purge_at: Until when it stays in the trash; None if it is not there.
        thumbhash: ThumbHash of the picture; empty until it has been computed.
        renditions: Sides in pixels of the renditions that are there, beside the thumbnail.
        restored_at: When it was last brought back from the trash; None if it never was.
        was_indexed: Whether search ever found it.
        video: Where in a video it stands; None if it was not taken from one.
        note: What its owner wrote about it; normalized (NFC).
        capture: How it was taken; None if the file does not say.
        page_count: Pictures in the file; 0 until the upload is complete.
        keep_location: Whether its owner asked for the place to be kept.
        take_description: Whether its owner asked for the file's own words to be taken over.
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
    revision: int
    updated_at: datetime
    deleted_at: datetime | None = None
    purge_at: datetime | None = None
    restored_at: datetime | None = None
    thumbhash: bytes = b""
    renditions: frozenset[int] = frozenset()
    was_indexed: bool = False
    video: FramePlace | None = None
    note: str = ""
    capture: Capture | None = None
    page_count: int = 0
    keep_location: bool = False
    take_description: bool = False

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
    note: str = ""
    keep_location: bool = False
    """Whether the place is kept that the file names."""
    take_description: bool = False
    """Whether the file's own title, description, keywords and rating are taken over."""


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
    capture: Capture | None = None
    page_count: int = 1
    described: Described | None = None
    """What the file says in words; None if nobody asked."""
    preview: Any = field(default=None, repr=False, compare=False)
    """A `PIL.Image.Image`: the picture, sRGB, scaled down until it fits in 512 by 512 pixels; while
    it is at hand."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """An image whose bytes are verified and that is to be kept, though nobody reserved it."""

    image_id: UUID
    user_id: UUID
    filename: str
    content_type: str
    size_bytes: int
    labels: Mapping[str, str]
    note: str
    keep_location: bool
    take_description: bool
    skip_existing: bool
    """Whether an image that has these bytes already serves instead."""
    verified: Verified
    at: datetime
    """When it came."""
    render_at: datetime
    """When to render it, unless that is done by then."""


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part of an object that is being put."""

    number: int
    """From 1."""
    etag: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class PagePosition:
    """The last image of a page: the next page begins after it."""

    at: datetime
    """When it was created, or what else the list is ordered by."""
    image_id: UUID


@dataclass(frozen=True, slots=True)
class Listing:
    """Which of a user's images are listed, and in which order."""

    where: Filter | None = None
    oldest_first: bool = False
    by_capture: bool = False
    """In the order in which images were taken; those that do not say, by when they were created."""
    deleted: bool = False
    """Those in the trash, instead of those that are not."""

    def place_of(self, image: Image) -> PagePosition:
        """Where an image stands in this order."""
        taken = image.capture.time if self.by_capture and image.capture is not None else None
        return PagePosition(taken or image.created_at, image.image_id)


@dataclass(frozen=True, slots=True)
class Page:
    """Images in the order of their listing."""

    images: list[Image]
    next: PagePosition | None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells a kept image apart from others without looking at it."""

    image_id: UUID
    sha256: bytes
    phash: bytes
    """8 bytes; none if there is no hash."""
    pixel_count: int
    size_bytes: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether an image is there."""

    image_id: UUID
    user_id: UUID | None
    exists: bool
    """Whether there is a record, be it in the trash."""
    kept: bool
    """Whether its bytes are kept and it is not in the trash."""
    indexed: bool
    changed_at: datetime | None
    """When it changed last, or was deleted; None if nothing is known of it."""
    event_waiting: bool = False
    """Whether an event of it is on its way."""


@dataclass(frozen=True, slots=True)
class Month:
    """A month in which images were created."""

    year: int
    month: int
    """1 to 12."""
    image_count: int
    begins_at: datetime
    ends_at: datetime
    """Where the next one begins."""


@dataclass(frozen=True, slots=True)
class LabelKey:
    """A key among the labels of a user's images."""

    key: str
    image_count: int
    value_count: int
    values: list[tuple[str, int]]
    """The most frequent ones, with how many images have each."""


@dataclass(frozen=True, slots=True)
class Change:
    """What has become of an image that changed."""

    position: int
    """Of the owner's changes, in the order in which they became visible."""
    image_id: UUID
    image: Image | None
    """As it is now; None if it is gone, or in the trash."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a user's changes are after a position."""

    changes: list[Change]
    """In the order of their positions, each image once."""
    forgotten: int
    """The position up to which changes may be missing."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What was made of a picture, to be shown instead of it."""

    thumbhash: bytes
    renditions: Mapping[int, bytes]
    """WebP by the side in pixels of the square that it fits in."""


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
