"""An item on its way through the worker, and the parts that the model sees of it."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.embedder.item import Kind, Priority
from services.embedder.model import Box
from services.imaging.frame_stats import FrameStats
from services.runtime.errors import ArgusError

P = TypeVar("P")


@dataclass(slots=True, eq=False)
class Job:
    """One item."""

    id: int
    kind: Kind
    priority: Priority
    data: bytes
    """Given back once it is prepared."""
    patch_size: int = 0
    patch_scale: float = 0.0
    standard_levels: bool = False
    cancelled: bool = False
    """Nobody waits for it: whoever sees this before embedding drops it."""

    parts: int = 1
    """How many parts it was cut into: one, or with crops one more than there are crops."""
    settled: int = 0
    """Parts that are done with; only the finisher counts."""
    vectors: NDArray[np.float32] | None = None
    """CROPS: [parts, dimension]; only the finisher writes."""
    failure: ArgusError | None = None
    """Why it has no answer; only the finisher writes."""
    boxes: tuple[Box, ...] = ()
    frame: FrameStats | None = None
    """PATCHES: of the picture as the model sees it."""
    truncated: bool = False
    prepare_s: float = 0.0


@dataclass(slots=True, eq=False)
class Part(Generic[P]):
    """What the model sees of an item at once: one row of a batch."""

    job: Job
    index: int
    """Its row of the job's vectors."""
    prepared: P = field(repr=False)
