from uuid import uuid4

import pytest
from argus.inspection.v1 import inspection_pb2
from google.type import date_pb2

from mesh.commands.review import drift_text, parse_region
from mesh.errors import MeshError
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import FakeMesh


def test_feedback_takes_the_id_of_an_inspection_as_well(fake: FakeMesh, argus: Argus) -> None:
    inspection = str(uuid4())
    fake.inspection.inspections.add(inspection)
    result = argus(
        "feedback", inspection, "relabel", "crack", "--note", "at the rim", "--region",
        "0.1,0.2,0.3,0.4", "--polygon", "0.1,0.2 0.3,0.2 0.3,0.4", "--polygon", "0,0 1,0 1,1",
    )  # fmt: skip
    assert f"Noted: relabel as crack, inspection {inspection}." in result.stdout
    [told] = fake.inspection.feedback
    assert (told.action, told.label, told.note) == (
        inspection_pb2.Feedback.RELABEL,
        "crack",
        "at the rim",
    )
    assert told.region.bottom == 0.4
    assert [len(one.points) for one in told.polygons] == [3, 3]
    assert told.polygons[0].points[2].y == 0.4
    assert not told.image_id


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["part.png", "normal"], "not an id"),
        ([str(uuid4()), "normal"], "neither one of your images nor an inspection"),
        ([str(uuid4()), "relabel"], "relabel needs a LABEL"),
        ([str(uuid4()), "normal", "crack"], "relabel needs a LABEL"),
        ([str(uuid4()), "comment"], "needs --note"),
        ([str(uuid4()), "normal", "--box", "0.5,0,0.2,1"], "not a region"),
        ([str(uuid4()), "confirm", "--polygon", "0,0 1,1"], "not an outline"),
        ([str(uuid4()), "confirm", "--polygon", "0,0 1,1 0,nan"], "not an outline"),
        ([str(uuid4()), "undo", "--polygon", "0,0 1,1 0,1"], "undo takes neither"),
    ],
)
def test_feedback_that_cannot_be_meant_is_refused(
    fake: FakeMesh, argus: Argus, arguments: list[str], said: str
) -> None:
    with pytest.raises(MeshError, match=said):
        argus("feedback", *arguments)
    assert not fake.inspection.feedback


@pytest.mark.parametrize("text", ["1,2", "a,b,c,d", "0,0,0,1", "0,0,1,2", "nan,0,1,1"])
def test_a_region_is_four_fractions(text: str) -> None:
    with pytest.raises(MeshError, match="not a region"):
        parse_region(text)


def test_drift_is_told_with_what_to_do() -> None:
    drift = inspection_pb2.Drift(version=3, recent_count=80, median_ratio=1.4, distance=0.5)
    assert drift_text(drift, "tiles").plain.startswith("no drift  tiles, version 3: 80 recent")
    few = inspection_pb2.Drift(version=3, recent_count=7, distance=0.9)
    assert drift_text(few, "tiles").plain.endswith("7 recent scores, at least 20 are needed.")
    drift.warning = True
    assert "Check camera and light" in drift_text(drift, "tiles").plain


def test_stats_show_a_row_for_each_day(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.stats = inspection_pb2.GetStatsResponse(
        inspected=3,
        anomalous=1,
        rows=[
            inspection_pb2.StatsRow(
                version=2, day=date_pb2.Date(year=2026, month=3, day=1), inspected=3, anomalous=1
            )
        ],
    )
    shown = argus("stats").stdout
    assert "3 inspected, 1 called anomalous" in shown
    assert "2026-03-01" in shown
