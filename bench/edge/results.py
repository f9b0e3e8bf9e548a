"""What was measured."""

from collections import Counter
from dataclasses import dataclass, field

DIRECT, EDGE, BARE = "direct", "edge", "bare"


@dataclass
class Round:
    """Small calls of one way to the service, once."""

    p50_ms: float
    """Of one call after the other."""
    p99_ms: float
    per_s: float
    """With many at a time."""
    envoy_us: float = 0.0
    """Processor of Envoy for each of those."""


@dataclass
class Stretch:
    """What one client of good will met for some seconds."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    uploads: int = 0


@dataclass
class Siege:
    """An honest client with and without attackers."""

    idle: list[Stretch] = field(default_factory=list)
    under_attack: list[Stretch] = field(default_factory=list)
    """Each right after an idle one."""
    done: Counter[str] = field(default_factory=Counter)
    """By the attackers."""
    newcomers: int = 0
    let_in: int = 0
    """Of so many new addresses that came meanwhile."""


@dataclass
class Results:
    """Of all parts; what was not measured is empty."""

    method: str = ""
    unary: dict[str, list[Round]] = field(default_factory=dict)
    """By the way to the service, in rounds that go together."""
    download: dict[str, list[float]] = field(default_factory=dict)
    """Megabytes a second."""
    both_ways: dict[str, list[float]] = field(default_factory=dict)
    one_edge: list[float] = field(default_factory=list)
    """Calls that were let through, of those that the limit allows in the time."""
    two_edges: list[float] = field(default_factory=list)
    many_addresses: list[float] = field(default_factory=list)
    passwords: int = 0
    passwords_allowed: int = 0
    uploads: int = 0
    uploads_allowed: int = 0
    siege: Siege | None = None
    failed: dict[str, str] = field(default_factory=dict)
    """Why a part could not be measured."""
