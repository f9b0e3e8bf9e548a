"""What was to be reached, and what was."""

from collections.abc import Sequence
from statistics import mean

from bench.embedder.stats import Spread, ratios, spread
from bench.goal import Goal
from bench.inspection.false_alarms import FalseAlarms
from bench.inspection.protocol import ALL
from bench.inspection.results import Quality, Results, SpeedAt
from bench.inspection.rounds import BOTH, DIRECT, EDGE, way

IMAGE_GOAL = 0.97
PIXEL_GOAL = 0.95
FOUR_GOAL = 0.85
LATENCY_GOAL = 1.5
STREAM_GOAL = 0.85
CALIBRATION_GOAL = 2.0
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
        Goal(
            "image AUROC, 200 references",
            str(image),
            f"≥ {IMAGE_GOAL}",
            image.value >= IMAGE_GOAL,
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
            LATENCY_GOAL if name in {way(DIRECT), way(EDGE)} else None,
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
            None if name == way(EDGE, BOTH) else STREAM_GOAL,
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
