import json
from pathlib import Path
from uuid import uuid4

import pytest
from argus.inspection.v1 import inspection_pb2
from argus.storage.v1 import image_pb2
from argus.type.v1 import geometry_pb2
from google.protobuf import timestamp_pb2

from mesh.errors import MeshError
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import ME, FakeMesh

A_UUID = str(uuid4())


def past(set_id: str, *, anomalous: bool = True, **fields: object) -> inspection_pb2.PastInspection:
    found = inspection_pb2.InspectResponse(
        inspection_id=str(uuid4()),
        reference_set_id=set_id,
        version=3,
        score=3.0 if anomalous else 1.0,
        threshold=2.0,
        p_value=0.001,
        confidence=0.9,
        verdict=inspection_pb2.InspectResponse.ANOMALOUS
        if anomalous
        else inspection_pb2.InspectResponse.NORMAL,
        regions=[
            inspection_pb2.Region(
                box=geometry_pb2.Box(left=0.25, top=0.5, right=0.5, bottom=0.75),
                score=3.0,
                area=0.06,
            )
        ]
        if anomalous
        else [],
        nearest=[inspection_pb2.NearestImage(image_id=A_UUID, distance=0.25)],
        heatmap=b"heat",
    )
    return inspection_pb2.PastInspection(
        inspection=found,
        inspect_time=timestamp_pb2.Timestamp(seconds=1_767_225_600),
        target_false_alarm_rate=0.01,
        **{"findings_kept": True, "heatmap_kept": True} | fields,  # type: ignore[arg-type] # any of its fields
    )


def test_inspections_are_listed_over_pages(fake: FakeMesh, argus: Argus) -> None:
    tiles = fake.inspection.add_set("tiles")
    fake.inspection.past = [
        past(
            tiles.reference_set_id,
            preview=image_pb2.ImagePreview(filename="rim.png"),
            truth=inspection_pb2.PastInspection.DEFECTIVE,
        ),
        past(tiles.reference_set_id, anomalous=False),
    ]
    result = argus("inspections", "list", "--set", "tiles", "--verdict", "anomalous")
    assert result.exit_code == 0, result.output
    first, second = (line for line in result.stdout.splitlines() if "2026-01-01" in line)
    for word in ("tiles, 3", "rim.png", "ANOMALOUS  1.50", "defective"):
        assert word in first
    assert "(not stored)" in second
    asked = fake.inspection.asked[0]
    assert asked.reference_set_id == tiles.reference_set_id
    assert asked.verdict == inspection_pb2.InspectResponse.ANOMALOUS
    only = argus("inspections", "list", "--limit", "1")
    assert only.stdout.count("2026-01-01") == 1


def test_nothing_to_list_says_what_to_do(argus: Argus) -> None:
    assert "argus inspect --set" in argus("inspections", "list").stdout


def test_an_inspection_is_shown_with_what_was_found(
    fake: FakeMesh, argus: Argus, tmp_path: Path
) -> None:
    one = past(
        "a set",
        feedback=[inspection_pb2.Feedback(feedback_id=A_UUID, action="RELABEL", label="crack")],
    )
    fake.inspection.past = [one]
    found = one.inspection
    result = argus("inspections", "show", found.inspection_id, "--save", "out")
    assert result.exit_code == 0, result.output
    for words in (
        "ANOMALOUS, score 3, threshold 2 (1.50)",
        "region 0.250,0.500,0.500,0.750  score 3, 6.0 % of the image",
        f"{A_UUID}  distance 0.25",
        "relabel crack",
        f"Saved out/{found.inspection_id}.heatmap.png.",
    ):
        assert words in result.stdout
    assert (tmp_path / "out" / f"{found.inspection_id}.heatmap.png").read_bytes() == b"heat"
    answer = json.loads(
        argus("inspections", "show", found.inspection_id, "--format", "json").stdout
    )
    assert answer["inspection"]["inspectionId"] == found.inspection_id
    assert not answer["inspection"]["heatmap"]


