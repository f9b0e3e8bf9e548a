"""How large a mesh is to be, and how much it is to do."""

import math
from dataclasses import dataclass
from enum import StrEnum

MAX_IMAGES = 10**10
MAX_DIMENSIONS = 65_536
"""Of a vector of Qdrant's."""


class WorkloadError(ValueError):
    """What no mesh can be asked for."""


class Quantization(StrEnum):
    """In what form vectors are in memory."""

    NONE = "none"
    SCALAR = "scalar"
    BINARY = "binary"


class Model(StrEnum):
    """What embeds, as far as its processor time was measured."""

    COMPACT = "compact"
    VIT_B_32 = "vit-b-32"


@dataclass(frozen=True)
class Workload:
    """What is asked of a mesh.

    Raises:
        WorkloadError: A number makes no sense.
    """

    images: float
    """Kept."""

    uploads_per_day: float = 0.0
    searches_per_second: float = 0.0
    """In the busiest hour."""

    image_bytes: float = 500_000.0
    """Of an original, on the mean."""

    dimensions: int = 512
    quantization: Quantization = Quantization.NONE
    replication: int = 1
    """Copies of all that is kept: objects, vectors, database."""

    model: Model = Model.COMPACT
    parts: bool = False
    """Whether images are indexed in parts, too (`ARGUS_SEARCH_CROPS`)."""

    peak: float = 3.0
    """Uploads of the busiest hour, in times the mean."""

    log_days: float = 7.0
    """Days for which the database's log is archived, to restore to a point in time."""

    def __post_init__(self) -> None:
        _within("images", self.images, 1, MAX_IMAGES)
        _within("uploads a day", self.uploads_per_day, 0, MAX_IMAGES)
        _within("searches a second", self.searches_per_second, 0, 10**6)
        _within("bytes of an image", self.image_bytes, 1, 10**9)
        _within("dimensions", self.dimensions, 1, MAX_DIMENSIONS)
        _within("replication", self.replication, 1, 9)
        _within("peak", self.peak, 1, 1000)
        _within("days of log", self.log_days, 0, 3650)


def _within(what: str, value: float, least: float, most: float) -> None:
    if not math.isfinite(value) or not least <= value <= most:
        raise WorkloadError(f"{what}: {value:,g} is not from {least:,g} to {most:,g}")
