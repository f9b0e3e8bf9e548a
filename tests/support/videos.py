"""Small videos, made as a test needs them."""

import io
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

RATE = 10
"""Pictures a second, unless a test says otherwise."""

_CODECS = {
    "mp4": "libx264",
    "webm": "libvpx",
    "avi": "mpeg4",
    "mpegts": "libx264",
    "ogg": "libtheora",
}


def scene(seed: int, size: tuple[int, int] = (160, 96)) -> Pixels:
    """A picture of coloured tiles, of width × height, different for each seed."""
    width, height = size
    tiles = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return np.kron(tiles, np.ones((height // 6, width // 8, 1), np.uint8)).astype(np.uint8)


def moving(seed: int, count: int, size: tuple[int, int] = (160, 96)) -> list[Pixels]:
    """A shot: a scene that moves to the side."""
    picture = scene(seed, size)
    return [np.roll(picture, 2 * number, axis=1) for number in range(count)]


def shots(*lengths: int, seed: int = 0, size: tuple[int, int] = (160, 96)) -> list[Pixels]:
    """Shots of so many pictures, cut hard one after the other."""
    return [
        picture
        for number, length in enumerate(lengths)
        for picture in moving(seed * 100 + number, length, size)
    ]


def encoded_video(
    pictures: Sequence[Pixels],
    *,
    kind: str = "webm",
    codec: str = "",
    rate: int = RATE,
    times_ms: Sequence[int] = (),
    with_sound: bool = False,
) -> bytes:
    """A video file.

    Args:
        pictures: Height × width × 3 each, of one size.
        kind: FFmpeg's name of the container.
        codec: FFmpeg's name; one that is usual in the container if empty.
        rate: Pictures a second.
        times_ms: When each is shown, instead of at that rate.
        with_sound: Whether a second of silence is beside them.
    """
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        if pictures:
            _add_pictures(container, pictures, codec or _CODECS[kind], rate, times_ms)
        if with_sound:
            _add_sound(container)
    return file.getvalue()


def _add_pictures(
    container: Any,
    pictures: Sequence[Pixels],
    codec: str,
    rate: int,
    times_ms: Sequence[int],
) -> None:
    stream = container.add_stream(codec, rate=rate)
    height, width, _ = pictures[0].shape
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    if times_ms:
        stream.codec_context.time_base = Fraction(1, 1000)
    for number, picture in enumerate(pictures):
        frame = cast("Any", av.VideoFrame).from_ndarray(picture, format="rgb24")
        if times_ms:
            frame.pts, frame.time_base = times_ms[number], Fraction(1, 1000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def _add_sound(container: Any) -> None:
    stream = container.add_stream("libopus", rate=48_000)
    stream.layout = "mono"
    silence = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.int16), "s16", "mono")
    silence.sample_rate = 48_000
    silence.pts = 0
    container.mux(stream.encode(silence))
    container.mux(stream.encode())


def turned(mp4: bytes) -> bytes:
    """An MP4 whose pictures are to be shown a quarter turned clockwise, as telephones write it."""
    one = (1 << 16).to_bytes(4, "big")
    minus = (-1 << 16).to_bytes(4, "big", signed=True)
    zero, last = bytes(4), (1 << 30).to_bytes(4, "big")
    upright = one + zero * 3 + one + zero * 3 + last
    quarter = zero + one + zero + minus + zero * 4 + last
    at = mp4.index(b"tkhd")
    begin = mp4.index(upright, at)
    return mp4[:begin] + quarter + mp4[begin + len(quarter) :]
