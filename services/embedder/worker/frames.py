"""Bytes between the service and a worker, over a stream socket.

A frame is a header of fixed length and `length` bytes of payload. The service
sends requests. The worker sends READY or UNAVAILABLE once, then exactly one
answer to each item, in any order.
"""

import json
import struct
from dataclasses import asdict, astuple, dataclass
from enum import IntEnum
from typing import NamedTuple, Self

from services.embedder.model import Box
from services.imaging.frame_stats import FrameStats

REQUEST = struct.Struct("<QIIBBhf?")
"""id, length, patch size, kind (`Kind`, or CANCEL), priority, place, patch scale, whether levels
are made standard. Payload: the item's data, unless it lies in a place of the arena."""

ANSWER = struct.Struct("<QIBBHHHHBxff")
"""id, length, answer kind, truncated, rows, columns, boxes, batch size, whether there are frame
statistics, prepare_s, model_s."""

ON_SOCKET = -1
"""Place of a request whose data follows it."""

CANCEL = 0
"""Kind of a request that takes an item back, if it is not under work yet."""

_BOX = struct.Struct("<4d")
_FRAME = struct.Struct("<7f")


class AnswerKind(IntEnum):
    """What an answer tells."""

    READY = 1
    """The model is loaded. Payload: `Ready` as JSON."""
    UNAVAILABLE = 2
    """It cannot be loaded. Payload: why, for an operator, in UTF-8."""
    EMBEDDED = 3
    """Payload: `Embedded.values`, then the boxes, then the frame statistics."""
    FAILED = 4
    """Payload: a `google.rpc.Status`."""
    DROPPED = 5
    """The item was cancelled before it was embedded."""


class Request(NamedTuple):
    """Header of a request."""

    id: int
    length: int
    patch_size: int
    kind: int
    priority: int
    place: int
    """Where the data lies in the arena; ON_SOCKET if it follows."""
    patch_scale: float = 0.0
    standard_levels: bool = False


class Answer(NamedTuple):
    """Header of an answer."""

    id: int
    length: int
    kind: int
    truncated: int = 0
    rows: int = 0
    columns: int = 0
    boxes: int = 0
    batch: int = 0
    """Items in the run of the model that gave this answer; told once for each run, else 0."""
    frame: int = 0
    """1 if frame statistics end the payload."""
    prepare_s: float = 0.0
    model_s: float = 0.0
    """How long that run took."""


@dataclass(frozen=True)
class Ready:
    """A loaded model, and how many items it wants to have at once."""

    runtime: str
    runtime_reason: str
    image_window: int
    """Most images of one priority that keep it busy."""
    text_window: int
    """Most texts of one priority that keep it busy."""

    def pack(self) -> bytes:
        """As a payload."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """From a payload."""
        return cls(**json.loads(payload))


def pack_boxes(boxes: tuple[Box, ...]) -> bytes:
    """Boxes as they follow the values of an answer."""
    return b"".join(_BOX.pack(box.left, box.top, box.right, box.bottom) for box in boxes)


def split_boxes(payload: bytes, count: int) -> tuple[bytes, tuple[Box, ...]]:
    """The values of an answer, and the boxes that follow them."""
    end = len(payload) - count * _BOX.size
    return payload[:end], tuple(Box(*corners) for corners in _BOX.iter_unpack(payload[end:]))


def pack_frame(frame: FrameStats | None) -> bytes:
    """Frame statistics as they end an answer."""
    return b"" if frame is None else _FRAME.pack(*astuple(frame))


def split_frame(payload: bytes) -> tuple[bytes, FrameStats]:
    """An answer without the frame statistics that end it, and these."""
    end = len(payload) - _FRAME.size
    return payload[:end], FrameStats(*_FRAME.unpack_from(payload, end))
