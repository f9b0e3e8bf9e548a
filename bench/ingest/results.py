"""What was measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

EMBEDDED = "embedder alone"
LINKED = "presigned links"
STREAMED = "`ImportImages`"
PUT = "presigned puts alone"
STORED = "puts of an S3 client"
WAYS = (EMBEDDED, LINKED, STREAMED, PUT, STORED)


@dataclass
class Way:
    """One way to bring the same number of images."""

    per_s: list[float] = field(default_factory=list)
    processor_s: list[Mapping[str, float]] = field(default_factory=list)
    """Of an image, by part."""

    @property
    def rate(self) -> float:
        """Images per second, the median."""
        return median(self.per_s)

    def part_s(self, part: str) -> float:
        """Seconds of the processor that a part takes for an image, the median."""
        return median(one.get(part, 0.0) for one in self.processor_s)


@dataclass
class Results:
    """All figures of a run."""

    cores: int
    stages_s: Mapping[str, float] = field(default_factory=dict)
    """Of an image in storage, seconds of one thread by stage."""
    ways: dict[str, Way] = field(default_factory=lambda: {name: Way() for name in WAYS})
    large_mb: float = 0.0
    large_mb_per_s: float = 0.0
    resident_mb: tuple[float, float] = (0.0, 0.0)
    """Of storage: before the large images, and at most while they came."""
    peer_per_s: list[float] | str = ""
    """Of the usual service, in each round; or why it was not measured."""

    @property
    def embedding_s(self) -> float:
        """Seconds of the processor that the embedder takes for an image, alone."""
        return self.ways[EMBEDDED].part_s("embedder")

    @property
    def limit_per_s(self) -> float:
        """Images per second if all cores did nothing but the stages and the embedding."""
        return self.cores / (sum(self.stages_s.values()) + self.embedding_s)
