"""What a person does with videos."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from uuid import uuid4

import httpx
from argus.storage.v1 import image_pb2, video_pb2
from google.protobuf.duration_pb2 import Duration

from mesh.client.connection import PATIENCE_S, Connection
from mesh.client.names import printable
from mesh.client.paging import pages
from mesh.errors import MeshError

CONTENT_TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".avi": "video/x-msvideo",
    ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".ts": "video/mp2t",
    ".mts": "video/mp2t",
    ".m2ts": "video/mp2t",
    ".ogv": "video/ogg",
}
"""Media types by the ends of names; what is inside is looked at by the mesh."""

CHUNK_BYTES = 2**20
LOOK_EVERY_S = 0.5
STALL_S = 120.0
PAGE = 100

State = video_pb2.Video.State
Told = Callable[[str, float], None]
"""Told what is being done with a video, and how much of that is done, 0 to 1."""


def content_type_of(file: Path) -> str:
    """The media type that a video is declared as.

    Raises:
        MeshError: Its name has no end that is known.
    """
    found = CONTENT_TYPES.get(file.suffix.lower())
    if found is None:
        raise MeshError(
            f"`{printable(file.name)}` does not end as a video does.",
            f"Argus takes {' '.join(CONTENT_TYPES)}.",
        )
    return found


async def import_video(
    connection: Connection,
    file: Path,
    *,
    labels: Mapping[str, str],
    max_key_frames: int,
    wait: bool,
    told: Told,
) -> tuple[video_pb2.Video, bool]:
    """Uploads a video and has it imported; what it is then, and whether it is new.

    Args:
        connection: To the mesh.
        file: The video.
        labels: Given to each image of it.
        max_key_frames: Most images; 0 for what the mesh does.
        wait: Whether to wait until the import has ended.
        told: Told how far it is.

    Raises:
        MeshError: The file cannot be read or sent.
        grpc.aio.AioRpcError: The mesh does not take it.
    """
    content_type = content_type_of(file)
    try:
        size_bytes, sha256 = await asyncio.to_thread(_fingerprint, file, told)
    except OSError as error:
        raise MeshError(f"{printable(str(file))}: {error.strerror or error}", "") from error
    if not size_bytes:
        raise MeshError(f"{printable(str(file))} is empty.", "")
    request = video_pb2.CreateVideoUploadRequest(
        filename=printable(file.name),
        content_type=content_type,
        size_bytes=size_bytes,
        sha256=sha256,
        labels=labels,
        skip_existing=True,
        max_key_frames=max_key_frames,
        # Of this attempt: a repeated call reserves nothing more.
        request_id=str(uuid4()),
    )
    created = await connection.call(
        connection.videos.CreateVideoUpload, request, patience_s=PATIENCE_S
    )
    video = created.video
    is_new = created.HasField("upload")
    if is_new:
        await _put(connection, file, created.upload, size_bytes, told)
        begin = video_pb2.ImportVideoRequest(video_id=video.video_id)
        video = await connection.call(connection.videos.ImportVideo, begin, patience_s=PATIENCE_S)
    while wait and video.state not in {State.READY, State.FAILED}:
        told("importing", video.progress)
        await asyncio.sleep(LOOK_EVERY_S)
        video = await get_video(connection, video.video_id)
    return video, is_new


async def get_video(connection: Connection, video_id: str) -> video_pb2.Video:
    """One video."""
    request = video_pb2.GetVideoRequest(video_id=video_id)
    return await connection.call(connection.videos.GetVideo, request, patience_s=PATIENCE_S)


async def list_videos(connection: Connection, limit: int) -> list[video_pb2.Video]:
    """Videos, the newest first, at most so many."""
    request = video_pb2.ListVideosRequest(page_size=min(limit, PAGE))
    found: list[video_pb2.Video] = []
    async for page in pages(connection, connection.videos.ListVideos, request):
        found += page.videos
        if len(found) >= limit:
            break
    return found[:limit]


async def delete_video(connection: Connection, video_id: str) -> None:
    """Deletes a video and its images for good."""
    request = video_pb2.DeleteVideoRequest(video_id=video_id)
    await connection.call(connection.videos.DeleteVideo, request)


def at_text(time: Duration) -> str:
    """A moment of a video, such as `0:12.3` or `1:02:03.4`."""
    tenths = time.ToMilliseconds() // 100
    seconds, tenth = divmod(tenths, 10)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    lead = f"{hours}:{minutes:02}" if hours else str(minutes)
    return f"{lead}:{seconds:02}.{tenth}"


def _fingerprint(file: Path, told: Told) -> tuple[int, str]:
    size_bytes, digest, read = file.stat().st_size, hashlib.sha256(), 0
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK_BYTES):
            digest.update(chunk)
            read += len(chunk)
            told("reading", read / max(size_bytes, read))
    return read, digest.hexdigest()


async def _put(
    connection: Connection,
    file: Path,
    upload: image_pb2.PresignedRequest,
    size_bytes: int,
    told: Told,
) -> None:
    async def body() -> AsyncIterator[bytes]:
        sent = 0
        with file.open("rb") as opened:
            while chunk := await asyncio.to_thread(opened.read, CHUNK_BYTES):
                yield chunk
                sent += len(chunk)
                told("uploading", sent / size_bytes)

    headers = {**upload.headers, "content-length": str(size_bytes)}
    async with connection.http(timeout_s=STALL_S) as http:
        try:
            answer = await http.request(upload.method, upload.url, content=body(), headers=headers)
        except httpx.HTTPError as error:
            raise MeshError(
                f"The object store does not answer: {error!r}.", "Try again."
            ) from error
    if answer.is_error:
        raise MeshError(f"The object store answered {answer.status_code}.", "Try again.")
