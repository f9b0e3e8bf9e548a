"""The words that search thinks in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from argus.storage.v1.image_pb2 import Image

from services.runtime.filters import Filter

Vector = list[float]


@dataclass(frozen=True, slots=True)
class ImagePoint:
    """An image as the index keeps it: a vector, and what filters ask about."""

    image_id: str
    user_id: str
    vector: Vector
    filename: str
    content_type: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StoredVector:
    """An image's vector in the index, and whose it is."""

    user_id: str
    vector: Vector


@dataclass(frozen=True, slots=True)
class Scope:
    """Which images a search sees. There is no search without a user."""

    user_id: str
    filter: Filter | None = None
    only: str = ""
    """Nothing but this image, if not empty."""
    without: str = ""
    """Anything but this image, if not empty."""
    within: Sequence[str] = field(default=(), repr=False)
    """Only these images, if any are named."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An image that the index found."""

    image_id: str
    score: float
    """Cosine similarity to the query, in [-1, 1]."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of a ranking ended. The image itself may be gone since."""

    score: float
    """Score of the page's last hit."""
    image_id: str
    """UUID of the page's last hit."""
    depth: int = 0
    """About how many hits come before the next page; says how much to ask the engine for."""


@dataclass(frozen=True, slots=True)
class TextQuery:
    """Images that these words describe."""

    text: str


@dataclass(frozen=True, slots=True)
class ImageQuery:
    """Images like this encoded one."""

    image: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """Images like one of the user's own."""

    image_id: str


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What a user wants to find."""

    user_id: str
    query: TextQuery | ImageQuery | StoredQuery
    filter: str = ""
    """AIP-160 text."""
    limit: int = 20
    page_token: str = ""
    min_score: float | None = None
    """Only matches with this score or a higher one."""


@dataclass(frozen=True, slots=True)
class Match:
    """An image that was found: storage's record as it is, and how close it is."""

    image: Image
    score: float


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """A page of matches, best first."""

    matches: list[Match]
    next_page_token: str
    text_truncated: bool
    model: str


@dataclass(frozen=True, slots=True)
class ImageEvent:
    """Something that happened to an image in storage.

    Attributes:
        message_id: The event's place in the stream, `<milliseconds>-<number>`.
        kind: What happened.
        image_id: UUID of the image.
        deliveries: How often the event was handed out, this time included.
    """

    message_id: str
    kind: Literal["uploaded", "updated", "deleted"]
    image_id: str
    deliveries: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an image that was to be indexed.

    `reason` is empty if search finds it now; otherwise it is one of the
    documented reasons and `message` says in words what to do.
    """

    image_id: str
    reason: str = ""
    message: str = ""
