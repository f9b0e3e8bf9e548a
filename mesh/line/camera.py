"""Reads a camera in a thread of its own: RTSP, HTTP and more over FFmpeg, USB on Linux, files.

A camera that goes away is opened again, with pauses; one that never answers as well.
"""

import io
import os
import threading
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

from argus_client.retries import backoff_s
from mesh.errors import MeshError
from mesh.line.newest import Newest

PYAV = "av"
"""Imported only where a camera is read: what else `argus` does needs neither it nor FFmpeg."""
OPEN_WITHIN_S = 10.0
READ_WITHIN_S = 5.0
"""A camera that gives no frame for so long is opened again."""
MOST_WAIT_S = 10.0
JPEG_QUALITY = 95

_LOW_LATENCY = {"fflags": "nobuffer", "flags": "low_delay"}


class Picture(Protocol):
    """A decoded frame, as PyAV gives it."""

    @property
    def time(self) -> float | None:
        """Seconds in a film."""

    def to_image(self) -> Any:  # noqa: ANN401 - Pillow's
        """As a picture of Pillow's."""


class Frame:
    """A frame of a camera, of which any number of threads may have the file.

    FFmpeg converts a frame with state that belongs to it: two threads that do so at a time wait
    for each other for ever. So one converts it, when first asked, and the others get the same.
    """

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._lock = threading.Lock()
        self._jpeg: bytes | None = None

    def jpeg(self) -> bytes:
        """The frame as a JPEG file."""
        with self._lock:
            if self._jpeg is None:
                with io.BytesIO() as file:
                    image = self._picture.to_image()
                    image.save(file, "JPEG", quality=JPEG_QUALITY, subsampling=0)
                    self._jpeg = file.getvalue()
            return self._jpeg


def check_pyav() -> None:
    """Says how to install PyAV if it is not there.

    Raises:
        MeshError: It is not.
    """
    try:
        import_module(PYAV)
    except ImportError as error:
        raise MeshError(
            "--camera needs PyAV, which reads cameras.",
            "pip install 'argus-mesh[camera]', or pip install av",
        ) from error


def shown(source: str) -> str:
    """A source as it may be printed: an address without user and password."""
    parts = urlsplit(source)
    if not parts.scheme or not parts.hostname:
        return source
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


class Camera:
    """Puts the frames of a source where the newest is taken from, as a context manager.

    Args:
        source: An address, `/dev/video0`, or a file, which is played at its own pace and ends.
        newest: Where frames go.
        troubled: Told in words when the source does not answer, and empty when it does again; from
            another thread.
    """

    def __init__(
        self, source: str, newest: Newest[Frame], *, troubled: Callable[[str], None]
    ) -> None:
        self._source = source
        self._newest = newest
        self._troubled = troubled
        self._is_file = os.path.isfile(source)  # noqa: PTH113 - of an address Path makes another
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._in_trouble = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(READ_WITHIN_S + 1.0)

    def _run(self) -> None:
        av = import_module(PYAV)
        failed = 0
        try:
            while not self._stop.is_set():
                try:
                    came = self._read(av, began=self._recover)
                    words = "it ended"
                except (av.FFmpegError, OSError) as error:
                    # Its text may have the address, with a password.
                    came, words = 0, error.strerror or type(error).__name__
                if self._is_file:
                    if not came:
                        self._troubled(words)
                    return
                failed = 1 if came else failed + 1
                if not self._stop.is_set():
                    self._in_trouble = True
                    self._troubled(words)
                    self._stop.wait(min(backoff_s(failed) * failed, MOST_WAIT_S))
        finally:
            self._newest.end()

    def _recover(self) -> None:
        if self._in_trouble:
            self._in_trouble = False
            self._troubled("")

    def _read(self, av: Any, *, began: Callable[[], None]) -> int:  # noqa: ANN401 - the module
        """Reads until the source ends; how many frames came.

        Raises:
            av.FFmpegError: It does not answer, or not with pictures.
        """
        came, opened_at, first_s = 0, time.monotonic(), None
        with av.open(
            self._source,
            format="v4l2" if self._source.startswith("/dev/video") else None,
            options=self._options(),
            timeout=(OPEN_WITHIN_S, READ_WITHIN_S),
        ) as container:
            if not container.streams.video:
                raise OSError(0, "it has no pictures")
            stream = container.streams.video[0]
            stream.thread_type = "SLICE"
            for picture in container.decode(stream):
                if self._is_file:
                    first_s = picture.time if first_s is None else first_s
                    due_s = opened_at + (picture.time or 0.0) - (first_s or 0.0) - time.monotonic()
                    self._stop.wait(max(due_s, 0.0))
                if self._stop.is_set():
                    return came
                if not came:
                    began()
                came += 1
                self._newest.put(Frame(picture), time.monotonic())
        return came

    def _options(self) -> Mapping[str, str]:
        if self._is_file:
            return {}
        if self._source.startswith(("rtsp://", "rtsps://")):
            # Over UDP lost packets make grey blocks, which are anomalies.
            return {**_LOW_LATENCY, "rtsp_transport": "tcp"}
        return _LOW_LATENCY
