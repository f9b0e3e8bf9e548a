"""The use case: images that the index has taken are compared with their owner's saved searches."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from services.clients.errors import ImageNotIndexed
from services.clients.model import Space
from services.clients.patience import TRANSIENT
from services.clients.ports import QueryEmbedder
from services.runtime.errors import ArgusError
from services.runtime.wakeup import Wakeup
from services.search.errors import CutoffNotReady
from services.search.model import StoredVector
from services.search.ports import VectorIndex
from services.search.saved.comparison import Comparison, Comparisons, SpaceMoved, problem_of
from services.search.saved.model import Arrival, ComparedSearch, Finding
from services.search.saved.ports import ArrivalLog, ComparedSearches, MatchLog
from services.search.telemetry import arrivals_waiting, new_matches, saved_delay_s

BATCH = 256
"""Images of one user that are compared at once."""

LEASE_S = 15.0
"""How long a batch is not given to another replica; after a kill, until another has it."""

LOOK_EVERY_S = 5.0
"""How often is looked for what nobody called for: what another replica left, or was postponed."""

TIDY_EVERY_S = 3600.0

SLACK = 0.01
"""By how much a cosine computed here may differ from the engine's, generously. The engine is asked
about everything that is not further below the line, and it decides."""

_LATER = (*TRANSIENT, CutoffNotReady, ImageNotIndexed)
"""Errors that time may cure; others are the search's own."""

_log = logging.getLogger(__name__)


class Matcher:
    """Compares, at least once; what it finds is kept once.

    An image's cosines to all saved queries are computed here, and only for the few that are close
    enough the index is asked, with the very condition and score of a search.

    Args:
        arrivals: What is to be compared.
        searches: With what.
        matches: Where matches go.
        comparisons: Makes searches comparable.
        index: Vectors of images.
        embedder: Says which model is in use.
        wakeup: Called when there is something to compare.
    """

    def __init__(
        self,
        arrivals: ArrivalLog,
        searches: ComparedSearches,
        matches: MatchLog,
        comparisons: Comparisons,
        *,
        index: VectorIndex,
        embedder: QueryEmbedder,
        wakeup: Wakeup,
    ) -> None:
        self._arrivals = arrivals
        self._searches = searches
        self._matches = matches
        self._comparisons = comparisons
        self._index = index
        self._embedder = embedder
        self._wakeup = wakeup
        self._tidy_at = time.monotonic()

    async def run(self) -> None:
        """Compares for ever; fails with the database, and may be run again."""
        while True:
            self._wakeup.clear()
            if await self.once():
                continue
            arrivals_waiting.set(await self._arrivals.waiting())
            if time.monotonic() >= self._tidy_at:
                self._tidy_at = time.monotonic() + TIDY_EVERY_S
                await self._arrivals.tidy()
            await self._wakeup.rest(LOOK_EVERY_S)

    async def once(self) -> bool:
        """Compares one user's images; whether there were any.

        Raises:
            DatabaseUnavailable: the records cannot be reached.
        """
        batch = await self._arrivals.due(BATCH, LEASE_S)
        if not batch:
            return False
        try:
            later = await self._compare(batch)
        except SpaceMoved:
            later = list(batch)
        except TRANSIENT as error:
            _log.warning("%d images wait to be compared: %s", len(batch), error.message)
            later = list(batch)
        waiting = {one.image_id for one in later}
        done = [one for one in batch if one.image_id not in waiting]
        await self._arrivals.settle(done)
        await self._arrivals.postpone(later)
        now = datetime.now(UTC)
        for one in done:
            saved_delay_s.record(max(0.0, (now - one.arrived_at).total_seconds()))
        return True

    async def _compare(self, batch: Sequence[Arrival]) -> list[Arrival]:
        """Compares what can be compared, and keeps what was found; the arrivals that must wait."""
        user_id = batch[0].user_id
        space = await self._embedder.space()
        await self._index.open(space)
        stored = await self._index.stored(space, [one.image_id for one in batch])
        there = [one for one in batch if _is_own(stored, one)]
        # The index may just be filled anew for another model.
        later = {one.image_id for one in batch if not _is_own(stored, one)}
        findings: list[Finding] = []
        for search in await self._searches.of_user(user_id, space.name) if there else ():
            concerned = [one for one in there if one.concerns(search)]
            if not concerned:
                continue
            comparison, must_wait = await self._comparison(search, user_id, space)
            if must_wait:
                later |= {one.image_id for one in concerned}
            if comparison is not None:
                findings += await self._found(search, comparison, concerned, stored, space)
        # In the order in which they came, whichever search found them.
        rank = {one.image_id: number for number, one in enumerate(batch)}
        findings.sort(key=lambda one: (rank[one.image_id], one.search_id))
        new_matches.add(await self._matches.record(user_id, findings))
        return [one for one in batch if one.image_id in later]

    async def _comparison(
        self, search: ComparedSearch, user_id: str, space: Space
    ) -> tuple[Comparison | None, bool]:
        """What a search is compared by, if it can be; and whether it may be later."""
        try:
            comparison = await self._comparisons.of(search, user_id, space)
        except _LATER as error:
            _log.info("saved search %s waits: %s", search.search_id, error.message)
            return None, True
        except ArgusError as error:
            _log.warning("saved search %s: %s", search.search_id, error.message)
            await self._searches.set_problem(search.search_id, search.revision, problem_of(error))
            return None, False
        if search.has_problem:
            await self._searches.set_problem(search.search_id, search.revision, None)
        return comparison, False

    async def _found(
        self,
        search: ComparedSearch,
        comparison: Comparison,
        arrivals: Sequence[Arrival],
        stored: Mapping[str, StoredVector],
        space: Space,
    ) -> list[Finding]:
        vectors = np.array([stored[one.image_id].vector for one in arrivals], np.float32)
        cosines = _cosines(vectors, np.array(comparison.vector, np.float32))
        least = comparison.least_score
        near = [
            one.image_id
            for one, cosine in zip(arrivals, cosines, strict=True)
            if least is None or comparison.crops or cosine >= least - SLACK
        ]
        if not near:
            return []
        hits = await self._index.search(
            space,
            comparison.vector,
            replace(comparison.scope, within=near),
            limit=len(near),
            exact=True,
            crops=comparison.crops,
        )
        return [
            Finding(search.search_id, search.revision, hit.image_id, hit.score)
            for hit in hits
            if least is None or hit.score >= least
        ]


def _is_own(stored: Mapping[str, StoredVector], arrival: Arrival) -> bool:
    vector = stored.get(arrival.image_id)
    return vector is not None and vector.user_id == arrival.user_id


def _cosines(vectors: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(query)
    cosines: NDArray[np.float32] = vectors @ query / np.maximum(lengths, 1e-12)
    return cosines
