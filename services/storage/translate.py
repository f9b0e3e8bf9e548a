"""Protobuf to domain and back."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from argus.storage.v1 import image_pb2, ingest_pb2, upload_pb2

from services.imaging.capture import Capture
from services.imaging.decode import ImageLimits
from services.imaging.formats import CONTENT_TYPES
from services.runtime.downloads import download_headers
from services.runtime.errors import InvalidRequest
from services.runtime.filters import Filter, parse_filter
from services.runtime.pages import PageTokenError, decode_page_token, encode_page_token
from services.runtime.text import kept_filter, kept_label
from services.runtime.validation import validate_request
from services.storage.allowance import Allowance, Usage
from services.storage.arrival import Chunk
from services.storage.editing import Update, etag_of
from services.storage.filenames import MAX_FILENAME_CHARACTERS, content_disposition
from services.storage.filter_sql import FILTER_FIELDS
from services.storage.import_stream import Part
from services.storage.model import (
    Fingerprint,
    Image,
    ImageState,
    LabelKey,
    Listing,
    Month,
    PagePosition,
    PresignedPut,
    Standing,
    UploadRequest,
)
from services.storage.ports import Links
from services.storage.showing import (
    Shown,
    content_of,
    display_of,
    preview_of,
    thumbnail_of,
    thumbnail_size,
)
from services.storage.taking_over import MAX_LABELS
from services.storage.watching import Told

MAX_ITEM_ID = 128
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Limits = ingest_pb2.GetLimitsResponse

_READABLE = frozenset({ImageState.UPLOADED, ImageState.INDEXED})


def upload_request(message: image_pb2.CreateUploadRequest | upload_pb2.UploadSpec) -> UploadRequest:
    """What the client declares of an image, whichever way its bytes come."""
    return UploadRequest(
        filename=message.filename,
        content_type=message.content_type,
        size_bytes=message.size_bytes,
        sha256=message.sha256,
        labels={key: kept_label(value) for key, value in message.labels.items()},
        skip_existing=message.skip_existing,
        request_id=UUID(message.request_id) if message.request_id else None,
        note=message.note,
        keep_location=message.keep_location,
        take_description=message.take_description,
    )


def chunk_of(message: upload_pb2.UploadChunk) -> Chunk:
    """Some bytes that the client sends."""
    return Chunk(message.offset, message.data, message.crc32c)


def import_part(message: upload_pb2.ImportImagesRequest) -> Part:
    """What a message brings of an item; what is wrong with it breaks no other item."""
    try:
        validate_request(message)
    except InvalidRequest as error:
        # Of whatever length: it is told in the answer.
        return Part(message.item_id[:MAX_ITEM_ID], wrong=error)
    return Part(
        message.item_id,
        upload_request(message.spec) if message.HasField("spec") else None,
        chunk_of(message.chunk) if message.HasField("chunk") else None,
        message.finish.sha256.lower() if message.HasField("finish") else None,
    )


def image_message(image: Image, links: Links | None) -> image_pb2.Image:
    """An image's record, with links to what can be read of it, unless they are left out."""
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
        update_time=image.updated_at,
        etag=etag_of(image),
        thumbhash=image.thumbhash,
        note=image.note,
        page_count=image.page_count,
    )
    if image.capture is not None:
        message.capture.CopyFrom(capture_message(image.capture))
        if image.capture.location is not None:
            message.capture.location.latitude = image.capture.location.latitude
            message.capture.location.longitude = image.capture.location.longitude
    if image.state in _READABLE and links is not None:
        message.thumbnail_url = _url(thumbnail_of(image), image, links)
        message.preview_url = _url(preview_of(image), image, links)
        message.url_expire_time.FromDatetime(links.lasting_until())
        if image.deleted_at is None:
            message.content_url = _url(content_of(image), image, links)
            message.display_url = _url(display_of(image), image, links)
    if image.failure is not None:
        message.failure.reason = image.failure.reason
        message.failure.message = image.failure.message
    if image.deleted_at is not None:
        message.delete_time.FromDatetime(image.deleted_at)
    if image.purge_at is not None:
        message.purge_time.FromDatetime(image.purge_at)
    if image.video is not None:
        message.video.video_id = str(image.video.video_id)
        message.video.filename = image.video.filename
        message.video.timestamp.FromMicroseconds(image.video.at_us)
        message.video.shot_start.FromMicroseconds(image.video.start_us)
        message.video.shot_end.FromMicroseconds(image.video.end_us)
    return message


