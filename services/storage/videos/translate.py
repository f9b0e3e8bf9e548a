"""Videos: protobuf to domain and back."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from argus.storage.v1 import video_pb2

from services.runtime.pages import PageTokenError, decode_page_token, encode_page_token
from services.runtime.text import kept_label
from services.storage.object_keys import thumbnail_key, video_key
from services.storage.ports import Links
from services.storage.showing import RENDITION_TYPE
from services.storage.videos.model import DEFAULT_KEY_FRAMES, Video, VideoRequest, frame_id

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Place = tuple[datetime, UUID]


def video_request(message: video_pb2.CreateVideoUploadRequest) -> VideoRequest:
    """What the client declares."""
    return VideoRequest(
        filename=message.filename,
        content_type=message.content_type,
        size_bytes=message.size_bytes,
        sha256=message.sha256,
        labels={key: kept_label(value) for key, value in message.labels.items()},
        skip_existing=message.skip_existing,
        request_id=UUID(message.request_id) if message.request_id else None,
        max_key_frames=message.max_key_frames or DEFAULT_KEY_FRAMES,
    )


def video_message(video: Video, links: Links) -> video_pb2.Video:
    """A video's record, with links to what can be read of it."""
    message = video_pb2.Video(
        video_id=str(video.video_id),
        user_id=str(video.user_id),
        filename=video.filename,
        content_type=video.content_type,
        size_bytes=video.size_bytes,
        sha256=video.sha256,
        labels=video.labels,
        state=video.state.value,
        create_time=video.created_at,
        update_time=video.updated_at,
        width=video.width,
        height=video.height,
        codec=video.codec,
        shot_count=video.shots,
        key_frame_count=video.key_frames,
        progress=video.progress,
        damaged=video.damaged,
        max_key_frames=video.max_key_frames,
    )
    if video.failure is not None:
        message.failure.reason = video.failure.reason
        message.failure.message = video.failure.message
    if video.kept:
        message.duration.FromMicroseconds(video.duration_us)
        message.content_url = links.lasting(
            video_key(video.user_id, video.video_id),
            content_type=video.content_type,
            filename=video.filename,
        )
        first = thumbnail_key(video.user_id, frame_id(video.video_id, 0))
        message.thumbnail_url = links.lasting(first, content_type=RENDITION_TYPE)
        message.url_expire_time.FromDatetime(links.lasting_until())
    return message


def video_page_token(place: Place | None, user_id: UUID) -> str:
    """The token of the page after a video; empty if there is none."""
    if place is None:
        return ""
    created_us = (place[0] - EPOCH) // MICROSECOND
    return encode_page_token((created_us, place[1].hex), user_id.bytes, "videos")


def video_page_place(token: str, user_id: UUID) -> Place | None:
    """Where the page of a token begins; None for the first page.

    Raises:
        PageTokenError: It is not a token of this user's list.
    """
    if not token:
        return None
    created_us, video_id = decode_page_token(token, (int, str), user_id.bytes, "videos")
    try:
        return EPOCH + int(created_us) * MICROSECOND, UUID(hex=str(video_id))
    except (ValueError, OverflowError):
        raise PageTokenError("the page token is damaged") from None
