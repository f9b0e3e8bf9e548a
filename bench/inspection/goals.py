"""What was to be reached, and what was."""

from collections.abc import Sequence
from statistics import mean, stdev

from bench.embedder.stats import Spread, ratios, spread
from bench.goal import Goal
from bench.inspection.coverage import Coverage
from bench.inspection.false_alarms import FalseAlarms
from bench.inspection.protocol import ALL
from bench.inspection.results import Quality, Results, SpeedAt
from bench.inspection.rounds import DIRECT, EDGE, way
from bench.inspection.split_figures import SplitFigures

IMAGE_GOAL = 0.93
PUBLISHED_GOAL = 0.98
MISS_GOAL = 0.1
PIXEL_GOAL = 0.95
FOUR_GOAL = 0.85
LATENCY_GOALS = {192: 4.0, 512: 1.8}
STREAM_GOAL = 0.6
CALIBRATION_GOAL = 3.0
PEER_GOAL = 2.0

FEW = 4


def goals(results: Results) -> list[Goal]:
    """All lines; those of quality only if it was measured."""
    found = quality_goals(results.quality) if results.quality else []
    for at in results.speed:
        found += speed_goals(at)
    return found


def quality_goals(quality: Quality) -> list[Goal]:
    """How well defects are found."""
    image, pixel = quality.image[ALL], quality.pixel[ALL]
    four = next(one for one in quality.few if one.count == FEW)
    found = [
        *_published_goals(quality),
        _protocol_goal(quality.protocol),
        Goal(
            "image AUROC, 200 references, the protocol's own split",
            str(image),
            "–",
            None,
            _kinds({kind: area.value for kind, area in quality.image.items() if kind != ALL}),
        ),
        Goal(
            "pixel AUROC",
            f"{pixel.auroc:.3f}",
            f"≥ {PIXEL_GOAL}",
            pixel.auroc >= PIXEL_GOAL,
            _kinds({kind: one.auroc for kind, one in quality.pixel.items() if kind != ALL}),
        ),
        Goal(
            f"image AUROC, {FEW} references",
            f"{mean(four.aurocs):.3f} ({min(four.aurocs):.3f}–{max(four.aurocs):.3f})",
            f"≥ {FOUR_GOAL}",
            mean(four.aurocs) >= FOUR_GOAL,
            f"mean of {len(four.aurocs)} drawings, least and most",
        ),
    ]
    found += [_alarms_goal(alarms, quality.split_alarms) for alarms in quality.alarms]
    if quality.split_alarms:
        found.append(_splits_goal(quality.split_alarms))
    found.append(_coverage_goal(quality.coverage))
    peer = quality.peer[ALL]
    found.append(
        Goal(
            "image AUROC − that of PatchCore in torch",
            f"{image.value - peer.value:+.3f}",
            "≥ 0",
            image.value >= peer.value,
            f"{image.value:.3f} − {peer.value:.3f}",
        )
    )
    return found


def _published_goals(quality: Quality) -> list[Goal]:
    first, aurocs = quality.published[0], [one.two for one in quality.published]
    others = f"{len(aurocs)} such splits: mean {mean(aurocs):.3f}, sd {stdev(aurocs):.3f}"
    misses = [one.two_miss for one in quality.published]
    return [
        Goal(
            "image AUROC, 80 % of normals known, the split written down",
            f"{first.two:.3f}",
            f"≥ {PUBLISHED_GOAL}",
            first.two >= PUBLISHED_GOAL,
            f"{first.one:.3f} with one bank, {quality.peer_published[ALL].value:.3f} PatchCore in"
            f" torch; {others}",
        ),
        Goal(
            "missed at 5 % of the tested normals, 80 % known, the split written down",
            f"{first.two_miss:.1%}",
            f"≤ {MISS_GOAL:.0%}",
            first.two_miss <= MISS_GOAL,
            f"mean of {len(misses)} such splits {mean(misses):.1%}",
        ),
    ]


def _protocol_goal(splits: Sequence[SplitFigures]) -> Goal:
    aurocs = [one.two for one in splits]
    parts = {
        what: [area for area in areas if area is not None]
        for what, areas in (
            ("tiles known", [one.known for one in splits]),
            ("tiles new", [one.new for one in splits]),
        )
    }
    told = ", ".join(f"{what} {mean(areas):.3f}" for what, areas in parts.items() if areas)
    return Goal(
        f"image AUROC, 200 references, mean of {len(splits)} splits (sd)",
        f"{mean(aurocs):.3f} ({stdev(aurocs):.3f})",
        f"≥ {IMAGE_GOAL}",
        mean(aurocs) >= IMAGE_GOAL,
        f"{mean(one.one for one in splits):.3f} with one bank; {told}",
    )


