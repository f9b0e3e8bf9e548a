"""Ids, shapes and times as the contract has them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from argus.inspection.v1 import inspection_pb2 as pb
from argus.storage.v1.image_pb2 import ImagePreview
from argus.type.v1 import geometry_pb2
from google.protobuf import duration_pb2, timestamp_pb2
from google.protobuf.message import Message
from google.type import date_pb2

from services.inspection.model import Box, Polygon
from services.inspection.verdict.intervals import Proportion
from services.runtime.pages import PageTokenError

Shown = Mapping[str, ImagePreview]
"""What shows images, by their ids."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def canonical(identifier: str) -> str:
    """A UUID in its usual form; empty stays empty."""
    return str(UUID(identifier)) if identifier else ""


def canonical_all(identifiers: Sequence[str]) -> list[str]:
    """UUIDs in their usual form."""
    return [str(UUID(identifier)) for identifier in identifiers]


def box_message(box: Box) -> geometry_pb2.Box:
    """A box."""
    return geometry_pb2.Box(left=box.left, top=box.top, right=box.right, bottom=box.bottom)


def polygon_message(polygon: Polygon) -> geometry_pb2.Polygon:
    """A polygon."""
    return geometry_pb2.Polygon(points=point_messages(polygon))


def polygons_from(messages: Iterable[geometry_pb2.Polygon]) -> tuple[Polygon, ...]:
    """Polygons by their corners."""
    return tuple(tuple((corner.x, corner.y) for corner in one.points) for one in messages)


def point_messages(polygon: Polygon) -> list[geometry_pb2.Point]:
    """A polygon's corners."""
    return [geometry_pb2.Point(x=x, y=y) for x, y in polygon]


def share_message(share: Proportion | None) -> pb.Proportion | None:
    """A share with its interval; None if there is none."""
    if share is None:
        return None
    return pb.Proportion(value=share.value, low=share.low, high=share.high)


def moment_of(microseconds: int) -> datetime:
    """A moment by its microseconds since 1970."""
    try:
        return datetime.fromtimestamp(microseconds // 10**6, UTC).replace(
            microsecond=microseconds % 10**6
        )
    except (ValueError, OverflowError, OSError):
        raise PageTokenError("the page token is damaged") from None


def duration_message(seconds: float) -> duration_pb2.Duration:
    """A duration."""
    message = duration_pb2.Duration()
    message.FromMicroseconds(round(1e6 * seconds))
    return message


def date_message(day: date) -> date_pb2.Date:
    """A day."""
    return date_pb2.Date(year=day.year, month=day.month, day=day.day)


def moment_from(message: Message, field: str) -> datetime | None:
    """A time that a request may name; None if it does not."""
    if not message.HasField(field):
        return None
    time: timestamp_pb2.Timestamp = getattr(message, field)
    return EPOCH + timedelta(microseconds=time.ToMicroseconds())


def time_message(time: datetime) -> timestamp_pb2.Timestamp:
    """A time."""
    message = timestamp_pb2.Timestamp()
    message.FromDatetime(time)
    return message
