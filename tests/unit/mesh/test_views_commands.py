"""`argus refset create --view-of` and `argus inspect --view`, `--part`."""

import json
from pathlib import Path
from uuid import uuid4

import grpc
import pytest
from argus.inspection.v1 import inspection_pb2

from mesh.errors import MeshError
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import IMAGE, FakeMesh


def picture(name: str, what: str = "good") -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(IMAGE + what.encode())
    return name


@pytest.fixture
def tiles(fake: FakeMesh) -> inspection_pb2.ReferenceSet:
    """A set with a version and two views."""
    found = fake.inspection.add_set("tiles")
    for name in ("top", "side"):
        fake.inspection.add_view(found, name)
    return found


def refused(argus: Argus, *arguments: str) -> MeshError:
    with pytest.raises(MeshError) as caught:
        argus(*arguments)
    return caught.value


def test_a_view_is_made_shown_and_called_by_its_sets_name(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    made = argus("refset", "create", "top", "--view-of", "tiles").stdout
    assert "Created tiles/top" in made
    assert "argus refset add tiles/top" in made
    assert "already has a view" in str(
        refused(argus, "refset", "create", "top", "--view-of", "tiles")
    )
    assert "--view-of" in str(refused(argus, "refset", "create", "top", "--copy-images"))
    [view] = fake.inspection.views
    for command in (("list",), ("show", "tiles"), ("show", "tiles/top")):
        assert view.reference_set_id in argus("refset", *command).stdout
    assert f"view of      {view.view_of}" in argus("refset", "show", "tiles/top").stdout
    assert "There is no reference set" in str(refused(argus, "refset", "show", "tiles/side"))


def test_each_picture_shows_the_views_that_are_named(
    fake: FakeMesh, argus: Argus, tiles: inspection_pb2.ReferenceSet
) -> None:
    top, side = tiles.views
    files = picture("a.png"), picture("b.png", "bad"), picture("c.png")
    result = argus(
        "inspect", "--set", "tiles", "--view", f"top={files[0]}",
        "--view", f"{side.reference_set_id}={files[1]}", files[2],
    )  # fmt: skip
    assert result.exit_code == 0
    [sent] = fake.inspection.parts
    named = [list(frame.reference_set_ids) for frame in sent.frames]
    assert named == [[top.reference_set_id], [side.reference_set_id], []]
    rows = {line.split()[0]: line.split() for line in result.stdout.splitlines() if ".png" in line}
    assert rows["tiles"][1:4] == ["c.png", "normal", "0.50"]
    assert rows["side"][1:4] == ["b.png", "ANOMALOUS", "1.50"]
    assert "1 part inspected against the views of tiles: 1 anomalous, 0 normal" in result.stdout
    assert "at most 2.0 % are called anomalous" in result.stdout


@pytest.mark.usefixtures("tiles")
def test_a_picture_of_several_views_is_sent_once_and_a_stored_one_is_named(
    fake: FakeMesh, argus: Argus
) -> None:
    name, stored = picture("a.png"), str(uuid4())
    views = [f"top={name}", f"side={name}", f"tiles={stored}"]
    argus("inspect", "--set", "tiles", *(word for one in views for word in ("--view", one)))
    [sent] = fake.inspection.parts
    assert [len(frame.reference_set_ids) for frame in sent.frames] == [2, 1]
    assert [frame.WhichOneof("source") for frame in sent.frames] == ["image", "image_id"]


@pytest.mark.usefixtures("tiles")
def test_the_exit_code_tells_a_line_what_to_do(argus: Argus) -> None:
    good, bad, broken = picture("a.png"), picture("b.png", "bad"), picture("c.png", "broken")
    fail = "--fail-on-anomaly"
    for options, code in (
        (["--part", good], 0),
        (["--part", good, fail], 0),
        (["--part", good, bad], 0),
        (["--part", good, bad, fail], 1),
        (["--view", f"top={good}", fail], 1),
        (["--view", f"top={good}"], 0),
        (["--view", f"top={bad}", "--view", f"side={broken}", good, fail], 2),
        (["--part", "missing.png"], 2),
    ):
        assert argus("inspect", "--set", "tiles", *options).exit_code == code, options


def test_each_picture_is_a_part_and_json_has_the_names_of_the_contract(
    argus: Argus, tiles: inspection_pb2.ReferenceSet
) -> None:
    files = picture("in/a.png"), picture("in/b.png", "bad")
    result = argus("inspect", "--set", "tiles", "--part", "in", "--format", "json", "--save", "out")
    found = json.loads(result.stdout)
    assert [one["verdict"] for one in found] == ["NORMAL", "ANOMALOUS"]
    for part, name in zip(found, files, strict=True):
        assert [view["displayName"] for view in part["views"]] == ["tiles", "top", "side"]
        assert {view["file"] for view in part["views"]} == {name}
        assert part["partInspectionId"]
        for view in part["views"]:
            assert (Path("out") / view["overlay"]).is_file()
    overlays = [view["overlay"] for part in found for view in part["views"]]
    assert len({*overlays}) == 6
    one = argus("inspect", "--set", "tiles", "--view", f"top={files[0]}", "--format", "json")
    [part] = json.loads(one.stdout)
    shown = {view["displayName"]: view for view in part["views"]}
    assert shown["side"] == {
        "referenceSetId": tiles.views[1].reference_set_id, "displayName": "side", "file": None,
    }  # fmt: skip
    assert shown["top"]["verdict"] == "NORMAL"


@pytest.mark.usefixtures("tiles")
def test_what_is_refused_is_a_row(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.refusal = (grpc.StatusCode.NOT_FOUND, "IMAGE_NOT_FOUND", "no such image")
    result = argus("inspect", "--set", "tiles", "--part", picture("a.png"))
    assert result.exit_code == 2
    assert "IMAGE_NOT_FOUND" in result.stdout


@pytest.mark.usefixtures("tiles")
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--view", "top"], "does not name a view and its picture"),
        (["--view", "bottom=a.png"], "Its views are `tiles`, `top`, `side`."),
        (["--view", "top=a.png", "--view", "top=b.png"], "named twice"),
        (["--view", "top=a.png", "a.png", "b.png"], "one picture at most"),
        (["--part", "a.png", "--version", "1"], "do not go with --version"),
        (["--part", "a.png", "--format", "csv"], "do not go with --format csv"),
        (["--part", "a.png", "--offline", "x.zip"], "do not go with --offline"),
    ],
)
def test_a_mistake_is_told_before_anything_is_sent(
    fake: FakeMesh, argus: Argus, options: list[str], words: str
) -> None:
    picture("a.png")
    picture("b.png")
    result = argus("inspect", "--set", "tiles", *options)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())
    assert not fake.inspection.parts