def _coverage_goal(coverage: Sequence[Coverage]) -> Goal:
    inside, simulated = (
        sum(getattr(one, name) for one in coverage) for name in ("inside", "simulated")
    )
    least = min(coverage, key=lambda one: one.inside / one.simulated)
    return Goal(
        f"true rates in their stated 95 % intervals, {coverage[0].simulated} simulated"
        " calibrations",
        f"{inside / simulated:.1%}",
        "≥ 93%",
        inside / simulated >= 0.93,
        f"least {least.inside / least.simulated:.1%}: {least.references} references, target"
        f" {least.target:.0%}",
    )


def _alarms_goal(alarms: FalseAlarms, splits: Sequence[FalseAlarms]) -> Goal:
    measured = alarms.measured
    same = [one for one in splits if one.target == alarms.target]
    detail = f"{alarms.alarms} of {alarms.normals}, itself "
    detail += "inside" if alarms.inside else "outside"
    if same:
        detail += (
            f"; of {len(same)} other splits {sum(one.inside for one in same)} inside"
            f" ({sum(one.inside_expected for one in same):.1f} expected),"
            f" {sum(one.compatible for one in same)} compatible"
        )
    return Goal(
        f"false alarms among unseen normals, target {alarms.target:.0%}",
        f"{measured.value:.1%} ({measured.low:.1%}–{measured.high:.1%})",
        f"compatible with {alarms.low:.1%}–{alarms.high:.1%}",
        alarms.compatible,
        detail,
    )


def _splits_goal(alarms: Sequence[FalseAlarms]) -> Goal:
    inside = sum(one.inside for one in alarms)
    expected = sum(one.inside_expected for one in alarms)
    return Goal(
        "measured rates in their stated intervals, over other splits",
        f"{inside} of {len(alarms)}",
        f"≥ {expected:.1f}, as exact intervals give",
        inside >= expected,
        f"{sum(one.compatible for one in alarms)} compatible",
    )


def speed_goals(at: SpeedAt) -> list[Goal]:
    """How fast they are found, at one size."""
    forward = spread(at.forward_ms).median
    found = [
        _ratio(
            f"{at.size} px: Inspect p50, {name} ÷ forward pass",
            ratios(at.inspect_ms[name], at.forward_ms),
            LATENCY_GOALS.get(at.size) if name in {way(DIRECT), way(EDGE)} else None,
            f"{spread(at.inspect_ms[name]).median:.1f} ÷ {forward:.1f} ms",
            at_least=False,
        )
        for name in at.inspect_ms
    ]
    backbone = spread(at.backbone_per_s).median
    found += [
        _ratio(
            f"{at.size} px: InspectImages, {name} ÷ backbone's throughput",
            ratios(rates, at.backbone_per_s),
            STREAM_GOAL if name == way(EDGE) else None,
            f"{spread(rates).median:.0f} ÷ {backbone:.0f} images/s",
            at_least=True,
        )
        for name, rates in at.stream_per_s.items()
    ]
    calibrated, extracted = spread(at.calibration_s).median, spread(at.extraction_s).median
    found.append(
        _ratio(
            f"{at.size} px: calibration of 200 images ÷ their feature extraction",
            ratios(at.calibration_s, at.extraction_s),
            CALIBRATION_GOAL,
            f"{calibrated:.1f} ÷ {extracted:.1f} s",
            at_least=False,
        )
    )
    if at.two_calibration_s:
        found.append(
            _ratio(
                f"{at.size} px: calibration with two banks ÷ the first's feature extraction",
                ratios(at.two_calibration_s, at.extraction_s[-1:]),
                None,
                f"{at.two_calibration_s[0]:.1f} ÷ {extracted:.1f} s, timed once",
                at_least=False,
            )
        )
    if at.peer_ms:
        name = way(EDGE)
        peer = spread(at.peer_ms).median
        found.append(
            _ratio(
                f"{at.size} px: PatchCore in torch ÷ Inspect p50, {name}",
                ratios(at.peer_ms, at.inspect_ms[name]),
                PEER_GOAL,
                f"{peer:.1f} ÷ {spread(at.inspect_ms[name]).median:.1f} ms",
                at_least=True,
            )
        )
    return found


def _ratio(what: str, ratio: Spread, goal: float | None, detail: str, *, at_least: bool) -> Goal:
    median = ratio.median
    reached = None
    if goal is not None:
        reached = median >= goal if at_least else median <= goal
    sign = "≥" if at_least else "≤"
    return Goal(
        what,
        f"{median:.2f} ({ratio.low:.2f}–{ratio.high:.2f})",
        "–" if goal is None else f"{sign} {goal:g}",
        reached,
        detail,
    )


def _kinds(values: dict[str, float]) -> str:
    return ", ".join(f"{kind} {value:.3f}" for kind, value in values.items())
