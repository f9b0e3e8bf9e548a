"""`argus map`: what is waited for, and what is in the files."""

import csv
import io
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest
from argus.search.v1 import search_pb2
from argus.storage.v1 import image_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from PIL import Image, ImageColor
from typer.testing import Result

from mesh.client import maps
from mesh.commands.map_picture import BACKGROUND, COLOURS, GREY, as_png, groups_of
from mesh.errors import MeshError
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import FakeMesh

Response = search_pb2.GetMapResponse
IDS = [str(UUID(int=number + (4 << 76) + (8 << 60))) for number in range(4)]
CORNERS = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "ASK_EVERY_S", 0.0)


@pytest.fixture
def stored(fake: FakeMesh) -> None:
    """Four images, three with a label; one has a name that is none for a terminal."""
    for image_id, (name, labels) in zip(
        IDS,
        (
            ("a.png", {"line": "3", "ok": ""}),
            ("b,\x1b[31m.png", {"line": "4"}),
            ("c.png", {"line": "3"}),
            ("d.png", {}),
        ),
        strict=True,
    ):
        fake.images.stored[image_id] = image_pb2.Image(
            image_id=image_id, filename=name, labels=labels
        )


def a_map(
    ids: Sequence[str] = IDS, state: Response.State = Response.READY, version: str = "1"
) -> Response:
    return Response(
        state=state,
        version=version,
        image_count=len(ids),
        image_ids=b"".join(UUID(one).bytes for one in ids),
        points=b"".join(struct.pack("<2f", *CORNERS[IDS.index(one)]) for one in ids),
        built_time=Timestamp(seconds=1_767_225_600),
        model="compact",
    )


def said(result: Result) -> str:
    return " ".join(result.output.split())


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.usefixtures("stored")
def test_a_table_has_each_image_with_its_place(fake: FakeMesh, argus: Argus) -> None:
    fake.search.maps = [a_map()]
    assert "4 images in all.csv." in said(argus("map", "all.csv", "--filter", "labels:line"))
    assert fake.search.asked_for_maps[0].filter == "labels:line"
    found = rows(Path("all.csv").read_text())
    assert [one["image_id"] for one in found] == IDS
    assert [(float(one["x"]), float(one["y"])) for one in found] == CORNERS
    assert [one["labels"] for one in found] == ["line=3; ok=", "line=4", "line=3", ""]
    assert found[1]["filename"] == "b,\N{REPLACEMENT CHARACTER}[31m.png"
    del fake.images.stored[IDS[0]]
    assert [one["image_id"] for one in rows(argus("map", "-").stdout)] == IDS[1:]


@pytest.mark.usefixtures("stored")
def test_a_map_is_waited_for_until_all_images_are_on_it(fake: FakeMesh, argus: Argus) -> None:
    fake.search.maps = [
        Response(state=Response.BUILDING),
        a_map(IDS[:2], Response.STALE),
        Response(state=Response.STALE, version="1", unchanged=True, image_count=2),
        a_map(version="2"),
    ]
    assert len(rows(argus("map", "-").stdout)) == 4
    assert [one.if_version for one in fake.search.asked_for_maps] == ["", "", "1", "1"]


@pytest.mark.usefixtures("stored")
def test_a_map_that_never_has_all_is_written_and_said(
    fake: FakeMesh, argus: Argus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maps, "STALE_ASKS", 3)
    unchanged = Response(state=Response.STALE, version="1", unchanged=True, image_count=2)
    fake.search.maps = [a_map(IDS[:2], Response.STALE), unchanged]
    result = argus("map", "-")
    assert len(rows(result.stdout)) == 2
    assert "not on it yet" in result.stderr
    # What has not changed and is complete by now is the map that was given.
    ready = Response(state=Response.READY, version="1", unchanged=True, image_count=2)
    fake.search.maps = [a_map(IDS[:2], Response.STALE), ready]
    result = argus("map", "-")
    assert len(rows(result.stdout)) == 2
    assert "not on it yet" not in result.stderr


def test_a_map_that_is_not_made_or_shows_nothing_is_told(
    fake: FakeMesh, argus: Argus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maps, "BUILD_ASKS", 2)
    fake.search.maps = [Response(state=Response.BUILDING)]
    with pytest.raises(MeshError, match="The map is not made"):
        argus("map", "all.csv")
    fake.search.maps = [Response(state=Response.READY)]
    with pytest.raises(MeshError, match="No images are on the map"):
        argus("map", "all.csv")
    assert not Path("all.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("all.jpg",), "neither .csv nor .png"),
        (("map",), "neither .csv nor .png"),
        (("all.csv", "--by", "line"), "Only pictures have colours"),
        (("-", "--by", "line"), "Only pictures have colours"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(
    fake: FakeMesh, argus: Argus, arguments: tuple[str, ...], told: str
) -> None:
    with pytest.raises(MeshError, match=told):
        argus("map", *arguments)
    assert not fake.search.asked_for_maps


@pytest.mark.usefixtures("stored")
def test_a_picture_has_a_dot_of_its_colour_for_each_image(fake: FakeMesh, argus: Argus) -> None:
    fake.search.maps = [a_map()]
    result = argus("map", "all.PNG", "--by", "line", "--size", "400")
    shown = said(result)
    assert f"● {COLOURS[0]} 3, 2 images" in shown
    assert f"● {COLOURS[1]} 4, 1 image" in shown
    assert f"● {GREY} (without), 1 image" in shown
    with Image.open("all.PNG") as picture:
        assert (picture.format, picture.size) == ("PNG", (400, 400))
        seen = [picture.getpixel((8 + round(x * 384), 8 + round(y * 384))) for x, y in CORNERS]
        middle = picture.getpixel((200, 200))
    expected = [COLOURS[0], COLOURS[1], COLOURS[0], GREY]
    assert seen == [ImageColor.getrgb(colour) for colour in expected]
    assert middle == ImageColor.getrgb(BACKGROUND)


def test_a_picture_of_one_colour_asks_for_no_records(fake: FakeMesh, argus: Argus) -> None:
    # The fake knows no records, and fails if it is asked.
    fake.search.maps = [a_map()]
    assert "4 images in all.png." in said(argus("map", "all.png"))
    assert Path("all.png").stat().st_size > 100


def test_of_more_values_than_colours_the_rarest_are_one() -> None:
    values: list[str | None] = [None]
    for number in range(len(COLOURS) + 2):
        values += [f"v{number}"] * (20 - number)
    groups = groups_of(values)
    assert [one.value for one in groups[:-2]] == [f"v{number}" for number in range(len(COLOURS))]
    assert [one.colour for one in groups[:-2]] == list(COLOURS)
    assert [(one.name, one.count) for one in groups[-2:]] == [
        ("(others)", 14 + 13),
        ("(without)", 1),
    ]
    assert groups_of(["", ""])[0].name == "(empty)"
    assert groups_of([None]) == groups_of([None])[-1:]


def test_a_dot_with_a_colour_is_never_under_a_grey_one() -> None:
    values = ["x", *[None] * 5]
    png = as_png([(0.5, 0.5)] * 6, values, groups_of(values), 64)
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.getpixel((32, 32)) == ImageColor.getrgb(COLOURS[0])


@pytest.mark.usefixtures("stored")
def test_without_pillow_a_picture_is_refused_with_what_to_do(
    fake: FakeMesh, argus: Argus, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.search.maps = [a_map()]
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MeshError, match="Pillow is not installed"):
        argus("map", "map.png")
