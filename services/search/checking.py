"""Checks of the index: vectors against storage's records, both ways."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from services.clients.model import Space
from services.clients.standings import Standing
from services.runtime.checking import Finding, FindingKind, Looked, Step
from services.search.ports import VectorIndex

PAGE = 500


class Standings(Protocol):
    """Whether images are there, says storage. Every method raises StorageUnavailable."""

    async def describe(
        self, image_ids: Sequence[str], *, with_events: bool = False
    ) -> list[Standing]:
        """Whether images are there, in the order asked for."""

    async def indexed(self, after: str, limit: int) -> Sequence[str]:
        """Ids of images that are INDEXED, ascending, behind `after`."""

    async def announce(self, image_ids: Sequence[str]) -> None:
        """Has images announced as they are."""


class NeedlessVectors:
    """`Step`: vectors whose images are not there."""

    def __init__(
        self, index: VectorIndex, standings: Standings, space: Space, before: datetime
    ) -> None:
        self._index = index
        self._standings = standings
        self._space = space
        self._before = before

    @property
    def name(self) -> str:
        """What is looked at."""
        return "vectors"

    async def first_look(self) -> AsyncIterator[Looked]:
        """Asks storage of every image that has a vector."""
        after = ""
        while ids := await self._index.all_ids(self._space.name, limit=PAGE, after=after):
            after = ids[-1]
            suspects = [
                Finding(
                    FindingKind.VECTOR_WITHOUT_IMAGE,
                    one.image_id,
                    "the index finds an image that is not there",
                    one.user_id,
                )
                for one in await self._standings.describe(ids)
                if not one.kept
            ]
            yield Looked(len(ids), suspects)

    async def second_look(self, suspects: Sequence[Finding]) -> Sequence[Finding]:
        """Those whose images are not there, though nothing is under way."""
        ids = [suspect.subject for suspect in suspects]
        # Storage first: that a vector is to go is told before it goes.
        standings = await self._standings.describe(ids, with_events=True)
        stored = await _stored(self._index, self._space, ids)
        wrong = {
            one.image_id
            for one in standings
            if not one.kept and not one.event_waiting and one.is_older(self._before)
        }
        return [s for s in suspects if s.subject in wrong and s.subject in stored]

    async def mend(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Has the indexer told again."""
        await self._standings.announce([finding.subject for finding in findings])
        return findings


class MissingVectors:
    """`Step`: images that search should find, and does not."""

    def __init__(
        self, index: VectorIndex, standings: Standings, space: Space, before: datetime
    ) -> None:
        self._index = index
        self._standings = standings
        self._space = space
        self._before = before

    @property
    def name(self) -> str:
        """What is looked at."""
        return "indexed images"

    async def first_look(self) -> AsyncIterator[Looked]:
        """Asks the index of every image that is INDEXED."""
        after = ""
        while ids := await self._standings.indexed(after, PAGE):
            after = ids[-1]
            stored = await _stored(self._index, self._space, ids)
            suspects = [
                Finding(
                    FindingKind.VECTOR_MISSING,
                    image_id,
                    "the image is INDEXED, and the index does not have it",
                )
                for image_id in ids
                if image_id not in stored
            ]
            yield Looked(len(ids), suspects)

    async def second_look(self, suspects: Sequence[Finding]) -> Sequence[Finding]:
        """Those that the index does not have, though nothing is under way."""
        ids = [suspect.subject for suspect in suspects]
        standings = {one.image_id: one for one in await self._describe(ids)}
        stored = await _stored(self._index, self._space, ids)
        return [
            Finding(suspect.kind, suspect.subject, suspect.description, standing.user_id)
            for suspect in suspects
            if suspect.subject not in stored
            and (standing := standings[suspect.subject]).kept
            and standing.indexed
            and not standing.event_waiting
            and standing.is_older(self._before)
        ]

    async def mend(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Has them indexed again."""
        await self._standings.announce([finding.subject for finding in findings])
        return findings

    async def _describe(self, ids: Sequence[str]) -> list[Standing]:
        return await self._standings.describe(ids, with_events=True)


class IndexChecks:
    """The checks of the index, for the space in use.

    Args:
        index: Vectors.
        standings: Whether images are there.
        clock: What time it is.
    """

    def __init__(
        self,
        index: VectorIndex,
        standings: Standings,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._index = index
        self._standings = standings
        self._clock = clock

    def steps(self, space: Space, grace: timedelta) -> list[Step]:
        """What is compared, of what is older than `grace`."""
        before = self._clock() - grace
        return [
            NeedlessVectors(self._index, self._standings, space, before),
            MissingVectors(self._index, self._standings, space, before),
        ]


async def _stored(index: VectorIndex, space: Space, ids: Sequence[str]) -> set[str]:
    """Those of the images that are whole in the index."""
    found: set[str] = set()
    for start in range(0, len(ids), PAGE):
        found.update(await index.stored(space, ids[start : start + PAGE]))
    return found
