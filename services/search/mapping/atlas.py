"""The use case: a user's map, and its making beside the calls."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from services.clients.model import Space
from services.clients.ports import QueryEmbedder
from services.runtime.errors import ArgusError
from services.runtime.filters import parse_filter
from services.runtime.text import kept_filter
from services.search.errors import MapFailed
from services.search.index.conditions import FILTER_FIELDS
from services.search.mapping.layout import ID_TYPE, Ids, are_in, packed
from services.search.mapping.layout_files import LayoutFiles
from services.search.mapping.map_maker import MapMaker
from services.search.model import Scope
from services.search.ports import VectorIndex

MOST_IMAGES = 100_000
"""Images on a map; of more, those with the smallest ids."""
IDS_AT_ONCE = 5_000
"""Ids that are read at once; an embedded index is read on the event loop, these in 8 ms."""
MOST_WAITING = 64
"""Users whose maps are made or wait for it; whoever comes then asks again."""
REST_S = 30.0
"""How long a making that came to nothing is not tried again."""

_log = logging.getLogger(__name__)


class MapState(Enum):
    """Whether a map shows what is indexed now."""

    READY = "ready"
    BUILDING = "building"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class MapView:
    """What is shown of a map.

    Attributes:
        state: Whether it shows what is indexed now.
        model: Id of the model whose vectors it is made of; empty while there is none.
        version: Stands for the images and places; empty while there is no map.
        ids: [n] the images, ascending.
        points: `<f4` x and y of each, row by row.
        built_at: Seconds since 1970; 0 if nothing was computed.
    """

    state: MapState
    model: str = ""
    version: str = ""
    ids: Ids = field(default_factory=lambda: packed([]))
    points: bytes = b""
    built_at: float = 0.0


class Atlas:
    """Shows maps at once, whatever there is of them, and has them made beside the calls.

    The index is asked each time which images there are, and whose: an image that
    left it is on no map any more, and one that came is waited for.

    Args:
        index: Vectors of the users' images.
        embedder: Tells the space in use.
        files: Maps that were made.
        maker: Makes them.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        index: VectorIndex,
        embedder: QueryEmbedder,
        files: LayoutFiles,
        maker: MapMaker,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._index = index
        self._embedder = embedder
        self._files = files
        self._maker = maker
        self._clock = clock
        self._making: dict[str, asyncio.Task[None]] = {}
        self._rests_until: dict[str, float] = {}

    async def show(self, user_id: str, filter_text: str = "") -> MapView:
        """A user's map.

        Args:
            user_id: Whose images.
            filter_text: AIP-160 text; only images that it fits, where they are without it.

        Raises:
            FilterError: the filter cannot be read.
            EmbedderUnavailable, IndexUnavailable: a part that is needed is down.
        """
        where = kept_filter(parse_filter(filter_text, FILTER_FIELDS))
        space = await self._embedder.space()
        await self._index.open(space)
        there = await self._ids(space, Scope(user_id))
        if not len(there):
            return _view(MapState.READY, space, there, np.empty((0, 2), np.float32), 0.0)
        layout = await self._files.shown(user_id, space)
        if layout is None:
            self._make(user_id, space)
            return MapView(MapState.BUILDING)
        on_map = are_in(there, layout.ids)
        if not on_map.all() or len(layout.ids) > len(there):
            self._make(user_id, space)
        shown = there[on_map]
        if where is not None:
            shown = shown[are_in(shown, await self._ids(space, Scope(user_id, where)))]
        state = MapState.READY if on_map.all() else MapState.STALE
        return _view(state, space, shown, layout.points_of(shown), layout.built_at)

    async def aclose(self) -> None:
        """Ends what is being made."""
        tasks = list(self._making.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _make(self, user_id: str, space: Space) -> None:
        """Has a map made, unless it is being made, has just failed, or too many wait."""
        if user_id in self._making or len(self._making) >= MOST_WAITING:
            return
        if self._clock() < self._rests_until.get(user_id, float("-inf")):
            return
        self._rests_until.pop(user_id, None)
        # Without the call's context: it outlives the call and its deadline.
        self._making[user_id] = asyncio.get_running_loop().create_task(
            self._made(user_id, space), context=Context()
        )

    async def _made(self, user_id: str, space: Space) -> None:
        try:
            former = await self._files.whole(user_id, space)
            there = await self._ids(space, Scope(user_id))
            layout = await self._maker.make(space, user_id, there, former)
            await self._files.keep(user_id, space, layout)
            if not are_in(there, layout.ids).all():
                # The index lacks their vectors; asking at once again would not help.
                self._rest(user_id)
        except (ArgusError, MapFailed, OSError) as error:
            _log.warning("a map was not made: %s", error)
            self._rest(user_id)
        except Exception:  # noqa: BLE001 - nobody waits for this task, so it is said here
            _log.exception("a map was not made")
            self._rest(user_id)
        finally:
            del self._making[user_id]

    def _rest(self, user_id: str) -> None:
        now = self._clock()
        for other in [one for one, until in self._rests_until.items() if until <= now]:
            del self._rests_until[other]
        self._rests_until[user_id] = now + REST_S

    async def _ids(self, space: Space, scope: Scope) -> Ids:
        """The images in scope, ascending, at most as many as a map shows."""
        pages: list[Ids] = []
        count, after = 0, ""
        while count < MOST_IMAGES:
            limit = min(IDS_AT_ONCE, MOST_IMAGES - count)
            found = await self._index.image_ids(space, scope, limit=limit, after=after)
            if found:
                pages.append(packed(found))
                count += len(found)
                after = found[-1]
            if len(found) < limit:
                break
            await asyncio.sleep(0)
        return np.concatenate(pages) if pages else np.empty(0, ID_TYPE)


def _view(state: MapState, space: Space, ids: Ids, points: np.ndarray, built_at: float) -> MapView:
    content = np.ascontiguousarray(points, "<f4").tobytes()
    digest = hashlib.sha256(space.name.encode())
    digest.update(ids.tobytes())
    digest.update(content)
    return MapView(
        state=state,
        model=space.model,
        version=digest.hexdigest()[:32],
        ids=ids,
        points=content,
        built_at=built_at,
    )
