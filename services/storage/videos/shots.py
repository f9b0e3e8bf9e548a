"""Finds the shots of a video and a key frame of each; runs FFmpeg over bytes of strangers.

Runs in a process of its own (`cutter.py`). What FFmpeg is let do: one demuxer, on an open file,
with no protocol, so that nothing in the bytes leads it to another file or address.

Cuts are found by FFmpeg's `scdet`: it compares each picture with the one before, and takes a jump
of that difference for a cut, so that motion which goes on is none. Dissolves and fades are not
found: they are part of one of their two shots.
"""

import heapq
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
from av.error import FFmpegError
from av.filter import Graph
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image

from services.storage.videos.bounds import Bounds

SMALL = (320, 180)
"""Width and height of what is compared."""

CUT_SCORE = 10.0
"""Percent of the range of values by which a difference jumps at a cut; `scdet`'s default."""

SHORTEST_SHOT_US = 400_000
"""Cuts that follow sooner are flashes, and none."""

SAMPLE_EVERY_US = 200_000
"""How often a picture is looked at as a key frame."""

SETTLE_US = 100_000
"""Pictures sooner after a cut are often coded coarsely, and count half."""

JPEG_QUALITY = 92
TELL_EVERY_S = 1.0
LOST_END_US = 1_000_000
"""A video that ends so much before its declared end lost something."""

_MOST_SIDE = 65_500
"""Longest side of a JPEG."""

_TICKS = 1_000_000


class Unusable(Exception):
    """A video cannot be used.

    Attributes:
        reason: One of the documented reasons.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(slots=True)
class Shot:
    """A run of pictures without a cut, as far as it was seen."""

    start_us: int
    next_look_us: int = 0
    score: float = -1.0
    best: VideoFrame | None = None
    at_us: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """A shot whose key frame is a file."""

    name: str
    at_us: int
    start_us: int
    end_us: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a video is; see `Cut`."""

    width: int
    height: int
    duration_us: int
    codec: str
    shots: int
    damaged: bool
    kept: list[Kept]


def take_apart(
    file: BinaryIO,
    folder: Path,
    *,
    demuxer: str,
    most: int,
    bounds: Bounds,
    tell: Callable[[float], None],
) -> Found:
    """Finds shots and writes key frames as JPEGs.

    Args:
        file: The video, open for reading.
        folder: Where key frames go.
        demuxer: FFmpeg's name of what reads the file.
        most: Most key frames; of more shots the longest have one.
        bounds: What is taken.
        tell: Told about every second how much was looked at, 0 to 1.

    Raises:
        Unusable: The video cannot be used.
        MemoryError: It takes more memory than there is.
    """
    try:
        opened = av.open(
            file,
            mode="r",
            format=demuxer,
            options={"format_whitelist": demuxer_names(demuxer), "protocol_whitelist": ""},
            metadata_errors="ignore",
        )
    except FFmpegError as error:
        raise Unusable("VIDEO_UNREADABLE", "the bytes are no whole video") from error
    with opened as container:
        return _Reader(container, folder, most=most, bounds=bounds, tell=tell).read()


def demuxer_names(demuxer: str) -> str:
    """All names that FFmpeg knows a demuxer by: a list of what is allowed compares them whole."""
    return {"mov": "mov,mp4,m4a,3gp,3g2,mj2", "matroska": "matroska,webm"}.get(demuxer, demuxer)


