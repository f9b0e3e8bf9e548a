"""Videos over a real socket: taken in, taken apart, played, deleted, nobody else's."""

import hashlib
import signal
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc
import psutil
import pytest
from argus.storage.v1 import image_pb2, video_pb2, video_pb2_grpc

from services.storage.videos.model import frame_id
from tests.support.eventually import eventually
from tests.support.storage_client import (
    Storage,
    StorageUser,
    events_of,
    gone,
    refused,
    sign_up,
    staging_empty,
    told,
)
from tests.support.videos import encoded_video, shots

Code = grpc.StatusCode
State = video_pb2.Video.State
WEBM = "video/webm"
PATIENCE_S = 120.0
"""A process has to start for each video, and gives way to all others."""


class Cinema:
    """What somebody does with videos."""

    def __init__(self, storage: Storage, user: StorageUser) -> None:
        self.storage = storage
        self.user = user
        self.stub: Any = video_pb2_grpc.VideoServiceStub(storage.channel)

    async def call(self, method: str, **fields: Any) -> Any:
        request = getattr(video_pb2, f"{method}Request")(**fields)
        return await getattr(self.stub, method)(request, metadata=self.user.token)

    async def reserve(self, content: bytes, **fields: Any) -> Any:
        values = {"filename": "film.webm", "content_type": WEBM, "size_bytes": len(content)}
        return await self.call("CreateVideoUpload", **(values | fields))

    async def put(self, content: bytes, **fields: Any) -> str:
        """Reserves and puts; the id."""
        created = await self.reserve(content, **fields)
        await self.user.put(created, content)
        video_id: str = created.video.video_id
        return video_id

    async def begin(self, content: bytes, **fields: Any) -> str:
        """Reserves, puts, and has it imported; the id."""
        video_id = await self.put(content, **fields)
        begun = await self.call("ImportVideo", video_id=video_id)
        assert begun.state in {State.QUEUED, State.IMPORTING, State.READY}
        return video_id

    async def settled(self, video_id: str) -> Any:
        """The video when its import has ended."""
        found: list[Any] = []

        async def ended() -> bool:
            found[:] = [await self.call("GetVideo", video_id=video_id)]
            return found[0].state in {State.READY, State.FAILED}

        await eventually(ended, "the import ends", within_s=PATIENCE_S)
        return found[0]

    async def imported(self, content: bytes, **fields: Any) -> Any:
        return await self.settled(await self.begin(content, **fields))

    async def frames(self, video_id: str) -> list[image_pb2.Image]:
        """Its images, by their times."""
        page = await self.user.page(filter=f'video_id = "{video_id}"', order_by="create_time asc")
        return list(page.images)


@pytest.fixture
def cinema(storage: Storage, user: StorageUser) -> Cinema:
    return Cinema(storage, user)


@pytest.fixture(scope="module")
def film() -> bytes:
    return encoded_video(shots(12, 15, 10))


async def test_a_video_becomes_images_that_know_their_second(
    cinema: Cinema, storage: Storage, film: bytes
) -> None:
    video = await cinema.imported(film, filename="c:\\tmp\\film.webm", labels={"line": "3"})
    assert (video.state, video.failure.reason) == (State.READY, "")
    assert (video.filename, video.shot_count, video.key_frame_count) == ("film.webm", 3, 3)
    assert (video.width, video.height, video.codec, video.progress) == (160, 96, "vp8", 1)
    assert not video.damaged
    assert video.sha256 == hashlib.sha256(film).hexdigest()
    assert round(video.duration.ToMilliseconds(), -2) == 3700

    frames = await cinema.frames(video.video_id)
    assert [one.image_id for one in frames] == [
        str(frame_id(UUID(video.video_id), number)) for number in range(3)
    ]
    starts = [round(one.video.shot_start.ToMilliseconds(), -2) for one in frames]
    assert starts == [0, 1200, 2700]
    for one in frames:
        place = one.video
        assert (place.video_id, place.filename) == (video.video_id, "film.webm")
        at = place.timestamp.ToMicroseconds()
        assert place.shot_start.ToMicroseconds() <= at < place.shot_end.ToMicroseconds()
        assert (one.state, dict(one.labels)) == (image_pb2.Image.UPLOADED, {"line": "3"})
        assert (one.width, one.height, one.content_type) == (160, 96, "image/jpeg")
        assert len(one.phash) == 16
        content = (await storage.http.get(one.content_url)).content
        assert hashlib.sha256(content).hexdigest() == one.sha256
        assert (await storage.http.get(one.thumbnail_url)).status_code == 200
        assert await events_of(storage, one.image_id) == ["uploaded"]
    assert frames[1].filename.startswith("film 00h00m0")
    assert (await storage.http.get(video.thumbnail_url)).status_code == 200
    await eventually(
        staging_empty(storage, cinema.user, video.video_id), "what was uploaded is removed"
    )


