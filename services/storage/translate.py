"""Protobuf to domain and back."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from argus.storage.v1 import image_pb2, ingest_pb2

from services.runtime.pages import PageTokenError, decode_page_token, encode_page_token
from services.runtime.text import kept_label
from services.storage.model import Image, ImageState, PagePosition, PresignedPut, UploadRequest
from services.storage.object_keys import content_key, thumbnail_key
from services.storage.ports import Links

LINK_TTL = timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_READABLE = frozenset({ImageState.UPLOADED, ImageState.INDEXED})


def upload_request(message: image_pb2.CreateUploadRequest) -> UploadRequest:
    """What the client declares."""
    return UploadRequest(
        filename=message.filename,
        content_type=message.content_type,
        size_bytes=message.size_bytes,
        sha256=message.sha256,
        labels={key: kept_label(value) for key, value in message.labels.items()},
        skip_existing=message.skip_existing,
        request_id=UUID(message.request_id) if message.request_id else None,
    )


def image_message(image: Image, links: Links) -> image_pb2.Image:
    """An image's record, with links to its bytes if they can be read."""
    message = image_pb2.Image(
        image_id=str(image.image_id),
        user_id=str(image.user_id),
        filename=image.filename,
        content_type=image.content_type,
        width=image.width,
        height=image.height,
        size_bytes=image.size_bytes,
        sha256=image.sha256,
        phash=image.phash,
        labels=image.labels,
        state=image.state.value,
        create_time=image.created_at,
    )
    if image.state in _READABLE:
        message.content_url = links.get(
            content_key(image.user_id, image.image_id),
            LINK_TTL,
            content_type=image.content_type,
            filename=image.filename,
        )
        message.thumbnail_url = links.get(thumbnail_key(image.user_id, image.image_id), LINK_TTL)
    if image.failure is not None:
        message.failure.reason = image.failure.reason
        message.failure.message = image.failure.message
    return message


def presigned_message(put: PresignedPut, content_type: str) -> image_pb2.PresignedRequest:
    """Where the bytes go."""
    return image_pb2.PresignedRequest(
        url=put.url,
        method="PUT",
        headers={"content-type": content_type},
        expire_time=put.expires_at,
    )


def content_message(image: Image, url: str) -> ingest_pb2.ImageContent:
    """Where an image's bytes are, for the indexer."""
    return ingest_pb2.ImageContent(
        image_id=str(image.image_id),
        user_id=str(image.user_id),
        url=url,
        sha256=image.sha256,
        size_bytes=image.size_bytes,
        content_type=image.content_type,
        filename=image.filename,
        labels=image.labels,
    )


def page_token(position: PagePosition | None, user_id: UUID, filter_text: str) -> str:
    """The token of the page after a position; empty if there is none."""
    if position is None:
        return ""
    # Whole microseconds, which PostgreSQL counts as well; a float would round.
    created_us = (position.created_at - EPOCH) // MICROSECOND
    return encode_page_token((created_us, position.image_id.hex), user_id.bytes, filter_text)


def page_position(token: str, user_id: UUID, filter_text: str) -> PagePosition | None:
    """Where the page of a token begins; None for the first page.

    Raises:
        PageTokenError: It is not a token of this user's list with this filter.
    """
    if not token:
        return None
    created_us, image_id = decode_page_token(token, (int, str), user_id.bytes, filter_text)
    try:
        return PagePosition(EPOCH + int(created_us) * MICROSECOND, UUID(hex=str(image_id)))
    except (ValueError, OverflowError):
        raise PageTokenError("the page token is damaged") from None