def test_what_was_not_kept_is_said(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.past = [past("a set", findings_kept=False, heatmap_kept=False)]
    shown = argus(
        "inspections", "show", fake.inspection.past[0].inspection.inspection_id, "--save", "out"
    )
    assert "an earlier release inspected it" in shown.stdout
    assert "There is no heat map of it." in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "tiles"), "is not an id"),
        (("show", A_UUID), "There is no inspection"),
        (("list", "--image", "cat.jpg"), "is not an image id"),
        (("list", "--set", "tiles"), "There is no reference set"),
    ],
)
def test_what_there_is_not_is_said(argus: Argus, arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(MeshError, match=words):
        argus("inspections", *arguments)


@pytest.mark.parametrize("subject", ["feedback", "image", "inspection"])
def test_feedback_is_taken_back(fake: FakeMesh, argus: Argus, subject: str) -> None:
    one = past("a set")
    given = inspection_pb2.Feedback(
        feedback_id=str(uuid4()),
        image_id=str(uuid4()) if subject == "image" else "",
        inspection_id=one.inspection.inspection_id,
        user_id=ME,
    )
    one.feedback.append(given)
    fake.inspection.past, fake.inspection.given = [one], [given]
    named = {
        "feedback": given.feedback_id,
        "image": given.image_id,
        "inspection": given.inspection_id,
    }
    result = argus("feedback", named[subject], "undo")
    assert f"Taken back: feedback {given.feedback_id}." in result.stdout
    assert not fake.inspection.given


def test_what_was_not_said_is_not_taken_back(argus: Argus) -> None:
    with pytest.raises(MeshError, match="You said nothing"):
        argus("feedback", A_UUID, "undo")
    with pytest.raises(MeshError, match="undo takes neither"):
        argus("feedback", A_UUID, "undo", "--note", "wrong")


def test_another_persons_feedback_is_not_taken_back_by_its_image(
    fake: FakeMesh, argus: Argus
) -> None:
    image_id = str(uuid4())
    fake.inspection.given = [
        inspection_pb2.Feedback(feedback_id=A_UUID, image_id=image_id, user_id=str(uuid4()))
    ]
    with pytest.raises(MeshError, match="You said nothing"):
        argus("feedback", image_id, "undo")
    assert fake.inspection.given


def test_a_threshold_is_set(fake: FakeMesh, argus: Argus) -> None:
    tiles = fake.inspection.add_set("tiles")
    result = argus("refset", "threshold", "tiles", "--value", "2.25", "--no-use")
    assert result.exit_code == 0, result.output
    assert "Version 7 of tiles is made." in result.stdout
    assert "threshold 2.25, target false-alarm rate 4.0 %" in result.stdout
    assert "argus refset use tiles 7" in result.stdout
    (asked,) = fake.inspection.asked
    assert (asked.reference_set_id, asked.value, asked.use) == (
        tiles.reference_set_id,
        2.25,
        False,
    )
    assert asked.request_id
    assert "is made and in use" in argus("refset", "threshold", "tiles", "--target", "0.05").stdout
    assert fake.inspection.asked[1].target_false_alarm_rate == 0.05
    with pytest.raises(MeshError, match="not both"):
        argus("refset", "threshold", "tiles", "--target", "0.05", "--value", "2")


def test_what_thresholds_would_change_is_shown(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    threshold = inspection_pb2.Threshold(
        value=2.0, false_alarm_rate=0.01, false_alarm_rate_low=0.002, false_alarm_rate_high=0.05
    )
    fake.inspection.previewed = inspection_pb2.PreviewThresholdResponse(
        version=3,
        threshold=threshold,
        recent_count=120,
        anomalous_count=9,
        previews=[
            inspection_pb2.ThresholdPreview(
                threshold=inspection_pb2.Threshold(value=1.5, false_alarm_rate=0.05),
                anomalous_count=14,
                become_anomalous=5,
                agreement=inspection_pb2.Agreement(
                    recall=inspection_pb2.Proportion(value=0.75, low=0.4, high=0.9)
                ),
            )
        ],
    )
    result = argus("refset", "threshold", "tiles")
    assert result.exit_code == 0, result.output
    assert "It called 9 of the last 120 inspections anomalous." in result.stdout
    assert "2 now" in result.stdout
    assert "1.0 % (0.20 % to 5.0 %)" in result.stdout
    (row,) = (line for line in result.stdout.splitlines() if "+5" in line)
    assert "75.0 % (40.0 % to 90.0 %)" in row
    assert len(fake.inspection.asked[0].target_false_alarm_rates) > 1
    argus("refset", "threshold", "tiles", "--value", "3", "--preview")
    assert list(fake.inspection.asked[1].thresholds) == [3.0]
