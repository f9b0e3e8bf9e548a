"""The newest frame of a camera: one that was not taken in time makes room for the next."""

import asyncio
import threading
from dataclasses import dataclass
from typing import Generic, TypeVar

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Captured(Generic[F]):
    """A frame."""

    number: int
    """How many the camera had given by then, from 1."""
    frame: F
    at: float
    """When it came, by `time.monotonic`."""


class CameraEnded(Exception):
    """There are no more frames, and will be none."""


class Newest(Generic[F]):
    """Keeps the newest frame, which a thread puts and the event loop takes."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._frame: Captured[F] | None = None
        self._ended = False
        self._changed = asyncio.Event()
        self.number = 0
        """Of the newest frame."""

    def put(self, frame: F, at: float) -> None:
        """Puts a frame in place of the one before; from any thread."""
        with self._lock:
            self.number += 1
            self._frame = Captured(self.number, frame, at)
        self._tell()

    def end(self) -> None:
        """Says that no more will come; from any thread."""
        with self._lock:
            self._ended = True
        self._tell()

    async def newer_than(self, number: int) -> Captured[F]:
        """The newest frame after that of a number, as soon as there is one.

        Raises:
            CameraEnded: There will be none.
        """
        while True:
            self._changed.clear()
            with self._lock:
                found, ended = self._frame, self._ended
            if found is not None and found.number > number:
                return found
            if ended:
                raise CameraEnded
            await self._changed.wait()

    def _tell(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._changed.set)
        except RuntimeError:
            # The loop is closed: nobody waits any more.
            return