def capture_message(capture: Capture) -> image_pb2.Capture:
    """How an image was taken, without the place."""
    message = image_pb2.Capture(
        camera=capture.camera,
        lens=capture.lens,
        exposure_time_s=capture.exposure_time_s or 0,
        f_number=capture.f_number or 0,
        iso=capture.iso or 0,
        focal_length_mm=capture.focal_length_mm or 0,
        focal_length_35mm=capture.focal_length_35mm or 0,
        flash=capture.flash,
    )
    if capture.time is not None:
        message.time.FromDatetime(capture.time)
    if capture.utc_offset is not None:
        message.utc_offset.FromTimedelta(capture.utc_offset)
    return message


def usage_message(usage: Usage, most: Usage) -> image_pb2.Usage:
    """How much somebody has, and may have."""
    return image_pb2.Usage(
        image_count=usage.images,
        size_bytes=usage.size_bytes,
        max_image_count=most.images,
        max_size_bytes=most.size_bytes,
    )


def standing_message(standing: Standing) -> ingest_pb2.ImageStanding:
    """Whether an image is there, for another service."""
    return ingest_pb2.ImageStanding(
        image_id=str(standing.image_id),
        user_id=str(standing.user_id or ""),
        exists=standing.exists,
        kept=standing.kept,
        indexed=standing.indexed,
        change_time=standing.changed_at,
        event_waiting=standing.event_waiting,
    )


def preview_message(image: Image, links: Links) -> image_pb2.ImagePreview:
    """What is needed to show a kept image."""
    return image_pb2.ImagePreview(
        image_id=str(image.image_id),
        filename=image.filename,
        width=image.width,
        height=image.height,
        thumbnail_url=_url(thumbnail_of(image), image, links),
        preview_url=_url(preview_of(image), image, links),
        display_url=_url(display_of(image), image, links),
        thumbhash=image.thumbhash,
        url_expire_time=links.lasting_until(),
    )


def foreign_preview_message(image: Image, links: Links) -> image_pb2.ImagePreview:
    """What is needed to show a kept image to somebody else than its owner: its thumbnail alone."""
    thumbnail = _url(thumbnail_of(image), image, links)
    width, height = thumbnail_size(image)
    return image_pb2.ImagePreview(
        image_id=str(image.image_id),
        width=width,
        height=height,
        thumbnail_url=thumbnail,
        preview_url=thumbnail,
        display_url=thumbnail,
        thumbhash=image.thumbhash,
        url_expire_time=links.lasting_until(),
    )


def _url(shown: Shown, image: Image, links: Links) -> str:
    """A link to an object; what was uploaded keeps its name."""
    name = image.filename if shown.original else ""
    return links.lasting(shown.key, content_type=shown.content_type, filename=name)


def body_tag(image: Image, side: int = 0) -> str:
    """The entity tag of an image's bytes, or of its rendition."""
    return f'"{image.sha256[:32]}{f"-{side}" if side else ""}"'


def is_known(tag: str, if_none_match: str) -> bool:
    """Whether a client has the bytes of a tag already, as RFC 9110 (13.1.2) has it."""
    known = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return "*" in known or tag in known


def body_headers(
    tag: str, name: str, *, known: bool, part: str = ""
) -> tuple[tuple[str, str], ...]:
    """HTTP headers of what was uploaded, or was made of it.

    Args:
        tag: Of the bytes.
        name: What they are saved as.
        known: Whether the client has them already; the edge answers 304 then.
        part: Which of them are sent, as `content-range` has it; empty if all. Otherwise the edge
            answers 206.
    """
    return (
        *((("x-argus-not-modified", "1"),) if known else ()),
        *((("x-argus-partial", "1"), ("content-range", part)) if part else ()),
        ("etag", tag),
        ("cache-control", "private, max-age=3600, immutable"),
        ("content-disposition", content_disposition(name)),
        *download_headers(),
    )


def update_of(message: image_pb2.UpdateImageRequest) -> Update:
    """What the client changes of an image."""
    return Update(
        filename=message.image.filename,
        labels=dict(message.image.labels),
        paths=list(message.update_mask.paths),
        etag=message.image.etag,
        note=message.image.note,
        location_given=message.image.capture.HasField("location"),
    )


def listing_of(message: image_pb2.ListImagesRequest) -> Listing:
    """Which images the client lists."""
    field, _, direction = message.order_by.partition(" ")
    return Listing(
        filter_of(message.filter),
        oldest_first=direction == "asc",
        by_capture=field == "capture_time",
        deleted=message.deleted,
    )


def filter_of(text: str) -> Filter | None:
    """A filter of images, its values in the form in which they are kept."""
    return kept_filter(parse_filter(text, FILTER_FIELDS))


def month_message(month: Month) -> image_pb2.ImageMonth:
    """How many images a month has."""
    return image_pb2.ImageMonth(
        year=month.year,
        month=month.month,
        image_count=month.image_count,
        start_time=month.begins_at,
        end_time=month.ends_at,
    )


