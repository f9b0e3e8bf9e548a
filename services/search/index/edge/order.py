"""What a builder is told."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from services.search.index.tuning import GraphTuning, Quantization


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """A shard to build from a copy of another."""

    source: Path
    """Folder of a shard that nobody writes to until it is copied."""

    target: Path
    """Where the new one belongs; nothing is there."""

    graph: GraphTuning
    threads: int

    from_points: int
    """Points below which a shard stays without a graph."""

    def to_json(self) -> str:
        """As an argument of a command."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Of such an argument."""
        told = json.loads(text)
        graph = told.pop("graph")
        quantization = Quantization(graph.pop("quantization"))
        return cls(
            source=Path(told.pop("source")),
            target=Path(told.pop("target")),
            graph=GraphTuning(**graph, quantization=quantization),
            **told,
        )
