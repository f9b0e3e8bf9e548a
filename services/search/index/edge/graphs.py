"""Has graphs built: when, one at a time, and what becomes of failures."""

import asyncio
import logging
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from services.runtime.telemetry_contract import OUTCOME
from services.search.errors import IndexFull, IndexUnavailable
from services.search.index.edge import folders
from services.search.index.edge.builder import BuildFailed, Start, in_a_process
from services.search.index.edge.failures import translated
from services.search.index.edge.folders import SpaceFolders
from services.search.index.edge.order import BuildOrder
from services.search.index.edge.qdrant_space import EdgeSpace
from services.search.index.tuning import BuildTuning, GraphTuning
from services.search.telemetry import graph_build_s, graph_waiting

ROOM = 2.5
"""Times a shard's bytes that a build needs on the disk: the copy, and its new segment beside."""

PAUSE_S = 10.0
PAUSE_SHARE = 0.25
"""How long, and of a build's time how much, at least passes between the end of one and the next."""

FIRST_RETRY_S = 60.0
MOST_RETRY_S = 3600.0

_log = logging.getLogger(__name__)


class Graphs:
    """Graphs of the spaces that are searched.

    Args:
        spaces: Those spaces, by name; others may come.
        place: Where their folders are.
        graph: What graphs are like.
        when: When they are built.
        keep_free_bytes: Room on the disk that no build takes.
        start: Begins to build.
    """

    def __init__(
        self,
        spaces: Mapping[str, EdgeSpace],
        place: SpaceFolders,
        graph: GraphTuning,
        when: BuildTuning,
        *,
        keep_free_bytes: int,
        start: Start = in_a_process,
    ) -> None:
        self._spaces = spaces
        self._place = place
        self._graph = graph
        self._when = when
        self._keep_free_bytes = keep_free_bytes
        self._start = start
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._later: asyncio.TimerHandle | None = None
        self._removal: asyncio.Future[None] | None = None
        self._failures = 0
        self._closed = False

    def consider(self) -> None:
        """Begins to build, beside the calls, if a space has points enough without a graph."""
        graph_waiting.set(sum(space.waiting() for space in self._spaces.values()))
        if self._closed or self._task or self._later or not self._when.from_points:
            return
        for name, space in self._spaces.items():
            if space.wants_graph(self._when.from_points):
                self._task = asyncio.create_task(self._build_beside(name))
                return

    @property
    def is_building(self) -> bool:
        """True while a graph is built beside the calls."""
        return self._task is not None

    async def build(self, name: str) -> None:
        """Builds a space's shard anew, with a graph if it has points enough for one.

        Raises:
            BuildFailed: it is as it was.
            IndexUnavailable: likewise; there is too little room on the disk, or Edge failed.
        """
        async with self._turn:
            space = self._spaces[name]
            former = space.path
            target = self._place.next(former)
            try:
                await self._build(space, target)
            finally:
                space.forget_copy()
                gone = former if space.path == target else target
                self._removal = asyncio.ensure_future(asyncio.to_thread(folders.remove, gone))
                await asyncio.shield(self._removal)

    async def close(self) -> None:
        """Gives up what is being built."""
        self._closed = True
        if self._later is not None:
            self._later.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._removal is not None:
            await self._removal

    async def _build(self, space: EdgeSpace, target: Path) -> None:
        self._check_room(await asyncio.to_thread(self._needed, space))
        with translated():
            space.hold()
        order = BuildOrder(
            space.path,
            target,
            self._graph,
            self._when.threads,
            self._when.from_points,
        )
        async with self._start(order) as building:
            await building.copied()
            space.release()
            await building.finished()
        with translated():
            await space.move_to(
                target, partial(self._check_room, 0), partial(folders.finish, target)
            )

    async def _build_beside(self, name: str) -> None:
        began = time.monotonic()
        outcome, pause_s = "built", PAUSE_S
        try:
            await self.build(name)
            self._failures = 0
            pause_s = max(PAUSE_S, PAUSE_SHARE * (time.monotonic() - began))
            _log.info("built the graph of %s in %.0f s", name, time.monotonic() - began)
        except asyncio.CancelledError:
            outcome = "given_up"
            raise
        except (BuildFailed, IndexUnavailable, OSError) as error:
            outcome = "failed"
            pause_s = min(MOST_RETRY_S, FIRST_RETRY_S * 2.0**self._failures)
            self._failures += 1
            _log.warning(
                "the graph of %s was not built (%s); tried again in %.0f s", name, error, pause_s
            )
        finally:
            graph_build_s.record(time.monotonic() - began, {OUTCOME: outcome})
            self._task = None
            if not self._closed:
                self._later = asyncio.get_running_loop().call_later(pause_s, self._consider_again)

    def _consider_again(self) -> None:
        self._later = None
        try:
            self.consider()
        except Exception:  # noqa: BLE001 # nobody waits for it, and the next write tries again
            _log.exception("the vector index failed")

    def _needed(self, space: EdgeSpace) -> int:
        return int(ROOM * folders.taken_bytes(space.path))

    def _check_room(self, needed: int) -> None:
        if self._place.free_bytes() < self._keep_free_bytes + needed:
            raise IndexFull("the disk of the vector index is full", retry_after_s=5)
