import csv
import io
import json
import os
from pathlib import Path

import grpc
import pytest

from mesh.client.inspector import WINDOW
from mesh.commands.words import confidence_text
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import IMAGE, FakeMesh


def picture(name: str, what: str = "good") -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(IMAGE + what.encode())
    return name


def test_a_table_says_of_each_file_what_was_found(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    result = argus("inspect", "--set", "tiles", picture("a.png"), picture("b.png", "bad"))
    assert result.exit_code == 0
    rows = {line.split()[0]: line for line in result.stdout.splitlines() if ".png" in line}
    assert rows["a.png"].split()[1:] == ["normal", "0.50", "50%", "12"]
    assert rows["b.png"].split()[1:] == ["ANOMALOUS", "1.50", "97%", "1", "12"]
    assert "note" not in result.stdout
    assert "2 inspected against tiles, version 1: 1 anomalous, 1 normal, 0 failed" in result.stdout


def test_no_verdict_is_altogether_sure() -> None:
    assert [confidence_text(sure) for sure in (0.0, 0.5, 0.99, 0.99999, 1.0)] == [
        "0%", "50%", "99%", ">99%", ">99%",
    ]  # fmt: skip


def test_the_exit_code_tells_a_line_what_to_do(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    good, bad, broken = picture("a.png"), picture("b.png", "bad"), picture("c.png", "broken")
    codes = {
        (files, flag): argus("inspect", "--set", "tiles", *flag, *files).exit_code
        for files in ((good,), (good, bad), (good, bad, broken))
        for flag in ((), ("--fail-on-anomaly",))
    }
    assert list(codes.values()) == [0, 0, 0, 1, 2, 2]


@pytest.mark.parametrize("format_", ["table", "csv", "json"])
def test_what_is_unlike_the_whole_set_is_never_normal(
    fake: FakeMesh, argus: Argus, format_: str
) -> None:
    fake.inspection.add_set("tiles")
    # As a mesh answers that looks at the score alone: NORMAL, and off the distribution.
    result = argus(
        "inspect", "--set", "tiles", picture("dark.png", "other"), "--fail-on-anomaly", "--format",
        format_,
    )  # fmt: skip
    assert result.exit_code == 1
    assert "UNINSPECTABLE" in result.stdout
    assert "NORMAL" not in result.stdout
    assert format_ != "table" or ": 0 anomalous, 1 uninspectable, 0 normal" in result.stdout
    assert "50%" not in result.stdout, "that was how sure NORMAL was"


def test_a_picture_in_a_folder_that_cannot_be_inspected_is_a_row(
    fake: FakeMesh, argus: Argus
) -> None:
    fake.inspection.add_set("tiles")
    picture("in/a.png")
    for name in ("b.jp2", "c.jxl", "d.dng"):
        Path("in", name).write_bytes(b"II*\x00 and what follows")
    Path("in/notes.txt").write_text("no picture")
    result = argus("inspect", "--set", "tiles", "in", "--format", "csv")
    assert result.exit_code == 2
    rows = {row["file"]: row["reason"] for row in csv.DictReader(io.StringIO(result.stdout))}
    assert rows == {
        "in/a.png": "",
        "in/b.jp2": "IMAGE_UNSUPPORTED",
        "in/c.jxl": "IMAGE_UNSUPPORTED",
        "in/d.dng": "IMAGE_UNSUPPORTED",
    }
    assert "1 .txt" in result.stderr
    for name in ("b.jp2", "c.jxl", "d.dng"):
        Path("in", name).unlink()
    others = argus("inspect", "--set", "tiles", "in")
    assert others.exit_code == 0
    assert "Passed over: 1 .txt." in others.stderr
    Path("in/a.png").rename("in/a.jxl")
    Path("in/a.jxl").write_bytes(b"\xff\x0a\x00\x00")
    assert argus("inspect", "--set", "tiles", "in", "--import").exit_code == 2


def test_an_overlay_that_cannot_be_saved_is_told_and_stops_no_other(
    fake: FakeMesh, argus: Argus
) -> None:
    fake.inspection.add_set("tiles")
    names = [
        picture("a.png"),
        picture("b.png", "bad"),
        picture("c" * 245 + ".png"),
        picture("я" * 125),
    ]
    Path("out/a.overlay.webp").mkdir(parents=True)
    result = argus("inspect", "--set", "tiles", *names, "--save", "out", "--format", "csv")
    assert result.exit_code == 2
    rows = {row["file"]: row for row in csv.DictReader(io.StringIO(result.stdout))}
    assert (rows["a.png"]["verdict"], rows["a.png"]["overlay"]) == ("NORMAL", "")
    assert rows["a.png"]["problem"] == "overlay not saved: Is a directory"
    assert rows["b.png"]["overlay"] == "b.overlay.webp"
    for name in names[1:]:
        assert (Path("out") / rows[name]["overlay"]).is_file()
    [found] = json.loads(
        argus("inspect", "--set", "tiles", "a.png", "--save", "out", "--format", "json").stdout
    )
    assert found["notSaved"] == "Is a directory"
    assert "Is a directory" in argus("inspect", "--set", "tiles", "a.png", "--save", "out").stdout


def test_a_pipe_or_a_folder_in_place_of_an_image_is_a_row(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    os.mkfifo("pipe.png")
    Path("loop.png").symlink_to("loop.png")
    result = argus("inspect", "--set", "tiles", "pipe.png", "loop.png", picture("a.png"))
    assert result.exit_code == 2
    assert "not a regular file (FILE_UNREADABLE)" in result.stdout
    assert "1 inspected against tiles" in result.stdout


def test_what_cannot_be_inspected_is_a_row_and_stops_no_other(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    Path("empty.png").write_bytes(b"")
    Path("notes.png").write_text("no image")
    with Path("large.png").open("wb") as file:
        file.truncate(20 * 2**20 + 1)
    names = ["empty.png", "notes.png", "large.png", picture("cut.png", "broken"), "gone.png"]
    result = argus("inspect", "--set", "tiles", *names, picture("good.png"), "--format", "csv")
    assert result.exit_code == 2
    rows = {row["file"]: row for row in csv.DictReader(io.StringIO(result.stdout))}
    assert {name: row["reason"] for name, row in rows.items()} == {
        "empty.png": "IMAGE_EMPTY",
        "notes.png": "IMAGE_UNREADABLE",
        "large.png": "IMAGE_TOO_LARGE",
        "cut.png": "IMAGE_UNREADABLE",
        "gone.png": "FILE_UNREADABLE",
        "good.png": "",
    }
    assert rows["cut.png"]["problem"] == "The image is cut off."
    assert (rows["good.png"]["verdict"], rows["good.png"]["ratio"]) == ("NORMAL", "0.5")
    table = argus("inspect", "--set", "tiles", "empty.png").stdout
    assert "the file is empty (IMAGE_EMPTY)" in table


def test_json_has_the_names_of_the_contract(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    result = argus(
        "inspect", "--set", "tiles", picture("b.png", "bad other"), "gone.png", "--format", "json",
        "--save", "out",
    )  # fmt: skip
    found, gone = json.loads(result.stdout)
    assert found["file"] == "b.png"
    assert found["verdict"] == "ANOMALOUS"
    assert found["ratio"] == 1.5
    assert found["offDistribution"] is True
    assert found["regions"][0]["score"] == 3.0
    assert (found["overlay"], found["heatmap"]) == ("b.overlay.webp", None)
    assert gone["error"]["reason"] == "FILE_UNREADABLE"


def test_folders_are_walked_and_pictures_with_one_name_are_kept_apart(
    fake: FakeMesh, argus: Argus
) -> None:
    fake.inspection.add_set("tiles")
    for name in ("in/1/part.png", "in/2/part.png", "in/2/part.jpg", "in/other.png"):
        picture(name, name)
    result = argus("inspect", "--set", "tiles", "in", "--save", "out", "--raw")
    assert result.exit_code == 0
    saved = {path.name: path.read_bytes() for path in Path("out").iterdir()}
    assert sorted(name for name in saved if name.endswith(".overlay.webp")) == [
        "1-part.png.overlay.webp",
        "2-part.png.overlay.webp",
        "other.overlay.webp",
        "part.jpg.overlay.webp",
    ]
    assert saved["2-part.png.overlay.webp"] == b"overlay of " + IMAGE + b"in/2/part.png"
    assert saved["1-part.png.heatmap.png"] == b"heat of " + IMAGE + b"in/1/part.png"


def test_a_busy_mesh_and_a_broken_stream_lose_nothing(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    fake.inspection.break_after = 3
    names = [picture(f"{number}.png", "busy" if number % 5 == 4 else "") for number in range(30)]
    result = argus("inspect", "--set", "tiles", *names, "--format", "csv")
    assert result.exit_code == 0, result.stdout
    assert [row["file"] for row in csv.DictReader(io.StringIO(result.stdout))] == names
    assert len(fake.inspection.streams) == 2


def test_a_stream_that_ends_with_its_token_loses_nothing(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    fake.inspection.break_after = 3
    fake.inspection.breaks_with = (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_EXPIRED", "expired")
    names = [picture(f"{number}.png") for number in range(30)]
    result = argus("inspect", "--set", "tiles", *names, "--format", "csv")
    assert result.exit_code == 0, result.stdout
    assert [row["file"] for row in csv.DictReader(io.StringIO(result.stdout))] == names
    assert len(fake.inspection.streams) == 2


def test_only_so_many_images_are_under_way(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    names = [picture(f"{number}.png") for number in range(4 * WINDOW)]
    assert argus("inspect", "--set", "tiles", *names).exit_code == 0
    assert 1 <= fake.inspection.most_under_way <= WINDOW


def test_what_every_image_would_be_refused_for_is_told_once(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.refusal = (
        grpc.StatusCode.FAILED_PRECONDITION, "MODEL_NOT_CLIP", "compact is no CLIP model.",
    )  # fmt: skip
    names = [picture(f"{number}.png") for number in range(20)]
    result = argus("inspect", "--zero-shot", "metal tile", *names)
    assert result.exit_code == 2
    assert "compact is no CLIP model." in result.stderr
    assert "--model" in result.stderr
    assert result.stdout == ""


def test_words_are_asked_in_place_of_a_set(fake: FakeMesh, argus: Argus) -> None:
    result = argus("inspect", "--zero-shot", "metal tile", "--model", "B-32/x", picture("a.png"))
    assert result.exit_code == 0
    [[item]] = fake.inspection.streams
    assert item.request.zero_shot.object == "metal tile"
    assert item.request.zero_shot.model == "B-32/x"
    assert not item.request.reference_set_id


def test_stored_images_are_named_not_sent(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    result = argus(
        "inspect", "--set", "tiles", "--import", picture("a.png"), picture("copy.png"), "gone.png",
        "--version", "7", "--format", "csv",
    )  # fmt: skip
    assert result.exit_code == 2
    [sent] = fake.inspection.streams
    assert {item.request.image_id for item in sent} == set(fake.images.ids.values())
    assert not any(item.request.image for item in sent)
    rows = {row["file"]: row for row in csv.DictReader(io.StringIO(result.stdout))}
    assert rows["a.png"]["image_id"] == rows["copy.png"]["image_id"]
    assert rows["gone.png"]["reason"] == "NOT_STORED"
    assert rows["a.png"]["version"] == "7"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.png"], "Give --set NAME"),
        (["a.png", "--set", "tiles", "--zero-shot", "tile"], "Give --set NAME"),
        (["a.png", "--zero-shot", " "], "takes words"),
        (["a.png", "--set", "tiles", "--model", "x"], "argus refset calibrate"),
        (["a.png", "--set", "tiles", "--raw"], "--raw needs --save"),
        (["--set", "tiles"], "nothing to inspect"),
        (["--set", "tiles", "--image-id", "12"], "not an image id"),
        (["a.png", "--set", "nobody"], "argus refset create"),
    ],
)
def test_a_mistake_is_told_before_anything_is_sent(
    fake: FakeMesh, argus: Argus, arguments: list[str], said: str
) -> None:
    picture("a.png")
    result = argus("inspect", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not fake.inspection.streams


def test_a_set_without_a_version_is_told_before_anything_is_sent(
    fake: FakeMesh, argus: Argus
) -> None:
    fake.inspection.add_set("tiles", version=0)
    result = argus("inspect", "--set", "tiles", picture("a.png"))
    assert result.exit_code == 2
    assert "`argus refset calibrate tiles` does that." in result.stderr
