"""`argus images`: what is asked of the mesh, and what a person reads."""

import json
from datetime import timedelta
from uuid import uuid4

import grpc
import pytest
from argus.storage.v1 import image_pb2

from mesh.errors import MeshError
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import FakeMesh


@pytest.fixture
def ids(fake: FakeMesh) -> list[str]:
    """Ids of images that are stored."""
    for name in ("a.png", "b\x1b[31m.png", "c.png"):
        image_id = str(uuid4())
        fake.images.stored[image_id] = image_pb2.Image(
            image_id=image_id,
            filename=name,
            width=3,
            height=2,
            state=image_pb2.Image.INDEXED,
            labels={"line": "3"},
        )
    return list(fake.images.stored)


def test_images_are_listed_as_far_as_is_asked(ids: list[str], argus: Argus) -> None:
    result = argus("images", "list", "--limit", "2")
    assert ids[0] in result.stdout
    assert ids[1] in result.stdout
    assert ids[2] not in result.stdout
    assert "\x1b" not in result.stdout
    assert "line=3" in result.stdout
    assert "2 of 3 images" in result.stdout
    listed = json.loads(argus("images", "list", "--format", "json").stdout)
    assert [one["imageId"] for one in listed] == ids


def test_what_is_deleted_can_be_brought_back(ids: list[str], argus: Argus) -> None:
    unknown = str(uuid4())
    result = argus("images", "delete", ids[0], unknown)
    assert result.exit_code == 1
    assert "Deleted 1 image." in result.stdout
    assert unknown in result.stderr
    assert ids[0] not in argus("images", "list").stdout
    assert ids[0] in argus("images", "list", "--deleted").stdout
    assert "Brought back 1 image." in argus("images", "undelete", ids[0]).stdout
    assert ids[0] in argus("images", "list").stdout
    argus("images", "delete", ids[0], "--permanently")
    assert argus("images", "undelete", ids[0]).exit_code == 1


def test_what_a_filter_finds_is_counted_asked_about_and_deleted(
    fake: FakeMesh, ids: list[str], argus: Argus
) -> None:
    chosen = "images", "delete", "--filter", 'labels.line = "3"'
    counted = argus(*chosen, "--dry-run")
    assert "The filter finds 3 images; nothing was deleted." in counted.stdout
    refused = argus(*chosen, typed="n\n")
    assert refused.exit_code == 1
    assert "Delete 3 images? For a day" in refused.stdout
    assert list(fake.images.stored) == ids
    assert "Deleted 3 images." in argus(*chosen, "--yes").stdout
    assert not fake.images.stored
    assert "finds 0 images" in argus(*chosen, "--yes").stdout


@pytest.mark.parametrize("arguments", [[], ["an id", "--filter", "x"], ["an id", "--dry-run"]])
def test_which_images_are_deleted_has_to_be_said_once(argus: Argus, arguments: list[str]) -> None:
    with pytest.raises(MeshError, match="which images"):
        argus("images", "delete", *arguments)


def test_usage_is_shown_with_its_limits(argus: Argus) -> None:
    shown = argus("usage").stdout
    assert all(
        word in shown for word in ("1,234", "any", "5.6 MB", "20.0 GB", "2,000", "999 bytes")
    )


def test_labels_are_set_removed_and_counted(fake: FakeMesh, ids: list[str], argus: Argus) -> None:
    result = argus("images", "label", *ids[:2], "--set", "a=b=c", "--set", "d=", "--remove", "line")
    assert "Labelled 2 images." in result.stdout
    assert fake.images.stored[ids[0]].labels == {"a": "b=c", "d": ""}
    table = argus("images", "labels", "a").stdout
    assert "b=c" in table
    assert "2" in table


@pytest.mark.usefixtures("ids")
def test_images_are_listed_as_they_were_taken(fake: FakeMesh, argus: Argus) -> None:
    assert argus("images", "list").exit_code == 0
    assert argus("images", "list", "--by-capture", "--oldest-first").exit_code == 0
    assert fake.images.orders == ["create_time desc", "capture_time asc"]


def test_a_record_is_shown_in_words(fake: FakeMesh, ids: list[str], argus: Argus) -> None:
    image = fake.images.stored[ids[1]]
    image.note = "by the river\nat noon"
    image.page_count = 3
    image.capture.time.FromJsonString("2026-03-01T13:30:15Z")
    image.capture.utc_offset.FromTimedelta(timedelta(hours=-3, minutes=-30))
    image.capture.camera = "Canon EOS R5"
    image.capture.exposure_time_s, image.capture.f_number, image.capture.iso = 0.004, 2.8, 400
    image.capture.location.latitude, image.capture.location.longitude = -33.5, 151.25
    shown = argus("images", "show", ids[1]).stdout
    for words in (
        "by the river",
        "the first of 3",
        "2026-03-01 10:00:15 -03:30",
        "Canon EOS R5",
        "1/250 s f/2.8 ISO 400",
        "-33.500000, 151.250000",
    ):
        assert words in shown
    assert "\x1b" not in shown
    image.capture.ClearField("utc_offset")
    assert "13:30:15 on the camera's clock" in argus("images", "show", ids[1]).stdout
    assert json.loads(argus("images", "show", ids[1], "--format", "json").stdout)["note"]


def test_a_note_is_written_and_removed(fake: FakeMesh, ids: list[str], argus: Argus) -> None:
    image = fake.images.stored[ids[0]]
    image.capture.location.latitude = 1
    assert "Noted." in argus("images", "note", ids[0], "by the river").stdout
    assert (image.note, image.capture.HasField("location")) == ("by the river", True)
    result = argus("images", "note", ids[0], "", "--forget-location")
    assert "has no note" in result.stdout
    assert (image.note, image.capture.HasField("location")) == ("", False)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["label", "cat.png", "--set", "a=b"], "not the id"),
        (["label", str(uuid4()), "--set", "a"], "not KEY=VALUE"),
        (["label", str(uuid4())], "Say what to change"),
        (["delete", "*"], "not the id"),
        (["show", "cat.png"], "not the id"),
        (["note", "cat.png", "x"], "not the id"),
    ],
)
def test_what_makes_no_sense_is_told(argus: Argus, arguments: list[str], why: str) -> None:
    with pytest.raises(MeshError, match=why):
        argus("images", *arguments)


def test_a_watch_goes_on_where_it_broke(fake: FakeMesh, ids: list[str], argus: Argus) -> None:
    image = fake.images.stored[ids[1]]
    fake.images.watches = [
        [image_pb2.WatchImagesResponse(cursor="1", image=image), grpc.StatusCode.UNAVAILABLE],
        [
            image_pb2.WatchImagesResponse(cursor="2", deleted_image_id=ids[0]),
            image_pb2.WatchImagesResponse(cursor="3", checkpoint=image_pb2.WatchCheckpoint()),
        ],
    ]
    result = argus("images", "watch", "--after", "0", "--until-checkpoint")
    assert fake.images.watched_after == ["0", "1"]
    assert "\x1b" not in result.stdout
    first, second = result.stdout.splitlines()
    assert first.startswith(f"{ids[1]}  indexed")
    assert second == f"{ids[0]}  deleted"


def test_a_watch_in_json_has_its_cursors(fake: FakeMesh, argus: Argus) -> None:
    checkpoint = image_pb2.WatchImagesResponse(cursor="9", checkpoint=image_pb2.WatchCheckpoint())
    fake.images.watches = [[checkpoint]]
    result = argus("images", "watch", "--format", "json", "--until-checkpoint")
    assert json.loads(result.stdout) == {"cursor": "9", "checkpoint": {}}
