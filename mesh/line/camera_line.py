"""A line with a camera: the newest frame is inspected, at times or when something triggers it."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mesh.client.inspector import Finding, Item
from mesh.line.camera import Frame
from mesh.line.frames import LATE, FrameInspector
from mesh.line.newest import CameraEnded, Captured, Newest

AT_ONCE = 8
"""Frames under way; one that comes then is dropped, and told."""
FRAME_WITHIN_S = 5.0
"""How long a trigger waits for a frame if it has no budget."""
DRAIN_S = 15.0


@dataclass(frozen=True, slots=True)
class Trigger:
    """Something that a frame is to be taken of."""

    trigger_id: str
    at: float
    """By `time.monotonic`."""
    after: int
    """Number of the newest frame then."""


@dataclass(frozen=True, slots=True)
class FrameJudged:
    """A frame and what came of it."""

    finding: Finding
    trigger_id: str
    number: int
    """Of the frame; 0 if there was none."""
    skipped: int
    """Frames since the one before that nobody asked for, or that were too many."""
    taken_at: datetime
    took_s: float
    """Since the frame came, or its trigger."""


class CameraLine:
    """Inspects until it is told to stop, or the camera or the triggers end.

    Args:
        newest: Frames.
        inspector: Where they are inspected.
        budget_s: What a verdict may take; None: as long as it takes.
        judged: Told of each.
    """

    def __init__(
        self,
        newest: Newest[Frame],
        inspector: FrameInspector,
        *,
        budget_s: float | None,
        judged: Callable[[FrameJudged], None],
    ) -> None:
        self._newest = newest
        self._inspector = inspector
        self._budget_s = budget_s
        self._judged = judged
        self._last = 0
        self._under_way: set[asyncio.Task[None]] = set()
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """What one frame met that every other would."""

    async def run_every(self, seconds: float, stop: asyncio.Event) -> None:
        """Inspects the newest frame every so many seconds.

        Raises:
            MeshError, CallFailed: Nothing can be inspected any more.
        """
        await self._run(self._every(seconds), stop)

    async def run_triggered(
        self, triggers: "asyncio.Queue[Trigger | None]", stop: asyncio.Event
    ) -> None:
        """Inspects, for each trigger, the first frame that comes after it; None ends it.

        Raises:
            MeshError, CallFailed: Nothing can be inspected any more.
        """
        await self._run(self._triggered(triggers), stop)

    async def _run(self, work: Coroutine[Any, Any, None], stop: asyncio.Event) -> None:
        working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
        try:
            ends: set[asyncio.Future[Any]] = {working, stopping, self._failed}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                await working
            elif self._failed.done():
                await self._failed
            working.cancel()
            # What was begun is ended; a failure of it is one of every other.
            deadline = time.monotonic() + DRAIN_S
            while self._under_way and (left_s := deadline - time.monotonic()) > 0:
                await asyncio.wait(self._under_way, timeout=left_s)
            if self._failed.done():
                await self._failed
        finally:
            tasks = {working, stopping, *self._under_way}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (failure := task.exception()) and not self._failed.done():
            self._failed.set_exception(failure)

    async def _every(self, seconds: float) -> None:
        due = time.monotonic()
        with suppress(CameraEnded):
            while True:
                found = await self._newest.newer_than(self._last)
                self._begin(found, Trigger("", found.at, 0))
                due = max(due + seconds, time.monotonic())
                await asyncio.sleep(due - time.monotonic())

    async def _triggered(self, triggers: "asyncio.Queue[Trigger | None]") -> None:
        while (trigger := await triggers.get()) is not None:
            within_s = FRAME_WITHIN_S if self._budget_s is None else self._budget_s
            left_s = max(trigger.at + within_s - time.monotonic(), 0.0)
            try:
                async with asyncio.timeout(left_s):
                    found = await self._newest.newer_than(trigger.after)
            except CameraEnded:
                self._tell(trigger, None, "CAMERA_ENDED", "the camera has ended", 0)
                return
            except TimeoutError:
                reason = "CAMERA_SILENT" if self._budget_s is None else LATE
                self._tell(trigger, None, reason, f"no frame came within {within_s:g} s", 0)
                continue
            self._begin(found, trigger)

    def _begin(self, found: Captured[Frame], trigger: Trigger) -> None:
        skipped = max(found.number - self._last - 1, 0)
        self._last = max(self._last, found.number)
        if len(self._under_way) >= AT_ONCE:
            words = f"{AT_ONCE} frames before it are not done"
            self._tell(trigger, found, LATE, words, skipped)
            return
        task = asyncio.create_task(self._inspect(found, trigger, skipped))
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    async def _inspect(self, found: Captured[Frame], trigger: Trigger, skipped: int) -> None:
        image = await asyncio.to_thread(found.frame.jpeg)
        until = None if self._budget_s is None else trigger.at + self._budget_s
        finding = await self._inspector.inspect(
            Item(f"frame {found.number}"), image, trigger_id=trigger.trigger_id, until=until
        )
        self._done(trigger, found, finding, skipped)

    def _tell(
        self,
        trigger: Trigger,
        found: Captured[Frame] | None,
        reason: str,
        problem: str,
        skipped: int,
    ) -> None:
        name = f"frame {found.number}" if found else "no frame"
        self._done(trigger, found, Finding(Item(name), reason=reason, problem=problem), skipped)

    def _done(
        self,
        trigger: Trigger,
        found: Captured[Frame] | None,
        finding: Finding,
        skipped: int,
    ) -> None:
        now = time.monotonic()
        at = found.at if found else trigger.at
        taken_at = datetime.fromtimestamp(time.time() - (now - at), UTC)
        number = found.number if found else 0
        self._judged(
            FrameJudged(finding, trigger.trigger_id, number, skipped, taken_at, now - trigger.at)
        )
