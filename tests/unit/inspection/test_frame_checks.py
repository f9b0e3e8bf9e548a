"""Which frames can be inspected, by what references set and by what none could."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from services.imaging.decode import ImageLimits
from services.imaging.frame_stats import FrameStats
from services.inspection.model import FrameChecks, FrameReason, WholeFrame
from services.inspection.pictures.whole_frame import frame_of
from services.inspection.verdict.frame_checks import learn_checks, measures, problems_of
from tests.support.inspection.surfaces import Picture, crops, encoded, failing

TARGET = 0.01

NORMAL = WholeFrame(
    FrameStats(extent=180, brightness=120, contrast=35, detail=30, noise=8, black=0.01, white=0.0),
    640,
    480,
)


def seen(picture: Picture) -> WholeFrame:
    return frame_of(encoded(picture), ImageLimits())


def learnt(frames: Sequence[WholeFrame], size: int = 192) -> FrameChecks:
    checks = learn_checks(measures(frames), size=size)
    assert checks is not None
    return checks


def reasons(frame: WholeFrame, checks: FrameChecks | None, target: float = TARGET) -> list[str]:
    problems, p_value = problems_of(frame, checks, target)
    assert (p_value <= min(target, 1e-3)) if problems else p_value == 1
    for one in problems:
        assert one.measured != one.limit
        if one.typical is not None:
            assert (one.measured > one.limit) == (one.limit > one.typical), one
    return [one.reason.value for one in problems]


def varied(count: int, seed: int = 0, spread: float = 0.1) -> list[WholeFrame]:
    """Frames alike, whose measures differ by a tenth."""
    random = np.random.default_rng(seed)
    frames = []
    for _ in range(count):
        factors = np.exp(random.normal(0, spread, 5))
        stats = NORMAL.stats
        frames.append(
            replace(
                NORMAL,
                stats=replace(
                    stats,
                    brightness=stats.brightness * factors[0],
                    contrast=stats.contrast * factors[1],
                    detail=stats.detail * factors[2],
                    noise=stats.noise * factors[3],
                    black=stats.black * factors[4],
                ),
            )
        )
    return frames


@pytest.mark.parametrize("name", ["gravel", "grass", "brick"])
@pytest.mark.parametrize("count", [3, 10, 30])
def test_a_failing_camera_is_told_by_what_fails(name: str, count: int) -> None:
    pictures = crops(name, 40)
    checks = learnt([seen(one) for one in pictures[:count]])
    for picture in pictures[30:]:
        assert reasons(seen(picture), checks) == []
    scratched = pictures[31].copy()
    scratched[100:104, 60:220] = 255
    scratched[30:90, 200:300] = 0
    assert reasons(seen(scratched), checks) == [], "a defect is for the score"
    found = {kind: reasons(seen(one), checks) for kind, one in failing(pictures[32]).items()}
    assert found["black"] == found["white"] == found["grey"] == ["BLANK"]
    assert found["dark and noisy"][0] == found["a third of the light"][0] == "TOO_DARK"
    assert found["lens cap"][0] in {"TOO_DARK", "BLACKED_OUT"}
    assert set(found["defocused"]) & {"OUT_OF_FOCUS", "LOW_CONTRAST"}
    assert found["burnt out in part"] in ([], ["BURNT_OUT"], ["TOO_BRIGHT"])
    if count == 30:
        assert "NOISY" in found["noise"]


def test_a_black_part_of_a_black_set_is_inspected() -> None:
    random = np.random.default_rng(0)

    def black() -> Picture:
        return np.abs(random.normal(0, 2, (240, 320, 3))).clip(0, 255).astype(np.uint8)

    checks = learnt([seen(black()) for _ in range(20)])
    assert reasons(seen(black()), checks) == []
    assert reasons(seen(black() + np.uint8(120)), checks)[0] == "TOO_BRIGHT"
    assert reasons(seen(np.zeros((240, 320, 3), np.uint8)), checks) == ["BLANK"]


def test_blank_frames_are_inspected_where_most_references_are_blank() -> None:
    blank = seen(np.full((64, 64), 200, np.uint8))
    assert reasons(blank, learnt([blank] * 3)) == []
    assert reasons(blank, learnt([blank, NORMAL, NORMAL])) == ["BLANK"]
    assert learnt([blank] * 3).blank_is_normal


def test_without_references_or_of_an_earlier_release_only_blank_frames_are_told() -> None:
    assert learn_checks(measures([])) is None
    assert reasons(seen(np.full((64, 64), 9, np.uint8)), None) == ["BLANK"]
    dark = replace(NORMAL, stats=replace(NORMAL.stats, brightness=3))
    assert reasons(dark, None) == []
    assert problems_of(None, learnt(varied(20)), TARGET) == ([], 1)


@pytest.mark.parametrize("spread", [0.0, 0.03, 0.1, 0.3])
@pytest.mark.parametrize("count", [1, 2, 5, 20, 100])
def test_hardly_a_normal_frame_is_beyond_a_limit(count: int, spread: float) -> None:
    checks = learnt(varied(count, seed=count, spread=spread))
    new = varied(2000, seed=1000 + count, spread=spread)
    outside = sum(bool(reasons(one, checks)) for one in new)
    # With the references' luck; 1 in 1,000 is meant on average.
    assert outside <= 10, (outside, checks)


def test_the_fewer_references_the_farther_out_limits_are() -> None:
    def lowest(count: int) -> float:
        limits = learnt([NORMAL] * count).limits
        return next((one.limit for one in limits if one.reason is FrameReason.TOO_DARK), 0.0)

    assert lowest(1) < lowest(3) <= lowest(10) <= lowest(100) < NORMAL.stats.brightness


def test_one_stray_among_references_is_not_heeded_and_two_of_a_kind_are() -> None:
    dark = replace(NORMAL, stats=replace(NORMAL.stats, brightness=4, contrast=2, detail=1))
    one, two = (learnt([*varied(30), *[dark] * count]) for count in (1, 2))
    assert (one.stray_count, two.stray_count) == (1, 0)
    assert reasons(dark, one)[0] == "TOO_DARK"
    assert reasons(dark, two) == []
    assert one.outside_count >= 1, "and it is counted among those that could not be inspected"


def test_sizes_and_shapes_are_held_against_the_references() -> None:
    checks = learnt(varied(20), size=192)
    assert reasons(replace(NORMAL, width=480, height=640), checks) == ["OTHER_SHAPE"]
    assert reasons(replace(NORMAL, width=1600, height=400), checks) == ["OTHER_SHAPE"]
    assert reasons(replace(NORMAL, width=256, height=192), checks) == []
    assert reasons(replace(NORMAL, width=128, height=96), checks) == ["TOO_SMALL"]
    assert reasons(replace(NORMAL, width=6400, height=4800), checks) == []
    assert reasons(replace(NORMAL, width=0, height=0), checks) == [], "not known"


def test_a_lower_target_is_kept_too() -> None:
    checks = learnt(varied(30, spread=0.2))
    (limit,) = (one for one in checks.limits if one.reason is FrameReason.TOO_DARK)
    dark = replace(NORMAL, stats=replace(NORMAL.stats, brightness=limit.limit - 0.1))
    assert reasons(dark, checks) == ["TOO_DARK"]
    assert reasons(dark, checks, target=1e-9) == []