class _Reader:
    """One pass over a video."""

    def __init__(
        self,
        container: Any,  # noqa: ANN401 - PyAV's
        folder: Path,
        *,
        most: int,
        bounds: Bounds,
        tell: Callable[[float], None],
    ) -> None:
        self._container = container
        self._bounds = bounds
        self._tell = tell
        self._stream = _pictures(container, bounds.threads)
        self._declared_us = _declared_us(container, self._stream)
        if self._declared_us > bounds.max_us:
            raise _too_long(bounds.max_us)
        self._files = _KeyFrames(folder, most)
        self._begins_us = container.start_time or 0
        rate = self._stream.average_rate or self._stream.guessed_rate
        self._usual_us = int(_TICKS / rate) if rate else 40_000
        self._damaged = False
        self._told_at = time.monotonic()

    def read(self) -> Found:
        cuts, shot, shots = _Cuts(), Shot(0), 0
        width = height = 0
        at_us = end_us = -1
        for frame in self._frames():
            at_us = self._time_of(frame, at_us, end_us)
            if at_us > self._bounds.max_us:
                raise _too_long(self._bounds.max_us)
            if not width:
                width, height = self._size_of(frame)
            small = _small(frame)
            is_cut = cuts.between(small)
            if not shots:
                shots, shot = 1, Shot(at_us)
            elif is_cut and at_us - shot.start_us >= SHORTEST_SHOT_US:
                self._files.add(shot, at_us)
                shots, shot = shots + 1, Shot(at_us)
            _consider(shot, frame, small, at_us)
            end_us = at_us + self._lasts_us(frame)
            self._say(end_us)
        if not shots:
            raise Unusable("VIDEO_UNREADABLE", "none of its pictures can be decoded")
        self._files.add(shot, end_us)
        lost_us = max(LOST_END_US, self._declared_us // 50)
        return Found(
            width,
            height,
            end_us,
            self._stream.codec_context.codec.canonical_name,
            shots,
            self._damaged or end_us + lost_us < self._declared_us,
            self._files.in_order(),
        )

    def _frames(self) -> Iterator[VideoFrame]:
        """All pictures that can be decoded; notes when some cannot."""
        packets = self._container.demux(self._stream)
        ended = False
        while not ended:
            try:
                packet = next(packets, None)
                frames = self._stream.decode(packet)
                # An empty packet is the last one, and has what the decoder still held.
                ended = packet is None or packet.size == 0
            except MemoryError:
                raise
            except (EOFError, StopIteration):
                return
            except FFmpegError:
                self._damaged = True
                if packet is None or packet.size == 0:
                    return
                continue
            for frame in frames:
                self._damaged |= frame.is_corrupt
                yield frame

    def _time_of(self, frame: VideoFrame, before_us: int, end_us: int) -> int:
        """When a picture is shown; never before the one that was decoded before it."""
        if frame.pts is None or frame.time_base is None:
            return max(end_us, 0)
        at_us = int(frame.pts * frame.time_base * _TICKS) - self._begins_us
        return max(at_us, before_us, 0)

    def _lasts_us(self, frame: VideoFrame) -> int:
        if frame.duration and frame.time_base:
            return int(frame.duration * frame.time_base * _TICKS)
        return self._usual_us

    def _size_of(self, frame: VideoFrame) -> tuple[int, int]:
        """Width and height as seen.

        Raises:
            Unusable: They are not taken.
        """
        width, height = seen_size(frame, self._stream.sample_aspect_ratio)
        least, most = self._bounds.min_side, self._bounds.max_pixels
        if min(width, height) < least:
            message = f"its pictures have {width} × {height} pixels; each side needs {least}"
            raise Unusable("IMAGE_TOO_SMALL", message)
        if width * height > most or max(width, height) > _MOST_SIDE:
            message = f"its pictures have {width} × {height} pixels; at most {most} are taken"
            raise Unusable("TOO_MANY_PIXELS", message)
        self._files.show(self._stream.sample_aspect_ratio)
        return width, height

    def _say(self, at_us: int) -> None:
        now = time.monotonic()
        if now - self._told_at >= TELL_EVERY_S:
            self._told_at = now
            whole = self._declared_us or self._bounds.max_us
            self._tell(min(1.0, at_us / whole))


class _Cuts:
    """FFmpeg's `scdet` over small pictures, all of one size, whatever the video does."""

    def __init__(self) -> None:
        self._graph = Graph()
        width, height = SMALL
        source = self._graph.add(
            "buffer", f"video_size={width}x{height}:pix_fmt=rgb24:time_base=1/1000:pixel_aspect=1/1"
        )
        detector = self._graph.add("scdet", f"threshold={CUT_SCORE}")
        sink = self._graph.add("buffersink")
        source.link_to(detector)
        detector.link_to(sink)
        self._graph.configure()
        self._count = 0

    def between(self, small: NDArray[np.uint8]) -> bool:
        """Whether there is a cut between this picture and the one before."""
        frame = VideoFrame.from_ndarray(small, format="rgb24")
        frame.pts = self._count
        self._count += 1
        self._graph.push(frame)
        return "lavfi.scd.time" in self._graph.pull().metadata


class _KeyFrames:
    """The key frames of the longest shots, as files."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most
        self._kept: list[tuple[int, int, Kept]] = []
        self._seen = 0
        self._aspect: Any = None

    def show(self, aspect: Any) -> None:  # noqa: ANN401 - a fraction, or None
        """Says which shape pixels have."""
        self._aspect = aspect

    def add(self, shot: Shot, end_us: int) -> None:
        """Keeps a shot's key frame, if the shot is among the longest."""
        number, lasts_us = self._seen, end_us - shot.start_us
        self._seen += 1
        full = len(self._kept) >= self._most
        if shot.best is None or (full and self._kept[0][0] >= lasts_us):
            return
        kept = Kept(f"{number}.jpg", shot.at_us, shot.start_us, end_us)
        picture = upright(shot.best, self._aspect)
        picture.save(self._folder / kept.name, "JPEG", quality=JPEG_QUALITY)
        # Of equally long ones the earlier stays.
        if full:
            _, _, dropped = heapq.heapreplace(self._kept, (lasts_us, -number, kept))
            (self._folder / dropped.name).unlink()
        else:
            heapq.heappush(self._kept, (lasts_us, -number, kept))

    def in_order(self) -> list[Kept]:
        """In the order of their times."""
        return [kept for _, _, kept in sorted(self._kept, key=lambda one: -one[1])]


def _small(frame: VideoFrame) -> NDArray[np.uint8]:
    """A picture of `SMALL`: height × width × 3."""
    return np.asarray(frame.reformat(*SMALL, format="rgb24").to_ndarray(), np.uint8)


def _consider(shot: Shot, frame: VideoFrame, small: NDArray[np.uint8], at_us: int) -> None:
    """Takes a picture for the shot's key frame if it is the sharpest so far."""
    if shot.best is not None and at_us < shot.next_look_us:
        return
    shot.next_look_us = at_us + SAMPLE_EVERY_US
    settled = at_us - shot.start_us >= SETTLE_US
    if not settled:
        shot.next_look_us = shot.start_us + SETTLE_US
    score = sharpness(small) * (1.0 if settled else 0.5)
    if score > shot.score:
        shot.score, shot.best, shot.at_us = score, frame, at_us


def sharpness(picture: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian of a picture's brightness (height × width × 3)."""
    grey = picture.astype(np.float32).mean(axis=2)
    laplacian = (
        4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]
    )
    return float(laplacian.var())


def seen_size(frame: VideoFrame, aspect: Any) -> tuple[int, int]:  # noqa: ANN401 - a fraction, or None
    """Width and height of a picture as seen: with square pixels, turned."""
    width = max(1, round(frame.width * (aspect or 1)))
    return (frame.height, width) if frame.rotation % 180 else (width, frame.height)


def upright(frame: VideoFrame, aspect: Any) -> Image.Image:  # noqa: ANN401 - a fraction, or None
    """A picture as it is seen."""
    picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
    width = max(1, round(frame.width * (aspect or 1)))
    if width != picture.width:
        picture = picture.resize((width, picture.height), Image.Resampling.BICUBIC)
    # The display matrix turns counter-clockwise, as Pillow does.
    return picture.rotate(frame.rotation, expand=True) if frame.rotation else picture


def _pictures(container: Any, threads: int) -> Any:  # noqa: ANN401 - PyAV's
    """The stream of pictures, ready to be decoded.

    Raises:
        Unusable: There is none, or none that can be decoded.
    """
    streams = [one for one in container.streams.video if not _is_cover(one)]
    if not streams:
        raise Unusable("VIDEO_UNREADABLE", "it has no pictures, only sound or data")
    stream = streams[0]
    if stream.codec_context is None:
        raise Unusable("VIDEO_CODEC_UNSUPPORTED", "its pictures are coded in an unknown way")
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = threads
    return stream


def _is_cover(stream: Any) -> bool:  # noqa: ANN401 - PyAV's
    """Whether it is one picture beside the sound, such as an album's."""
    return bool(stream.disposition & stream.disposition.attached_pic)


def _declared_us(container: Any, stream: Any) -> int:  # noqa: ANN401 - PyAV's
    """How long the file says that its pictures last; 0 if it does not."""
    if stream.duration and stream.time_base:
        return int(stream.duration * stream.time_base * _TICKS)
    return int(container.duration or 0)


def _too_long(max_us: int) -> Unusable:
    return Unusable("VIDEO_TOO_LONG", f"it lasts longer than {max_us // _TICKS} seconds")
