"""What owners ask of videos, over records and objects in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from services.runtime.errors import ArgusError
from services.storage.errors import (
    SizeMismatch,
    UnsupportedContentType,
    UploadExpired,
    UploadNotReceived,
)
from services.storage.in_hand import InHand
from services.storage.model import Failure
from services.storage.object_keys import staging_key
from services.storage.videos.errors import VideoNotFound, VideoNotSupported, VideoTooLarge
from services.storage.videos.library import VideoLibrary
from services.storage.videos.model import Video, VideoRequest, VideoState
from tests.unit.storage.images import NOW
from tests.unit.storage.videos import OWNER, WEBM, video

STRANGER = UUID(int=3)


class Shelf:
    """Records by id, and what lies in the object store."""

    def __init__(self, *videos: Video) -> None:
        self.videos = {one.video_id: one for one in videos}
        self.objects: dict[str, int] = {}
        self.told: list[str] = []
        self.now = NOW

    async def reserve(self, video: Video, request: VideoRequest) -> Video:
        for one in self.videos.values():
            if request.skip_existing and one.sha256 == video.sha256 != "":
                return one
        self.videos[video.video_id] = video
        return video

    async def find(self, user_id: UUID, video_id: UUID) -> Video | None:
        found = self.videos.get(video_id)
        return found if found and found.user_id == user_id else None

    async def queue(self, user_id: UUID, video_id: UUID, now: datetime) -> Video | None:
        found = await self.find(user_id, video_id)
        if found is None:
            return None
        self.videos[video_id] = replace(found, state=VideoState.QUEUED, updated_at=now)
        return self.videos[video_id]

    async def fail(self, video: Video, failure: Failure, now: datetime) -> None:
        self.videos[video.video_id] = replace(
            video, state=VideoState.FAILED, failure=failure, updated_at=now
        )

    async def delete(self, user_id: UUID, video_id: UUID, now: datetime) -> bool:
        if await self.find(user_id, video_id) is None:
            return False
        del self.videos[video_id]
        return True

    @asynccontextmanager
    async def open(self, key: str) -> AsyncIterator[Any]:
        yield Opened(self.objects[key]) if key in self.objects else None

    def put(self, key: str, expires_in: timedelta, *, size_bytes: int | None = None) -> str:
        return f"https://store/{key}?bytes={size_bytes}&for={expires_in.total_seconds():g}"


class Opened:
    def __init__(self, size_bytes: int) -> None:
        self.size_bytes = size_bytes


def library(shelf: Shelf, *, supported: bool = True) -> VideoLibrary:
    return VideoLibrary(
        cast("Any", shelf),
        cast("Any", shelf),
        cast("Any", shelf),
        in_hand=InHand(),
        supported=supported,
        max_bytes=10_000,
        put_ttl=timedelta(minutes=15),
        upload_ttl=timedelta(hours=1),
        clock=lambda: shelf.now,
        queued=lambda: shelf.told.append("queued"),
        deleted=lambda: shelf.told.append("deleted"),
    )


def request(**fields: Any) -> VideoRequest:
    values: dict[str, Any] = {
        "filename": "c:\\tmp\\film.webm",
        "content_type": "video/webm",
        "size_bytes": len(WEBM),
        "sha256": "",
        "labels": {},
        "skip_existing": False,
        "request_id": None,
        "max_key_frames": 7,
    }
    return VideoRequest(**(values | fields))


async def test_a_reservation_says_where_so_many_bytes_go() -> None:
    shelf = Shelf()
    made, put = await library(shelf).create(OWNER, request(sha256="AB" * 32))
    assert (made.filename, made.state, made.sha256) == (
        "film.webm",
        VideoState.PENDING,
        "ab" * 32,
    )
    assert (made.max_key_frames, made.expires_at) == (7, NOW + timedelta(hours=1))
    assert put is not None
    key = staging_key(OWNER, made.video_id)
    assert put.url == f"https://store/{key}?bytes={len(WEBM)}&for=900"
    assert put.expires_at == NOW + timedelta(minutes=15)


async def test_what_is_there_needs_no_bytes() -> None:
    there = video(state=VideoState.READY, sha256="ab" * 32)
    shelf = Shelf(there)
    asked = request(sha256="ab" * 32, skip_existing=True)
    assert await library(shelf).create(OWNER, asked) == (there, None)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"content_type": "video/x-flv"}, UnsupportedContentType),
        ({"content_type": "image/png"}, UnsupportedContentType),
        ({"size_bytes": 10_001}, VideoTooLarge),
    ],
)
async def test_what_would_not_be_taken_is_refused_before_it_is_sent(
    fields: dict[str, Any], error: type[ArgusError]
) -> None:
    shelf = Shelf()
    with pytest.raises(error):
        await library(shelf).create(OWNER, request(**fields))
    assert not shelf.videos


async def test_without_a_decoder_new_ones_alone_are_refused() -> None:
    shelf = Shelf(video(state=VideoState.READY))
    with pytest.raises(VideoNotSupported, match="PyAV"):
        await library(shelf, supported=False).create(OWNER, request())
    assert (await library(shelf, supported=False).get(OWNER, UUID(int=1))).kept


async def test_an_import_begins_when_the_bytes_are_there() -> None:
    shelf = Shelf(video())
    with pytest.raises(UploadNotReceived):
        await library(shelf).start_import(OWNER, UUID(int=1))
    assert shelf.videos[UUID(int=1)].state is VideoState.PENDING, "they may still come"
    shelf.objects[staging_key(OWNER, UUID(int=1))] = len(WEBM)
    begun = await library(shelf).start_import(OWNER, UUID(int=1))
    assert (begun.state, shelf.told) == (VideoState.QUEUED, ["queued"])
    assert await library(shelf).start_import(OWNER, UUID(int=1)) == begun
    assert shelf.told == ["queued"], "once"


async def test_another_number_of_bytes_fails_the_video() -> None:
    shelf = Shelf(video())
    shelf.objects[staging_key(OWNER, UUID(int=1))] = 9
    with pytest.raises(SizeMismatch) as raised:
        await library(shelf).start_import(OWNER, UUID(int=1))
    assert raised.value.metadata == {"declared": str(len(WEBM)), "received": "9"}
    failed = await library(shelf).get(OWNER, UUID(int=1))
    assert failed.failure == Failure("SIZE_MISMATCH", raised.value.message)
    assert await library(shelf).start_import(OWNER, UUID(int=1)) == failed


async def test_who_comes_too_late_uploads_again() -> None:
    shelf = Shelf(video())
    shelf.objects[staging_key(OWNER, UUID(int=1))] = len(WEBM)
    shelf.now = NOW + timedelta(hours=1)
    with pytest.raises(UploadExpired):
        await library(shelf).start_import(OWNER, UUID(int=1))


async def test_somebody_elses_video_is_as_unknown_as_none() -> None:
    shelf = Shelf(video())
    shelf.objects[staging_key(OWNER, UUID(int=1))] = len(WEBM)
    said = set()
    for user_id, video_id in ((STRANGER, UUID(int=1)), (OWNER, uuid4())):
        for call in (library(shelf).get, library(shelf).start_import, library(shelf).delete):
            with pytest.raises(VideoNotFound) as raised:
                await call(user_id, video_id)
            said.add(raised.value.message.replace(str(video_id), "ID"))
    assert said == {"there is no video ID"}
    assert (len(shelf.videos), shelf.told) == (1, [])
    await library(shelf).delete(OWNER, UUID(int=1))
    assert (shelf.videos, shelf.told) == ({}, ["deleted"])
