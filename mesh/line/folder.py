"""A folder that is watched: each picture that arrives is inspected, its verdict put beside it."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from argus_client.reading import NOT_TAKEN
from mesh.client.inspector import Finding, Item, Unreadable, read_image
from mesh.line.arrivals import Arrival, Arrivals
from mesh.line.frames import AT_ONCE, FrameInspector
from mesh.line.verdict_files import Mark, write_verdict

DRAIN_S = 15.0
"""How long what is under way may take when the watch is ended."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A picture and what came of it."""

    finding: Finding
    trigger_id: str
    took_s: float
    """Since it was found whole."""


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How a folder is watched.

    Attributes:
        poll_s: Between two looks; never less than a look takes.
        budget_s: What a verdict may take from when its picture was found whole; None: as long as it
            takes. Pictures that were there before the watch began have no budget.
        once: Whether it ends when all pictures that are there are judged.
    """

    poll_s: float
    budget_s: float | None = None
    once: bool = False


class FolderWatch:
    """Watches until it is told to stop.

    Args:
        arrivals: Looks at the folder.
        inspector: Where pictures are inspected.
        settings: How.
        trigger: The trigger id of a file of this name; empty if it has none.
        told: What a verdict's file says.
        judged: Told of each picture when its verdict is written.
        troubled: Told in words when the folder cannot be read; empty when it can again.
    """

    def __init__(
        self,
        arrivals: Arrivals,
        inspector: FrameInspector,
        settings: WatchSettings,
        *,
        trigger: Callable[[str], str],
        told: Callable[[Judged], Mapping[str, Any]],
        judged: Callable[[Judged], None],
        troubled: Callable[[str], None],
    ) -> None:
        self._arrivals = arrivals
        self._inspector = inspector
        self._settings = settings
        self._trigger = trigger
        self._told = told
        self._judged = judged
        self._troubled = troubled
        self._waiting: asyncio.PriorityQueue[tuple[float, int, Arrival, float]] = (
            asyncio.PriorityQueue()
        )
        self._number = 0
        self._open = 0
        """Pictures that have arrived and are not judged."""
        self._again = False
        """Whether one has to be looked at again."""

    async def run(self, stop: asyncio.Event) -> None:
        """Judges what arrives until `stop` is set; then what is under way is ended.

        Raises:
            MeshError, CallFailed: Nothing can be inspected any more.
            OSError: No verdict can be written.
        """
        lanes = [asyncio.create_task(self._lane()) for _ in range(AT_ONCE)]
        watching = asyncio.create_task(self._watch(stop))
        tasks = {watching, *lanes}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    await task
            # Nothing new is begun; what was asked for gets its verdict.
            for number, _ in enumerate(lanes):
                self._waiting.put_nowait((_FIRST, number, _NOTHING, 0.0))
            ended, _ = await asyncio.wait(lanes, timeout=DRAIN_S)
            for task in ended:
                await task
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, stop: asyncio.Event) -> None:
        trouble = ""
        while not stop.is_set():
            began = time.monotonic()
            self._again = False
            arrived = await asyncio.to_thread(self._arrivals.look)
            told = "; ".join(f"{folder}: {words}" for folder, words in self._arrivals.problems)
            if told != trouble:
                self._troubled(told)
                trouble = told
            for one in arrived:
                self._enter(one)
            all_judged = not (self._open or self._again or self._arrivals.unsettled)
            if self._settings.once and all_judged:
                return
            rest_s = max(self._settings.poll_s, time.monotonic() - began)
            with suppress(TimeoutError):
                async with asyncio.timeout(rest_s):
                    await stop.wait()

    def _enter(self, arrival: Arrival) -> None:
        until = _NEVER
        now = time.monotonic()
        if self._settings.budget_s is not None and not arrival.first:
            until = now + self._settings.budget_s
        self._number += 1
        self._open += 1
        self._waiting.put_nowait((until, self._number, arrival, now))

    async def _lane(self) -> None:
        while True:
            until, _, arrival, found_at = await self._waiting.get()
            if until == _FIRST:
                return
            try:
                await self._judge(arrival, None if until == _NEVER else until, found_at)
            finally:
                self._open -= 1

    async def _judge(self, arrival: Arrival, until: float | None, found_at: float) -> None:
        item = Item(str(arrival.picture), file=arrival.picture)
        trigger_id = self._trigger(arrival.picture.name)
        if arrival.foreign:
            finding = Finding(item, reason="IMAGE_UNSUPPORTED", problem=NOT_TAKEN)
        else:
            try:
                image = await asyncio.to_thread(read_image, arrival.picture)
            except Unreadable as error:
                reason, problem = error.args
                finding = Finding(item, reason=reason, problem=problem)
            else:
                finding = await self._inspector.inspect(
                    item, image, trigger_id=trigger_id, until=until
                )
        if not await asyncio.to_thread(_is_still, arrival):
            # It was still being written, or taken away: this is no verdict of it.
            self._arrivals.again(arrival)
            self._again = True
            return
        judged = Judged(finding, trigger_id, time.monotonic() - found_at)
        await asyncio.to_thread(write_verdict, arrival.picture, arrival.mark, self._told(judged))
        self._judged(judged)


_NEVER = float("inf")
_FIRST = float("-inf")
_NOTHING: Any = None


def _is_still(arrival: Arrival) -> bool:
    try:
        return Mark.of(arrival.picture) == arrival.mark
    except OSError:
        return False
