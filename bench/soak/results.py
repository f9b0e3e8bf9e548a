"""What a soak measured."""

import json
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from bench.soak.trend import Points


@dataclass
class Results:
    """All that the report says; kept as JSON between a run and a report made again."""

    minutes: float
    warm_up: float
    """Share of them."""
    calls_per_second: float
    images: int
    cores: int
    calls: list[tuple[str, float, float]] = field(default_factory=list)
    """Kind, second at which it began, seconds that it took."""
    failures: list[tuple[str, float, str]] = field(default_factory=list)
    """Kind, second at which it began, what was answered."""
    late: int = 0
    """Calls that were not made because too many were under way."""
    held: dict[str, int] = field(default_factory=dict)
    """How often streams and slow clients came to the end of what they do, by kind."""
    samples: list[tuple[float, str, str, float]] = field(default_factory=list)
    """Second, part, what, value."""

    @property
    def judged_from_s(self) -> float:
        """When the warm-up is over."""
        return 60 * self.minutes * self.warm_up

    def series(self, what: str) -> dict[str, Points]:
        """Samples of one kind by part."""
        found: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for at, part, named, value in self.samples:
            if named == what:
                found[part].append((at, value))
        return dict(found)

    def keep(self, path: Path) -> None:
        """Writes it down."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def kept(cls, path: Path) -> Self:
        """What was written down.

        Raises:
            TypeError: It is of another version.
        """
        return cls(**json.loads(path.read_text(encoding="utf-8")))
