"""What was measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.inspection.ablation import AblationRow
from bench.inspection.bootstrap import Area
from bench.inspection.coverage import Coverage
from bench.inspection.false_alarms import FalseAlarms
from bench.inspection.split_figures import SplitFigures
from bench.inspection.surfaces import Surface


@dataclass(frozen=True)
class PixelQuality:
    """How well a kind's pixels are told from others."""

    auroc: float
    pro: float
    share: float
    """Of all defective pixels."""


@dataclass(frozen=True)
class FewReferences:
    """What a number of references reaches, over several drawings of them."""

    count: int
    aurocs: tuple[float, ...]
    false_alarm_rate: float
    """At a target of 5 %, mean."""
    miss_rate: float
    """At a target of 5 %, mean."""
    stated_high: float
    """Upper end of the stated interval at 5 %."""


@dataclass(frozen=True)
class Growth:
    """Ten normals added, and the same images learnt anew."""

    grown_auroc: float
    rebuilt_auroc: float
    grown_s: float
    rebuilt_s: float
    grown_members: int
    rebuilt_members: int


@dataclass(frozen=True)
class Quality:
    """On the magnetic tiles."""

    image: Mapping[str, Area]
    """By kind, and over all."""
    pixel: Mapping[str, PixelQuality]
    """By kind, and over all."""
    alarms: tuple[FalseAlarms, ...]
    """Of the protocol's split, by target."""
    split_alarms: tuple[FalseAlarms, ...]
    """Of random splits, all targets."""
    split_aurocs: tuple[float, ...]
    few: tuple[FewReferences, ...]
    growth: Growth
    off_distribution: Mapping[str, tuple[int, int]]
    """By what was shown: flagged, shown."""
    whole_image: Mapping[str, Area]
    peer: Mapping[str, Area]
    protocol: tuple[SplitFigures, ...]
    """Splits with 200 references; the first is the protocol's."""
    published: tuple[SplitFigures, ...]
    """Splits with 80 % of the normals; the first is the one that is written down."""
    published_tested: tuple[str, ...]
    """Names of the normals that the first of these tests."""
    parts: int
    """Tiles that the normals show."""
    coverage: tuple[Coverage, ...]
    surfaces: tuple[Surface, ...]
    peer_published: Mapping[str, Area]
    """On the first of the published splits."""
    ablation: tuple[AblationRow, ...] = ()


@dataclass
class SpeedAt:
    """At one size; lists have one entry for each round."""

    size: int
    patches: float = 0.0
    """Of an image, median."""
    forward_ms: list[float] = field(default_factory=list)
    backbone_per_s: list[float] = field(default_factory=list)
    inspect_ms: dict[str, list[float]] = field(default_factory=dict)
    """p50 by way."""
    stream_per_s: dict[str, list[float]] = field(default_factory=dict)
    stages_ms: dict[str, float] = field(default_factory=dict)
    """What the service says of its time, medians."""
    calibration_s: list[float] = field(default_factory=list)
    two_calibration_s: list[float] = field(default_factory=list)
    """With two banks; timed once."""
    extraction_s: list[float] = field(default_factory=list)
    peer_ms: list[float] = field(default_factory=list)
    peer_bank: int = 0


@dataclass(frozen=True)
class Results:
    """One run."""

    images: str
    """What speed was measured with."""
    speed: tuple[SpeedAt, ...]
    quality: Quality | None
    seconds: float
    busy: bool = False
    """Whether other work shared the machine."""
