"""`argus video`: what is sent to the mesh, and what a person is asked and told."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from argus.storage.v1 import image_pb2, video_pb2
from google.protobuf.duration_pb2 import Duration

from mesh.client import videos
from mesh.client.videos import at_text
from mesh.errors import MeshError
from tests.support.fake_store import FakeStore
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import FakeMesh

FILM = b"\x1a\x45\xdf\xa3" + bytes(3 * 2**20)
State = video_pb2.Video.State


@pytest.fixture(autouse=True)
def shelf(fake: FakeMesh, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStore]:
    monkeypatch.setattr(videos, "LOOK_EVERY_S", 0.0)
    fake.videos.store = made = FakeStore()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def film(argus: Argus) -> Path:  # noqa: ARG001 - it makes the folder the present one
    """In the folder where the command runs."""
    path = Path("film.webm")
    path.write_bytes(FILM)
    return path


@pytest.fixture
def ready(fake: FakeMesh) -> str:
    """A video that was imported, and its two images."""
    video = video_pb2.Video(
        video_id=str(uuid4()), filename="line\x1b[31m 3.mp4", state=State.READY, width=1920,
        height=1080, shot_count=2, key_frame_count=2,
        duration=Duration(seconds=3723, nanos=450_000_000),
    )  # fmt: skip
    fake.videos.videos[video.video_id] = video
    for number in range(2):
        image = image_pb2.Image(image_id=str(uuid4()), state=image_pb2.Image.INDEXED)
        image.video.timestamp.FromMilliseconds(500 + 60_000 * number)
        image.video.shot_end.FromMilliseconds(2_000 + 60_000 * number)
        fake.images.stored[image.image_id] = image
    return video.video_id


@pytest.mark.usefixtures("film")
def test_a_video_is_sent_imported_and_waited_for(
    fake: FakeMesh, argus: Argus, shelf: FakeStore
) -> None:
    result = argus("video", "import", "film.webm", "--label", "line=3", "--max-key-frames", "7")
    assert result.exit_code == 0, result.output
    assert "film.webm: 3 shots in 0:03.7, 3 images." in result.stdout
    assert list(shelf.objects.values()) == [FILM]
    [request] = fake.videos.reserved
    assert (request.content_type, request.size_bytes) == ("video/webm", len(FILM))
    assert (dict(request.labels), request.max_key_frames) == ({"line": "3"}, 7)
    assert request.skip_existing
    assert len(request.sha256) == 64
    assert request.request_id


@pytest.mark.usefixtures("film")
def test_a_video_that_is_there_is_not_sent_again(
    fake: FakeMesh, argus: Argus, shelf: FakeStore
) -> None:
    argus("video", "import", "film.webm")
    result = argus("video", "import", "film.webm")
    assert "3 images, stored already." in result.stdout
    assert shelf.puts == 1
    assert len(fake.videos.videos) == 1


@pytest.mark.usefixtures("film")
def test_without_waiting_it_says_where_it_stands(argus: Argus) -> None:
    result = argus("video", "import", "film.webm", "--no-wait")
    assert result.exit_code == 0
    assert "film.webm: importing 0%." in result.stdout


@pytest.mark.usefixtures("film")
def test_a_video_that_fails_is_told_with_its_reason_and_the_next_goes_on(
    fake: FakeMesh, argus: Argus
) -> None:
    fake.videos.becomes = video_pb2.Video(
        state=State.FAILED,
        failure=image_pb2.ImageFailure(reason="VIDEO_UNREADABLE", message="it is damaged"),
    )
    Path("other.mp4").write_bytes(FILM + b"2")
    result = argus("video", "import", "film.webm", "other.mp4")
    assert result.exit_code == 1
    assert "film.webm: it is damaged (VIDEO_UNREADABLE)." in result.stderr
    assert "other.mp4: it is damaged" in result.stderr


@pytest.mark.usefixtures("film")
def test_what_was_damaged_is_said(fake: FakeMesh, argus: Argus) -> None:
    fake.videos.becomes.damaged = True
    assert "Some of it is missing" in argus("video", "import", "film.webm").stdout


def test_what_is_no_video_is_refused_before_anything_is_sent(
    fake: FakeMesh, argus: Argus, film: Path
) -> None:
    for name, content in (("notes.txt", b"x"), ("empty.mp4", b"")):
        Path(name).write_bytes(content)
        with pytest.raises(MeshError, match=r"does not end as a video|is empty"):
            argus("video", "import", name)
    with pytest.raises(MeshError, match="does not end as a video does"):
        argus("video", "import", str(film), "notes.txt")
    with pytest.raises(MeshError, match=r"gone\.mp4"):
        argus("video", "import", "gone.mp4")
    assert not fake.videos.reserved


@pytest.mark.usefixtures("film")
def test_a_store_that_refuses_is_told(argus: Argus, shelf: FakeStore) -> None:
    shelf.failures = [403]
    with pytest.raises(MeshError, match="answered 403"):
        argus("video", "import", "film.webm")
    shelf.failures = [0]
    with pytest.raises(MeshError, match="does not answer"):
        argus("video", "import", "film.webm")


def test_videos_are_listed_to_the_limit(fake: FakeMesh, argus: Argus, ready: str) -> None:
    waiting = video_pb2.Video(
        video_id=str(uuid4()), filename="b.mp4", state=State.IMPORTING, progress=0.25
    )
    fake.videos.videos[waiting.video_id] = waiting
    result = argus("video", "list")
    assert ready in result.stdout
    for words in ("1:02:03.4", "1920×1080", "importing 25%"):
        assert words in result.stdout
    assert "\x1b" not in result.stdout
    [one] = json.loads(argus("video", "list", "--limit", "1", "--format", "json").stdout)
    assert one["videoId"] == ready


def test_who_has_none_is_told_how_to_get_one(argus: Argus) -> None:
    assert "argus video import" in argus("video", "list").stdout


def test_a_video_is_shown_with_its_images(fake: FakeMesh, argus: Argus, ready: str) -> None:
    result = argus("video", "show", ready)
    for words in ("2 shots in 1:02:03.4, 2 images.", "0:00.5", "1:00.5", *fake.images.stored):
        assert words in result.stdout
    assert fake.images.filters == [f'video_id = "{ready}"']
    told = json.loads(argus("video", "show", ready, "--format", "json").stdout)
    assert (told["video"]["videoId"], len(told["images"])) == (ready, 2)
    with pytest.raises(MeshError, match="is not the id of a video"):
        argus("video", "show", "line 3.mp4")


@pytest.mark.parametrize("typed", ["n\n", "y\n", None])
def test_a_video_is_deleted_once_somebody_says_so(
    fake: FakeMesh, argus: Argus, ready: str, typed: str | None
) -> None:
    is_gone = typed != "n\n"
    result = argus("video", "delete", ready, *([] if typed else ["--yes"]), typed=typed)
    assert (result.exit_code, fake.videos.deleted) == ((0, [ready]) if is_gone else (1, []))
    assert ("and 2 images." in result.stdout) == is_gone
    assert ("for good?" in result.output) == (typed is not None)


def test_moments_are_written_as_players_do() -> None:
    for milliseconds, text in ((0, "0:00.0"), (12_345, "0:12.3"), (3_723_450, "1:02:03.4")):
        time = Duration()
        time.FromMilliseconds(milliseconds)
        assert at_text(time) == text
