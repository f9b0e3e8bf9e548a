"""What becomes of a video that is taken apart, with a cutter that finds what a test says."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from services.storage.errors import ObjectStoreUnavailable, QuotaExceeded
from services.storage.filenames import MAX_FILENAME_CHARACTERS
from services.storage.model import Failure, Image, ImageState, Verified
from services.storage.object_keys import content_key, staging_key, thumbnail_key, video_key
from services.storage.videos.containers import MATROSKA, Container
from services.storage.videos.errors import NoLongerImported, VideoCodecUnsupported
from services.storage.videos.importer import MAX_ATTEMPTS, VideoImporter, frame_name
from services.storage.videos.model import Cut, Imported, KeyFrame, Video, VideoState, frame_id
from services.storage.videos.ports import Progress
from tests.unit.storage.images import NOW
from tests.unit.storage.videos import OWNER, WEBM, video

ID = UUID(int=1)
STAGED = staging_key(OWNER, ID)


def content_of(file: Path) -> bytes:
    return file.read_bytes()


def nothing_in(folder: Path) -> bool:
    return not list(folder.iterdir())


class Cinema:
    """A queue, an object store, and somebody who takes videos apart."""

    def __init__(self, folder: Path, *videos: Video, staged: bytes | None = WEBM) -> None:
        self.queue = list(videos)
        self.objects: dict[str, bytes] = {} if staged is None else {STAGED: staged}
        self.declared: int | None = None
        """What the store says that the size is, where it is another."""
        self.frames = 2
        self.unusable: Exception | None = None
        self.not_recorded: Exception | None = None
        self.finished: dict[UUID, Imported] = {}
        self.failed: dict[UUID, Failure] = {}
        self.given_back: list[UUID] = []
        self.discarded: list[UUID] = []
        self.seen: list[tuple[Container, int]] = []
        self.told: list[str] = []
        self.importer = VideoImporter(
            cast("Any", self),
            cast("Any", self),
            self.cut,
            self.verify,
            folder=folder,
            every_s=1,
            clock=lambda: NOW,
            settled=lambda: self.told.append("settled"),
        )
        self.folder = folder

    async def take(self, now: datetime) -> Video | None:
        return self.queue.pop(0) if self.queue else None

    async def renew(self, video: Video, progress: float, now: datetime) -> None:
        pass

    async def give_back(self, video: Video, now: datetime) -> None:
        self.given_back.append(video.video_id)

    async def finish(self, video: Video, imported: Imported, now: datetime) -> None:
        if self.not_recorded:
            raise self.not_recorded
        self.finished[video.video_id] = imported

    async def fail(self, video: Video, failure: Failure, now: datetime) -> None:
        self.failed[video.video_id] = failure

    async def discard(self, video: Video, now: datetime) -> None:
        self.discarded.append(video.video_id)

    @asynccontextmanager
    async def open(self, key: str) -> AsyncIterator[Any]:
        content = self.objects.get(key)
        yield None if content is None else Opened(content, self.declared)

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        self.objects[key] = content

    async def put_file(self, key: str, file: Path, content_type: str) -> None:
        self.objects[key] = content_of(file)

    async def cut(self, file: Path, kind: Container, most: int, tell: Progress) -> Cut:
        self.seen.append((kind, most))
        assert content_of(file) == WEBM
        tell(0.5)
        if self.unusable:
            raise self.unusable
        frames = []
        for number in range(self.frames):
            picture = file.parent / f"{number}.jpg"
            picture.write_bytes(f"picture {number}".encode())
            start = number * 2_000_000
            frames.append(KeyFrame(picture, start + 500_000, start, start + 2_000_000))
        return Cut(160, 96, 4_000_000, "vp8", self.frames, damaged=False, frames=frames)

    async def verify(self, content: bytes, image: Image) -> Verified:
        sha256 = hashlib.sha256(content).hexdigest()
        return Verified(sha256, "0" * 16, 160, 96, "jpeg", b"small " + content)


class Opened:
    def __init__(self, content: bytes, declared: int | None) -> None:
        self._content = content
        self.size_bytes = len(content) if declared is None else declared

    async def chunks(self, size_bytes: int) -> AsyncIterator[bytes]:
        for at in range(0, len(self._content), 100):
            yield self._content[at : at + 100]


@pytest.fixture
def queued() -> Video:
    return video(state=VideoState.IMPORTING, attempts=1)


async def test_shots_become_images_under_ids_that_the_next_attempt_has_too(
    tmp_path: Path, queued: Video
) -> None:
    cinema = Cinema(tmp_path, queued)
    assert await cinema.importer.import_once()
    assert not await cinema.importer.import_once()

    imported = cinema.finished[ID]
    assert imported.sha256 == hashlib.sha256(WEBM).hexdigest()
    assert [one.image_id for one in imported.images] == [frame_id(ID, 0), frame_id(ID, 1)]
    for number, image in enumerate(imported.images):
        content = f"picture {number}".encode()
        assert cinema.objects[content_key(OWNER, image.image_id)] == content
        assert cinema.objects[thumbnail_key(OWNER, image.image_id)] == b"small " + content
        assert (image.size_bytes, image.state) == (len(content), ImageState.UPLOADED)
        assert image.labels == queued.labels
        assert image.video is not None
        assert (image.video.filename, image.video.at_us) == (
            "film.webm",
            number * 2_000_000 + 500_000,
        )
    assert cinema.objects[video_key(OWNER, ID)] == WEBM
    assert cinema.seen == [(MATROSKA, 200)]
    assert cinema.told == ["settled"]
    assert nothing_in(tmp_path), "nothing is left of the work"


@pytest.mark.parametrize(
    ("change", "staged", "reason"),
    [
        ({"sha256": "0" * 64}, WEBM, "SHA256_MISMATCH"),
        ({"size_bytes": 5}, WEBM, "SIZE_MISMATCH"),
        ({}, None, "UPLOAD_NOT_RECEIVED"),
        ({"content_type": "video/mp4"}, WEBM, "CONTENT_TYPE_MISMATCH"),
        ({"size_bytes": 9}, b"no video!", "VIDEO_UNREADABLE"),
        ({"attempts": MAX_ATTEMPTS + 1}, WEBM, "VIDEO_UNREADABLE"),
    ],
)
async def test_what_is_wrong_with_the_bytes_is_recorded_and_nothing_is_made(
    tmp_path: Path, queued: Video, change: dict[str, Any], staged: bytes | None, reason: str
) -> None:
    cinema = Cinema(tmp_path, replace(queued, **change), staged=staged)
    assert await cinema.importer.import_once()
    assert cinema.failed[ID].reason == reason
    assert not cinema.finished
    assert set(cinema.objects) <= {STAGED}
    assert nothing_in(tmp_path)


@pytest.mark.parametrize(
    ("where", "error", "reason"),
    [
        ("unusable", VideoCodecUnsupported("coded as x"), "VIDEO_CODEC_UNSUPPORTED"),
        ("not_recorded", QuotaExceeded("too many"), "QUOTA_EXCEEDED"),
    ],
)
async def test_what_the_cutter_and_the_records_refuse_is_recorded(
    tmp_path: Path, queued: Video, where: str, error: Exception, reason: str
) -> None:
    cinema = Cinema(tmp_path, queued)
    setattr(cinema, where, error)
    assert await cinema.importer.import_once()
    assert cinema.failed[ID].reason == reason
    assert cinema.told == ["settled"]


async def test_a_video_that_was_deleted_meanwhile_becomes_nothing(
    tmp_path: Path, queued: Video
) -> None:
    cinema = Cinema(tmp_path, queued)
    cinema.not_recorded = NoLongerImported()
    assert await cinema.importer.import_once()
    assert (cinema.discarded, cinema.failed) == ([ID], {})


async def test_a_store_that_is_away_costs_no_attempt(tmp_path: Path, queued: Video) -> None:
    def cut_off(cinema: Cinema) -> None:
        # As many as were declared, by what the store says; the connection ends before.
        cinema.declared, cinema.objects[STAGED] = len(WEBM), WEBM[:-1]

    def away(cinema: Cinema) -> None:
        cinema.unusable = ObjectStoreUnavailable("away")

    broken: list[Callable[[Cinema], None]] = [cut_off, away]
    for breaks in broken:
        cinema = Cinema(tmp_path, queued)
        breaks(cinema)
        with pytest.raises(ObjectStoreUnavailable):
            await cinema.importer.import_once()
        assert (cinema.given_back, cinema.failed, cinema.told) == ([ID], {}, [])


def test_a_key_frame_is_named_for_its_second() -> None:
    assert frame_name("film.webm", 3_723_456_000) == "film 01h02m03.456s.jpg"
    assert frame_name("film", 999) == "film 00h00m00.000s.jpg"
    assert frame_name(".webm", 0) == ".webm 00h00m00.000s.jpg"
    long = frame_name("x" * 300 + ".mp4", 0)
    assert len(long) == MAX_FILENAME_CHARACTERS
    assert long.endswith(" 00h00m00.000s.jpg")