def label_message(key: LabelKey) -> image_pb2.LabelKey:
    """A key and its values, with how many images have them."""
    return image_pb2.LabelKey(
        key=key.key,
        image_count=key.image_count,
        value_count=key.value_count,
        values=[
            image_pb2.LabelValue(value=value, image_count=count) for value, count in key.values
        ],
    )


def watch_message(told: Told, links: Links) -> image_pb2.WatchImagesResponse:
    """What a watcher is told."""
    message = image_pb2.WatchImagesResponse(cursor=told.cursor)
    if told.change is None:
        message.checkpoint.SetInParent()
    elif told.change.image is None:
        message.deleted_image_id = str(told.change.image_id)
    else:
        message.image.CopyFrom(image_message(told.change.image, links))
    return message


def upload_progress_message(
    image: Image, persisted_bytes: int, links: Links
) -> image_pb2.GetUploadResponse:
    """How far an upload has come."""
    message = image_pb2.GetUploadResponse(
        image=image_message(image, links), persisted_bytes=persisted_bytes
    )
    if image.state is ImageState.PENDING:
        message.expire_time.FromDatetime(image.expires_at)
    return message


def limits_message(
    limits: ImageLimits, grace: timedelta, upload_ttl: timedelta, allowance: Allowance
) -> Limits:
    """What storage takes."""
    return Limits(
        max_image_bytes=limits.max_bytes,
        max_pixels=limits.max_pixels,
        min_side=limits.min_side,
        content_types=sorted(CONTENT_TYPES),
        max_labels=MAX_LABELS,
        max_label_key_length=63,
        max_label_value_length=255,
        max_filename_length=MAX_FILENAME_CHARACTERS,
        max_batch_images=500,
        max_batch_uploads=100,
        undelete_grace=grace,
        upload_time=upload_ttl,
        max_pending_uploads=allowance.pending.images,
        max_user_images=allowance.kept.images,
        max_user_bytes=allowance.kept.size_bytes,
    )


def presigned_message(put: PresignedPut, content_type: str) -> image_pb2.PresignedRequest:
    """Where the bytes go."""
    return image_pb2.PresignedRequest(
        url=put.url,
        method="PUT",
        headers={"content-type": content_type},
        expire_time=put.expires_at,
    )


def content_message(image: Image, url: str, content: bytes = b"") -> ingest_pb2.ImageContent:
    """Where an image's bytes are, for the indexer."""
    capture = image.capture
    return ingest_pb2.ImageContent(
        image_id=str(image.image_id),
        user_id=str(image.user_id),
        url=url,
        sha256=image.sha256,
        size_bytes=image.size_bytes,
        content_type=image.content_type,
        filename=image.filename,
        labels=image.labels,
        create_time=image.created_at,
        width=image.width,
        height=image.height,
        was_indexed=image.was_indexed,
        note=image.note,
        capture=None if capture is None else capture_message(capture),
        data=content,
    )


def listing_words(message: image_pb2.ListImagesRequest) -> tuple[str, ...]:
    """What a page token of a list belongs to, beside the user."""
    words = [message.filter]
    if message.order_by not in {"", "create_time", "create_time desc"}:
        words.append(message.order_by.removesuffix(" desc"))
    if message.deleted:
        words.append("deleted")
    return tuple(words)


def fingerprints_message(
    page: Sequence[Fingerprint], next_page_token: str
) -> ingest_pb2.ListFingerprintsResponse:
    """Fingerprints as a message, packed."""
    return ingest_pb2.ListFingerprintsResponse(
        image_ids=b"".join(one.image_id.bytes for one in page),
        sha256s=b"".join(one.sha256 for one in page),
        phashes=b"".join(one.phash or bytes(8) for one in page),
        pixel_counts=[one.pixel_count for one in page],
        sizes_bytes=[one.size_bytes for one in page],
        next_page_token=next_page_token,
    )


def page_token(position: PagePosition | None, user_id: UUID, *query: str) -> str:
    """The token of the page after a position; empty if there is none."""
    if position is None:
        return ""
    # Whole microseconds, which PostgreSQL counts as well; a float would round.
    at_us = (position.at - EPOCH) // MICROSECOND
    return encode_page_token((at_us, position.image_id.hex), user_id.bytes, *query)


def page_position(token: str, user_id: UUID, *query: str) -> PagePosition | None:
    """Where the page of a token begins; None for the first page.

    Raises:
        PageTokenError: It is not a token of this user's list with this query.
    """
    if not token:
        return None
    at_us, image_id = decode_page_token(token, (int, str), user_id.bytes, *query)
    try:
        return PagePosition(EPOCH + int(at_us) * MICROSECOND, UUID(hex=str(image_id)))
    except (ValueError, OverflowError):
        raise PageTokenError("the page token is damaged") from None