async def test_a_player_gets_any_part_of_the_bytes(
    cinema: Cinema, storage: Storage, film: bytes
) -> None:
    video = await cinema.imported(film)
    whole = await storage.http.get(video.content_url)
    assert (whole.content, whole.headers["content-type"]) == (film, WEBM)
    part = await storage.http.get(video.content_url, headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, film[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(film)}"


@pytest.mark.parametrize(
    ("content", "content_type", "reason"),
    [
        (b"no video at all" * 100, WEBM, "VIDEO_UNREADABLE"),
        (encoded_video(shots(5), kind="mp4")[:-900], "video/mp4", "VIDEO_UNREADABLE"),
        (encoded_video([], with_sound=True), WEBM, "VIDEO_UNREADABLE"),
        (encoded_video(shots(5)), "video/mp4", "CONTENT_TYPE_MISMATCH"),
    ],
    ids=["no video", "truncated", "only sound", "another kind"],
)
async def test_what_is_no_use_fails_and_leaves_nothing(
    cinema: Cinema, storage: Storage, content: bytes, content_type: str, reason: str
) -> None:
    video = await cinema.imported(content, content_type=content_type)
    assert (video.state, video.failure.reason) == (State.FAILED, reason)
    assert video.failure.message
    assert (video.content_url, video.thumbnail_url) == ("", "")
    assert await cinema.frames(video.video_id) == []
    await eventually(staging_empty(storage, cinema.user, video.video_id), "the bytes are removed")
    again = await cinema.call("ImportVideo", video_id=video.video_id)
    assert again.state == State.FAILED


async def test_bytes_that_are_not_those_declared_fail(cinema: Cinema, film: bytes) -> None:
    video = await cinema.imported(film, sha256="0" * 64)
    assert (video.state, video.failure.reason) == (State.FAILED, "SHA256_MISMATCH")


async def test_what_would_not_be_taken_is_refused_before_any_byte(
    cinema: Cinema, storage: Storage
) -> None:
    reserve = cinema.reserve
    await refused(
        reserve(b"x", content_type="video/x-flv"), Code.INVALID_ARGUMENT, "UNSUPPORTED_CONTENT_TYPE"
    )
    most = storage.settings.storage_max_video_bytes
    await refused(reserve(b"x", size_bytes=most + 1), Code.INVALID_ARGUMENT, "VIDEO_TOO_LARGE")
    await refused(reserve(b"x", max_key_frames=1001), Code.INVALID_ARGUMENT, "INVALID_REQUEST")
    await refused(reserve(b"x", filename="/"), Code.INVALID_ARGUMENT, "INVALID_REQUEST")
    await refused(cinema.call("ListVideos", page_token="no"), Code.INVALID_ARGUMENT,
                  "INVALID_PAGE_TOKEN")  # fmt: skip


async def test_an_import_waits_for_the_bytes_and_not_for_ever(
    cinema: Cinema, storage: Storage, film: bytes
) -> None:
    created = await cinema.reserve(film)
    begin = cinema.call("ImportVideo", video_id=created.video.video_id)
    await refused(begin, Code.FAILED_PRECONDITION, "UPLOAD_NOT_RECEIVED")
    storage.clock.ahead += timedelta(hours=2)
    try:
        video = await cinema.settled(created.video.video_id)
        assert (video.state, video.failure.reason) == (State.FAILED, "UPLOAD_EXPIRED")
    finally:
        storage.clock.ahead -= timedelta(hours=2)


async def test_a_request_sent_again_reserves_nothing_more(cinema: Cinema, film: bytes) -> None:
    request_id = str(uuid4())
    first = await cinema.reserve(film, request_id=request_id)
    again = await cinema.reserve(film, request_id=request_id)
    assert first.video.video_id == again.video.video_id
    await cinema.user.put(again, film)
    await cinema.call("ImportVideo", video_id=first.video.video_id)
    ready = await cinema.settled(first.video.video_id)
    late = await cinema.reserve(film, request_id=request_id)
    assert (late.video.video_id, late.HasField("upload")) == (ready.video_id, False)
    await refused(
        cinema.reserve(film + b"x", request_id=request_id), Code.INVALID_ARGUMENT, "INVALID_REQUEST"
    )


async def test_the_same_bytes_are_skipped_if_that_is_asked_for(cinema: Cinema, film: bytes) -> None:
    sha256 = hashlib.sha256(film).hexdigest()
    video = await cinema.imported(film)
    skipped = await cinema.reserve(film, sha256=sha256, skip_existing=True)
    assert (skipped.video.video_id, skipped.HasField("upload")) == (video.video_id, False)
    other = await cinema.reserve(film, sha256=sha256)
    assert other.video.video_id != video.video_id


async def test_importing_again_makes_nothing_twice(cinema: Cinema, film: bytes) -> None:
    video = await cinema.imported(film)
    again = await cinema.call("ImportVideo", video_id=video.video_id)
    assert again.state == State.READY
    assert len(await cinema.frames(video.video_id)) == 3


async def test_deleting_takes_video_images_and_objects(
    cinema: Cinema, storage: Storage, film: bytes
) -> None:
    video = await cinema.imported(film)
    frames = await cinema.frames(video.video_id)
    await cinema.call("DeleteVideo", video_id=video.video_id)
    await refused(
        cinema.call("GetVideo", video_id=video.video_id), Code.NOT_FOUND, "VIDEO_NOT_FOUND"
    )
    assert await cinema.frames(video.video_id) == []
    for url in (video.content_url, frames[1].content_url, frames[2].thumbnail_url):
        await eventually(gone(storage, url), "objects are removed")
    for frame in frames:
        await told(storage, frame.image_id, "uploaded", "deleted")
    await refused(
        cinema.call("DeleteVideo", video_id=video.video_id), Code.NOT_FOUND, "VIDEO_NOT_FOUND"
    )


async def test_videos_are_listed_newest_first_by_pages(cinema: Cinema, film: bytes) -> None:
    ids = [(await cinema.reserve(film)).video.video_id for _ in range(3)]
    first = await cinema.call("ListVideos", page_size=2)
    rest = await cinema.call("ListVideos", page_size=2, page_token=first.next_page_token)
    assert [one.video_id for one in (*first.videos, *rest.videos)] == ids[::-1]
    assert rest.next_page_token == ""


async def test_somebody_elses_video_is_as_one_that_is_not_there(
    cinema: Cinema, storage: Storage, film: bytes
) -> None:
    video = await cinema.imported(film)
    stranger = Cinema(storage, await sign_up(storage))
    for method in ("GetVideo", "ImportVideo", "DeleteVideo"):
        theirs = await refused(
            stranger.call(method, video_id=video.video_id), Code.NOT_FOUND, "VIDEO_NOT_FOUND"
        )
        unknown_id = str(uuid4())
        unknown = await refused(
            stranger.call(method, video_id=unknown_id), Code.NOT_FOUND, "VIDEO_NOT_FOUND"
        )
        told_of = str(theirs.details()).replace(video.video_id, unknown_id)
        assert told_of == unknown.details()
    assert list((await stranger.call("ListVideos")).videos) == []
    assert await stranger.frames(video.video_id) == []
    sha256 = hashlib.sha256(film).hexdigest()
    own = await stranger.reserve(film, sha256=sha256, skip_existing=True)
    assert own.video.state == State.PENDING
    assert (await cinema.call("GetVideo", video_id=video.video_id)).state == State.READY


def cutters() -> list[psutil.Process]:
    """Processes of this one that take videos apart."""
    found = []
    for one in psutil.Process().children():
        try:
            if "services.storage.videos.cutter" in one.cmdline():
                found.append(one)
        except psutil.Error:
            continue
    return found


async def test_a_decoder_that_is_killed_fails_only_its_video(cinema: Cinema, film: bytes) -> None:
    video_id = await cinema.begin(encoded_video(shots(200)))

    async def killed() -> bool:
        for one in cutters():
            one.send_signal(signal.SIGKILL)
            return True
        return False

    await eventually(killed, "somebody takes it apart", within_s=PATIENCE_S)
    video = await cinema.settled(video_id)
    assert (video.state, video.failure.reason) == (State.FAILED, "VIDEO_UNREADABLE")
    assert (await cinema.imported(film)).state == State.READY


async def test_a_video_deleted_meanwhile_leaves_nothing(
    cinema: Cinema, storage: Storage, film: bytes
) -> None:
    video_id = await cinema.begin(encoded_video(shots(200)))

    async def begun() -> bool:
        return bool(cutters())

    await eventually(begun, "somebody takes it apart", within_s=PATIENCE_S)
    await cinema.call("DeleteVideo", video_id=video_id)
    # One after the other: when the next one is there, that one is over.
    assert (await cinema.imported(film)).state == State.READY
    assert await cinema.frames(video_id) == []
    owner = cinema.user.user_id
    keys = [f"videos/{owner}/{video_id}", f"images/{owner}/{frame_id(UUID(video_id), 0)}"]
    for key in keys:
        await eventually(gone(storage, storage.link(key)), "what was written is removed")


async def test_an_import_whose_process_died_begins_anew_and_makes_nothing_twice(
    cinema: Cinema, storage: Storage, film: bytes
) -> None:
    video_id = await cinema.put(film)
    # As it is left by who had it in hand, when that one's lease is over.
    await storage.postgres.execute(
        "UPDATE storage.videos SET state = 'IMPORTING', attempts = 1, begun_at = now(), "
        "work_at = now() WHERE video_id = $1",
        UUID(video_id),
    )
    video = await cinema.settled(video_id)
    assert (video.state, video.key_frame_count) == (State.READY, 3)
    assert len(await cinema.frames(video_id)) == 3


async def test_what_kills_every_attempt_is_given_up(
    cinema: Cinema, storage: Storage, film: bytes
) -> None:
    video_id = await cinema.put(film)
    await storage.postgres.execute(
        "UPDATE storage.videos SET state = 'IMPORTING', attempts = 3, begun_at = now(), "
        "work_at = now() WHERE video_id = $1",
        UUID(video_id),
    )
    video = await cinema.settled(video_id)
    assert (video.state, video.failure.reason) == (State.FAILED, "VIDEO_UNREADABLE")


async def test_imports_are_measured(cinema: Cinema, storage: Storage, film: bytes) -> None:
    def imported() -> int:
        count: int = storage.measured.values("argus.storage.videos", "argus.outcome").get(
            ("imported",), 0
        )
        return count

    before = imported()
    await cinema.imported(film)

    async def counted() -> bool:
        return imported() == before + 1

    await eventually(counted, "the import is counted")
    assert storage.measured.values("argus.storage.videos.import.duration")[()] >= before + 1
