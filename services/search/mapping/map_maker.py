"""Makes maps: gathers vectors from the index, and has a process of its own do the rest."""

import asyncio
import tempfile
import time
from pathlib import Path

import numpy as np

from services.clients.model import Space
from services.runtime.telemetry_contract import KIND
from services.search.errors import MapFailed
from services.search.mapping.layout import Ids, Layout, are_in, packed, unpacked
from services.search.mapping.task import MapTask, needs_building
from services.search.ports import VectorIndex
from services.search.telemetry import map_build_s
from services.search.work_aside import WorkFailed, run_aside

VECTORS_AT_ONCE = 250
"""Vectors that are read at once; an embedded index is read on the event loop."""
MOST_S = 900.0
"""Longest that a map may take to be made."""


class MapMaker:
    """Makes and extends maps, one at a time; others wait for their turn.

    Args:
        index: Vectors of the users' images.
        folder: Where files are while a map is made; it is there.
    """

    def __init__(self, index: VectorIndex, folder: Path) -> None:
        self._index = index
        self._folder = folder
        self._turn = asyncio.Lock()

    async def make(self, space: Space, user_id: str, ids: Ids, former: Layout | None) -> Layout:
        """A map of a user's images.

        Args:
            space: An open space.
            user_id: Whose images.
            ids: All of them.
            former: The map so far.

        Returns:
            A map of those of them whose vectors the index has: the former one without what is
            gone and with what came, or another.

        Raises:
            IndexUnavailable: the index does not answer.
            MapFailed: the process did not make it.
        """
        former = former.only(ids) if former is not None else None
        wanted = ids
        if former is not None and not needs_building(former, len(ids)):
            wanted = ids[~are_in(ids, former.ids)]
            if not len(wanted):
                return former
        async with self._turn:
            started = time.perf_counter()
            with tempfile.TemporaryDirectory(dir=self._folder, prefix="making-") as folder:
                task = MapTask(Path(folder))
                found = await self._gather(task, space, user_id, wanted)
                if not len(found):
                    return former or _empty()
                await asyncio.to_thread(task.describe, found, former)
                try:
                    await run_aside("services.search.mapping", task.folder, most_s=MOST_S)
                    made = await asyncio.to_thread(task.result)
                except (WorkFailed, OSError, ValueError) as error:
                    raise MapFailed(f"the map was not made: {error}") from error
            kind = "added" if len(wanted) < len(ids) else "built"
            map_build_s.record(time.perf_counter() - started, {KIND: kind})
            return made

    async def _gather(self, task: MapTask, space: Space, user_id: str, ids: Ids) -> Ids:
        """Writes vectors down; the images whose they are."""
        found: list[str] = []
        with task.vectors_path.open("wb") as file:
            for start in range(0, len(ids), VECTORS_AT_ONCE):
                some = await self._index.stored(
                    space, unpacked(ids[start : start + VECTORS_AT_ONCE])
                )
                for image_id in sorted(some):
                    # Asked for by id, so that it is checked once more whose they are.
                    if some[image_id].user_id == user_id:
                        file.write(np.asarray(some[image_id].vector, "<f4").tobytes())
                        found.append(image_id)
                await asyncio.sleep(0)
        return packed(found)


def _empty() -> Layout:
    nothing = packed([])
    return Layout(
        nothing,
        np.empty((0, 2), np.float32),
        nothing,
        np.empty((0, 0), np.float16),
        time.time(),
        0,
    )
