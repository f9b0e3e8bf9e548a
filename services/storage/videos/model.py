"""The domain of videos. Times are microseconds from a video's beginning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID, uuid5

from services.storage.model import Failure, Image
from services.storage.videos.bounds import Bounds

DEFAULT_KEY_FRAMES = 200


class VideoState(StrEnum):
    """Where a video is in its life."""

    PENDING = "PENDING"
    QUEUED = "QUEUED"
    IMPORTING = "IMPORTING"
    READY = "READY"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Video:
    """A video's record.

    Attributes:
        sha256: As declared, perhaps empty, until it is READY; verified then.
        max_key_frames: Most images that are made of it.
        duration_us: 0 until it is READY, as are `width`, `height`, `shots` and `key_frames`.
        codec: FFmpeg's name; empty until it is READY.
        progress: How much was looked at, 0 to 1.
        damaged: Whether something of it could not be decoded.
        attempts: How often its import was begun; each attempt is known by that number.
    """

    video_id: UUID
    user_id: UUID
    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    labels: Mapping[str, str]
    max_key_frames: int
    state: VideoState
    failure: Failure | None
    created_at: datetime
    updated_at: datetime
    put_expires_at: datetime
    expires_at: datetime
    duration_us: int = 0
    width: int = 0
    height: int = 0
    codec: str = ""
    shots: int = 0
    key_frames: int = 0
    progress: float = 0.0
    damaged: bool = False
    attempts: int = 0

    @property
    def kept(self) -> bool:
        """Whether its bytes and images are there."""
        return self.state is VideoState.READY


@dataclass(frozen=True, slots=True)
class VideoRequest:
    """What a client declares about a video that it will upload."""

    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    labels: Mapping[str, str]
    skip_existing: bool
    request_id: UUID | None
    max_key_frames: int


@dataclass(frozen=True, slots=True)
class VideoPage:
    """Videos, newest first."""

    videos: list[Video]
    next: tuple[datetime, UUID] | None
    """The last one of this page, if there are more."""


@dataclass(frozen=True, slots=True)
class CutLimits:
    """What taking a video apart may take.

    Attributes:
        bounds: Of what is decoded.
        memory_bytes: Address space of the process, where the system can bound it.
        most_s: Seconds of work.
    """

    bounds: Bounds
    memory_bytes: int
    most_s: float


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """The picture that stands for a shot."""

    file: Path
    """A JPEG."""
    at_us: int
    start_us: int
    """Where the shot begins."""
    end_us: int


@dataclass(frozen=True, slots=True)
class Cut:
    """What a video was found to be.

    Attributes:
        frames: In the order of their times, of the longest shots if there are too many.
        shots: How many there are.
    """

    width: int
    height: int
    duration_us: int
    codec: str
    shots: int
    damaged: bool
    frames: Sequence[KeyFrame]


@dataclass(frozen=True, slots=True)
class Imported:
    """What is recorded when a video has become images."""

    sha256: str
    cut: Cut
    images: Sequence[Image]


def frame_id(video_id: UUID, number: int) -> UUID:
    """The id of a video's image by its number from 0: the same in every attempt."""
    return uuid5(video_id, str(number))
