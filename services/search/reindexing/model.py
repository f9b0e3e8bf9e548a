"""What a reindexing is."""

from dataclasses import dataclass
from enum import Enum

from services.clients.model import Space


class ReindexState(Enum):
    """How far it is."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Reindex:
    """All images are embedded for a space, which searches then use, or use already."""

    space: Space
    """That one."""
    state: ReindexState
    automatic: bool
    """Whether it began because the embedder was given another default model."""
    start_s: float
    """Seconds since 1970."""
    end_s: float = 0.0
    """Seconds since 1970; 0 while it runs."""
    cursor: str = ""
    """Id up to which images are embedded."""
    again: bool = False
    """Whether images that have a vector of the space are embedded, too."""
    done_count: int = 0
    """Images up to the cursor that were embedded, or had their vector."""

    @property
    def runs(self) -> bool:
        """True until it is done or cancelled."""
        return self.state is ReindexState.RUNNING


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that the embedder has."""

    space: Space
    embeds_images: bool
    embeds_words: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """What is told of the newest reindexing."""

    reindex: Reindex | None
    """None if there has been none."""
    current: Space
    """What searches use."""
    image_count: int
    """Images that searches can find."""
    embedded_count: int
    """Images that have a vector of its space; that were embedded so far, if it is `again`."""
    failed_count: int
