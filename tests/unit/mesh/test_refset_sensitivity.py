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
