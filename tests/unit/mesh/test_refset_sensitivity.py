from typing import Any

from argus.inspection.v1 import inspection_pb2 as pb

from mesh.commands.refset.sensitivity import sensitivity_advice
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import FakeMesh

SIZES = (3, 8, 20, 40)


def rows(contrast: float, *found: int) -> list[pb.Sensitivity]:
    return [
        pb.Sensitivity(kind=kind, size_px=size, contrast=contrast, painted=10, found=count)
        for kind in ("scratch", "spot")
        for size, count in zip(SIZES, found, strict=True)
    ]


def version(*some: list[pb.Sensitivity], images: int = 30, **settings: Any) -> pb.Version:
    return pb.Version(
        version=1,
        image_count=images,
        settings=pb.CalibrationSettings(**settings),
        sensitivity=[row for part in some for row in part],
    )


def test_small_defects_that_are_missed_are_named_and_what_helps() -> None:
    advice = sensitivity_advice(version(rows(5, 0, 2, 7, 10), rows(2, 0, 0, 1, 2), size=192))
    assert "Defects smaller than about 20 px are usually missed." in advice
    assert "Faint ones are missed more often still." in advice
    assert "it has 30" in advice
    assert "a larger --size (now 192) or a stronger --model" in advice


def test_a_set_that_finds_next_to_nothing_is_said_to() -> None:
    advice = sensitivity_advice(version(rows(5, 0, 0, 2, 4), rows(2, 0, 0, 0, 0), images=60))
    assert "Defects of up to 40 px are usually missed." in advice
    assert "More reference images (it has 60)" in advice


def test_a_set_that_finds_all_gets_no_advice() -> None:
    advice = sensitivity_advice(version(rows(5, 10, 10, 10, 10), rows(2, 8, 9, 10, 10)))
    assert advice.startswith("Nearly all faint defects of 3 px and more are found.")
    assert "--size" not in advice
    faint = sensitivity_advice(version(rows(5, 10, 10, 10, 10), rows(2, 0, 1, 9, 10)))
    assert "faint defects smaller than about 20 px are usually missed" in faint.lower()


def test_it_is_said_why_it_cannot_be_estimated() -> None:
    few = sensitivity_advice(version(images=3))
    assert few == ("Which defects it would find cannot be estimated from 3 images; it takes 4.")
    whole = sensitivity_advice(version(scorer=pb.CalibrationSettings.IMAGE_KNN))
    assert "for this scorer" in whole


def test_calibrate_and_show_print_it(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    fake.inspection.versions = [version(rows(5, 0, 3, 7, 9), rows(2, 0, 0, 1, 2))]
    fake.inspection.progress = [pb.Job(state=pb.Job.SUCCEEDED, version=1)]
    for command in (("refset", "show", "tiles"), ("refset", "calibrate", "tiles")):
        shown = argus(*command).stdout
        assert "clear scratch" in shown
        assert "9 of 10" in shown
        assert "40 px" in shown
        assert "Defects smaller than about 20 px are usually missed." in shown


def summary(found: int, *, useless: bool) -> pb.SensitivitySummary:
    share = pb.Proportion(value=found / 40, low=0.01, high=0.3)
    size = pb.SensitivitySummary.Size(
        size_px=8, painted=40, found=found, share=share, clear_share=share
    )
    return pb.SensitivitySummary(
        painted=40, found=found, share=share, sizes=[size], finds_almost_nothing=useless
    )


def test_shares_by_size_have_intervals_and_a_useless_threshold_is_warned_of(
    fake: FakeMesh, argus: Argus
) -> None:
    fake.inspection.add_set("tiles")
    made = version(rows(5, 0, 3, 7, 9))
    made.sensitivity_summary.CopyFrom(summary(8, useless=False))
    fake.inspection.versions = [made]
    shown = argus("refset", "show", "tiles").stdout
    assert "Found by size" in shown
    assert "8 of 40" in shown
    assert "1.0 % to 30.0 %" in shown
    assert "useless" not in shown
    made.sensitivity_summary.CopyFrom(summary(2, useless=True))
    assert "useless as far as painted defects tell: it finds 2 of 40" in (
        " ".join(argus("refset", "show", "tiles").stdout.split())
    )


def test_a_preview_says_from_where_on_a_threshold_is_useless(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    fake.inspection.previewed = pb.PreviewThresholdResponse(
        version=1,
        threshold=pb.Threshold(value=1.0),
        sensitivity=summary(30, useless=False),
        previews=[
            pb.ThresholdPreview(threshold=pb.Threshold(value=value), sensitivity=found)
            for value, found in ((5.0, summary(0, useless=True)), (3.0, summary(1, useless=True)))
        ],
    )
    shown = " ".join(argus("refset", "threshold", "tiles").stdout.split())
    assert "30 of 40" in shown
    assert "From 3 on a threshold is useless" in shown
