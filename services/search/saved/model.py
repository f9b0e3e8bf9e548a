"""The words of saved searches."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from argus.search.v1.search_pb2 import SearchImagesRequest
from argus.storage.v1.image_pb2 import Image

from services.clients.model import Vector


@dataclass(frozen=True, slots=True)
class Problem:
    """Why images cannot be compared with a saved search."""

    reason: str
    """One of the documented reasons."""
    message: str


@dataclass(frozen=True, slots=True)
class MatchCounts:
    """How many matches a saved search has, those of deleted images left out."""

    unseen: int = 0
    total: int = 0
    last_found_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search that is kept."""

    search_id: str
    user_id: str
    display_name: str
    query: SearchImagesRequest
    """What its owner asked for, as the contract has it; perhaps without its pictures."""
    created_at: datetime
    updated_at: datetime
    problem: Problem | None = None
    counts: MatchCounts = field(default_factory=MatchCounts)


@dataclass(frozen=True, slots=True)
class QueryVector:
    """What a saved query is to a model."""

    space_name: str
    vector: Vector = field(repr=False)
    cutoff: float | None = None
    """The last cut-off that was known; None if none was, or none is asked for."""


@dataclass(frozen=True, slots=True)
class SearchDraft:
    """What is kept of a search that is being saved."""

    display_name: str
    query: SearchImagesRequest
    conditional: bool
    """Whether a change of an image's name or labels can make it match."""
    vector: QueryVector


@dataclass(frozen=True, slots=True)
class ComparedSearch:
    """A saved search as new images are compared with it."""

    search_id: str
    revision: int
    """Counts the changes of its query."""
    query: SearchImagesRequest
    """Without its pictures."""
    conditional: bool
    created_at: datetime
    has_problem: bool
    vector: QueryVector | None
    """None if the model in use was not asked for it yet."""


@dataclass(frozen=True, slots=True)
class ConditionalSearch:
    """A saved search that a change of names or labels may bring matches."""

    search_id: str
    user_id: str
    query: SearchImagesRequest
    """Without its pictures."""


@dataclass(frozen=True, slots=True)
class Changing:
    """An image whose name or labels are about to change in the index."""

    image_id: str
    user_id: str
    kept_before: Sequence[str]
    """Ids of saved searches whose conditions it keeps as it is."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An image that is to be compared with its owner's saved searches."""

    image_id: str
    user_id: str
    is_change: bool
    kept_before: Collection[str]
    arrived_at: datetime
    """When searches found it as it is."""
    version: int
    """Counts what happened to it."""

    def concerns(self, search: ComparedSearch) -> bool:
        """Whether it can be a new match of a search."""
        if self.arrived_at < search.created_at:
            return False
        if not self.is_change:
            return True
        return search.conditional and search.search_id not in self.kept_before


@dataclass(frozen=True, slots=True)
class Finding:
    """An image that matches a saved search, perhaps found before."""

    search_id: str
    revision: int
    image_id: str
    score: float


@dataclass(frozen=True, slots=True)
class FoundMatch:
    """A match that is kept."""

    search_id: str
    image_id: str
    position: int
    """Its place among its owner's matches, from 1."""
    score: float
    found_at: datetime
    seen: bool


@dataclass(frozen=True, slots=True)
class ShownMatch:
    """A match, and storage's record of its image."""

    match: FoundMatch
    image: Image
    cursor: str


@dataclass(frozen=True, slots=True)
class MatchPage:
    """A page of a saved search's matches, newest first."""

    matches: Sequence[ShownMatch]
    next_page_token: str
    counts: MatchCounts


@dataclass(frozen=True, slots=True)
class Told:
    """What a watcher is told."""

    cursor: str
    match: ShownMatch | None
    """None if there is nothing to tell."""
