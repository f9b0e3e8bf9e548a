"""Edge's graphs in tests: built in this process, when a test says so."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from services.clients.model import Space
from services.search.index.edge import qdrant_build
from services.search.index.edge.order import BuildOrder
from services.search.index.qdrant_edge import DEFAULT_GRAPH, EdgeIndex
from services.search.index.tuning import BuildTuning, GraphTuning, Quantization
from services.search.model import ImagePoint

WALKED = GraphTuning(full_scan_kb=1)
"""Of a graph that is walked also where a scan would be quicker."""

SCALAR = GraphTuning(full_scan_kb=1, quantization=Quantization.SCALAR)
BINARY = GraphTuning(full_scan_kb=1, quantization=Quantization.BINARY, oversampling=10)

NEVER = BuildTuning(from_points=0)
"""Only when a test builds."""


class Held:
    """Begins to build, and finishes when it is told to."""

    def __init__(self) -> None:
        self.has_copied = asyncio.Event()
        self.goes_on = asyncio.Event()

    @asynccontextmanager
    async def start(self, order: BuildOrder) -> AsyncIterator["Held"]:
        """One build."""
        self._order = order
        self.has_copied.clear()
        self.goes_on.clear()
        yield self

    async def copied(self) -> None:
        """Copies."""
        qdrant_build.copy(self._order)
        self.has_copied.set()

    async def finished(self) -> None:
        """Builds, when it may."""
        await self.goes_on.wait()
        qdrant_build.build(self._order)


class BuiltIndex(EdgeIndex):
    """Every space has a graph of what it got first, and all later writes come while one is built.

    Args:
        folder: Where the shards are.
        graph: What graphs are like.
        crops: Whether it keeps parts of images.
    """

    def __init__(
        self, folder: Path, graph: GraphTuning = DEFAULT_GRAPH, *, crops: bool = False
    ) -> None:
        self.held = Held()
        super().__init__(folder, graph=graph, build=NEVER, start=self.held.start, crops=crops)

    @asynccontextmanager
    async def built_meanwhile(self, name: str) -> AsyncIterator[None]:
        """Begins to build a space's graph, and has the shard with it take its place at the end."""
        building = asyncio.create_task(self._graphs.build(name))
        await self.held.has_copied.wait()
        try:
            yield
        finally:
            self.held.goes_on.set()
            await building
            self.held.has_copied.clear()

    async def upsert(self, space: Space, points: Sequence[ImagePoint]) -> None:
        if await self.count(space):
            async with self.built_meanwhile(space.name):
                await super().upsert(space, points)
            return
        await super().upsert(space, points)
        async with self.built_meanwhile(space.name):
            pass

    async def delete(self, image_ids: Sequence[str]) -> None:
        async with AsyncExitStack() as building:
            # There is one build at a time.
            for name in list(self._searched)[-1:]:
                await building.enter_async_context(self.built_meanwhile(name))
            await super().delete(image_ids)

    async def delete_of_user(self, user_id: str) -> None:
        async with AsyncExitStack() as building:
            for name in list(self._searched)[-1:]:
                await building.enter_async_context(self.built_meanwhile(name))
            await super().delete_of_user(user_id)
