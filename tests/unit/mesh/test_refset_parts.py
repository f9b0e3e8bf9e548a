"""`argus refset parts`, and what versions say of parts."""

import pytest
from argus.inspection.v1 import inspection_pb2 as pb
from argus.storage.v1.image_pb2 import ImagePreview

from mesh.errors import MeshError
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import FakeMesh

PROPOSED = pb.PartProposal(
    rule=pb.PartRule(proposal="opaque"),
    image_count=21,
    part_count=12,
    unmatched_count=1,
    groups=[
        pb.PartGroup(
            image_count=9, image_ids=["1", "2"], previews=[ImagePreview(image_id="1", filename="a")]
        )
    ],
    skipped=[pb.SkippedImage(image_id="3", reason="IMAGE_UNREADABLE", message="it is no image")],
)


def test_parts_are_found_by_a_label_or_by_names(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    fake.inspection.proposal = PROPOSED
    shown = argus("refset", "parts", "tiles", "--label", "part")
    assert shown.exit_code == 0, shown.output
    assert fake.inspection.part_rules == [pb.PartRule(label="part")]
    assert "21 images of 12 parts" in shown.stdout
    assert "Of 1 image it says nothing" in shown.stdout
    assert "IMAGE_UNREADABLE" in shown.stdout
    argus("refset", "parts", "tiles", "--filename", "^([0-9]+)_", "--preview")
    assert len(fake.inspection.part_rules) == 1
    argus("refset", "parts", "tiles", "--filename", "^([0-9]+)_")
    assert fake.inspection.part_rules[1:] == [pb.PartRule(filename_pattern="^([0-9]+)_")]
    assert "the same ^([0-9]+)_ in their names" in argus("refset", "show", "tiles").stdout
    argus("refset", "parts", "tiles", "--none")
    assert fake.inspection.part_rules[2:] == [pb.PartRule()]


def test_what_was_found_by_comparing_is_shown_and_asked(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    fake.inspection.proposal = PROPOSED
    refused = argus("refset", "parts", "tiles", "--compare", typed="n\n")
    assert refused.exit_code != 0
    assert "a, 2 …" in refused.stdout
    assert fake.inspection.part_rules == []
    argus("refset", "parts", "tiles", "--compare", typed="y\n")
    argus("refset", "parts", "tiles", "--compare", "--yes")
    assert fake.inspection.part_rules == [PROPOSED.rule, PROPOSED.rule]


def test_only_one_rule_is_taken(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    with pytest.raises(MeshError, match="Give one of --label, --filename, --compare and --none"):
        argus("refset", "parts", "tiles", "--label", "part", "--none")


def test_versions_say_what_to_expect_of_new_parts_and_of_known_ones(
    fake: FakeMesh, argus: Argus
) -> None:
    new = pb.Threshold(value=4.0, held_out_count=80, part_count=20)
    fake.inspection.add_set("tiles")
    version = pb.Version(
        version=1,
        image_count=80,
        threshold=new,
        settings=pb.CalibrationSettings(part_rule=pb.PartRule(label="old"), size=64),
        parts_new=pb.PartFigure(threshold=new, false_alarm_rate=0.05, painted=96, found=40),
        parts_known=pb.PartFigure(threshold=pb.Threshold(value=2.5), painted=96, found=60),
    )
    fake.inspection.versions = [version]
    fake.inspection.progress = [pb.Job(state=pb.Job.SUCCEEDED, version=1)]
    shown = argus("refset", "show", "tiles").stdout
    for words in ("never seen", "40 of 96", "known", "60 of 96", "2.5"):
        assert words in shown
    assert "80 held out of 20 parts" in argus("refset", "versions", "tiles").stdout
    # Another setting is as before, and the rule is as the set says now.
    argus("refset", "calibrate", "tiles", "--augment", "none")
    assert not fake.inspection.calibrated[-1].settings.HasField("part_rule")
    assert fake.inspection.calibrated[-1].settings.size == 64
