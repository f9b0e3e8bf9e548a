"""The words that search thinks in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from argus.storage.v1.image_pb2 import Image

from services.clients.model import Crop
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
    create_time_us: int = 0
    """When its id was reserved, in microseconds since 1970."""
    size_bytes: int = 0
    width: int = 0
    height: int = 0
    note: str = ""
    camera: str = ""
    lens: str = ""
    capture_time_us: int | None = None
    """When it was taken, in microseconds since 1970; None if the file does not say."""
    iso: int | None = None
    crops: tuple[Crop, ...] | None = field(default=None, repr=False)
    """Its parts, none if it is too small to have some; None if nobody has looked for them."""


@dataclass(frozen=True, slots=True)
class StoredVector:
    """An image's vector in the index, and whose it is."""

    user_id: str
    vector: Vector
    crops: tuple[Crop, ...] | None = field(default=None, repr=False)
    """As of `ImagePoint`, if they were asked for."""


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
    having: Sequence[str] = ()
    """Only images whose names or labels have each of these texts: its words, next to each other
    and in that order."""
    lacking: Sequence[str] = ()
    """Only images whose names and labels have none of these texts."""
    excluded: Sequence[str] = field(default=(), repr=False)
    """None of these images."""

    @property
    def is_all(self) -> bool:
        """Whether it is all images of the user."""
        narrowed = (self.only, self.without, self.within, self.having, self.lacking, self.excluded)
        return self.filter is None and not any(narrowed)


@dataclass(frozen=True, slots=True)
class Hit:
    """An image that the index found."""

    image_id: str
    score: float
    """Cosine similarity to the query, in [-1, 1]; by words alone, 0 to 1."""
    words: float = 0.0
    """How well its words match, 0 to 1, where they take part."""
    order: float | None = None
    """What it is sorted by, least first, if not by its score."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of a ranking ended. The image itself may be gone since."""

    score: float
    """Score of the page's last hit."""
    image_id: str
    """UUID of the page's last hit."""
    depth: int = 0
    """About how many hits come before the next page; says how much to ask the engine for."""
    words: float = 0.0
    order: float | None = None
    """Those of the page's last hit."""


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


class Matching(Enum):
    """What orders the images that a text looks for."""

    AUTOMATIC = "automatic"
    """Both if words of the text are found, else meaning."""
    MEANING = "meaning"
    WORDS = "words"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Facet:
    """How the images in scope spread over a label's values, or over months."""

    label_key: str
    """Empty for months."""
    values: Sequence[tuple[str, int]]
    """Each with its number of images."""
    more: bool
    """Whether there are more values."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of an image as a person sees it, in fractions of its width and height."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Example:
    """What the wanted images are like, or, with a negative weight, unlike."""

    of: TextQuery | ImageQuery | StoredQuery
    region: Region | None = None
    """Only this part of the image; never with words."""
    weight: float = 1.0
    """Not 0."""
    field: str = ""
    """Path of what was given in the request, for errors."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What a user wants to find."""

    user_id: str
    examples: Sequence[Example]
    """At least one has a positive weight."""
    filter: str = ""
    """AIP-160 text."""
    limit: int = 20
    page_token: str = ""
    min_score: float | None = None
    """Only matches with this score or a higher one."""
    confident_only: bool = False
    """Only matches that are more than chance."""
    matching: Matching = Matching.AUTOMATIC
    words_weight: float = 1.0
    """How much a place by words counts beside one by meaning, above 0."""
    facet_labels: Sequence[str] = ()
    facet_months: bool = False
    exclude: Sequence[str] = field(default=(), repr=False)
    """Ids of images that are not wanted, whoever's they are."""
    exact: bool = False
    """Whether every image is compared, and with nothing but its whole vector."""
    diversity: float = 0.0
    """How much matches are to differ from each other, 0 to 1."""
    fold_duplicates: bool = False
    """Whether near-duplicates of a better match are folded into it."""
    explain: bool = False
    """Whether matches say what gave them their score."""
    read_mask: Sequence[str] = ()
    """Fields of the images' records that are wanted; all if empty."""
    match_parts: bool | None = None
    """Whether an image counts by its part that is most like the query; None: as it fits."""


@dataclass(frozen=True, slots=True)
class Cutoff:
    """From which score on a match is more than chance, for a kind of query."""

    score: float
    """The lowest that counts, to as many digits as scores have."""
    false_alarm_rate: float
    """Of unrelated queries, the share whose best match reaches it."""
    sample_size: int
    """How many images it was learnt from."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one part of a query has to do with a match."""

    score: float
    """Cosine similarity of that part and the image."""
    weight: float = 1.0
    """With how much of that it counts, negative if it repels."""
    example: int | None = None
    """Which of the request's examples; None: all together."""
    rank: int = 0
    """Place among all matches by this part alone, from 1; 0: not known."""
    matched_words: Sequence[str] | None = None
    """If it is the words: those that the image has."""
    matched_region: Region | None = None
    """The part of the image that gave the score; None if it was the whole."""


@dataclass(frozen=True, slots=True)
class Match:
    """An image that was found: storage's record as it is, and how close it is."""

    image: Image
    score: float
    confidence: float | None = None
    """1 minus the chance that an unrelated query's best match scores as high; None if unknown."""
    folded_image_ids: Sequence[str] = ()
    """Its near-duplicates, best first; the first few of many."""
    folded_count: int = 0
    """How many there are."""
    contributions: Sequence[Contribution] = ()
    """What gave the score; empty if nobody asked."""


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """A page of matches, best first."""

    matches: list[Match]
    next_page_token: str
    text_truncated: bool
    model: str
    cutoff: Cutoff | None = None
    """From which score on matches are more than chance; None if that is unknown."""
    matched_by: Matching = Matching.MEANING
    unread_words: Sequence[str] = ()
    facets: Sequence[Facet] = ()
    matched_parts: bool = False
    """Whether parts of images were compared."""


@dataclass(frozen=True, slots=True)
class ImageEvent:
    """Something that happened to an image in storage.

    Attributes:
        message_id: The event's place in the stream, `<milliseconds>-<number>`.
        kind: What happened.
        image_id: UUID of the image.
        deliveries: How often the event was handed out, this time included.
        cause: The span in which it happened, as a W3C `traceparent`; empty if nobody sees it.
    """

    message_id: str
    kind: Literal["uploaded", "updated", "deleted"]
    image_id: str
    deliveries: int = 1
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an image that was to be indexed.

    `reason` is empty if search finds it now; otherwise it is one of the
    documented reasons and `message` says in words what to do.
    """

    image_id: str
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An image that the index has just taken."""

    image_id: str
    user_id: str
    is_change: bool
    """Whether only its name or labels are new."""
