"""The order of the images by how close they are to what is looked for."""

from dataclasses import dataclass, replace

from services.search.index.ranking import rank as rank_of
from services.search.meaning.model import Calibration, Kind, NoCutoff
from services.search.model import Cursor, Hit, Scope
from services.search.ports import VectorIndex
from services.search.query.fusion import MEANING_ALONE, Order, Wording
from services.search.query.place import Place
from services.search.query.planner import Plan

BEFORE_ALL = (-2.0, "")
"""Before the best cosine that there can be."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Images in scope, best first; an image that is searched with before its copies."""

    index: VectorIndex
    plan: Plan
    scope: Scope
    exact: bool = False
    min_score: float | None = None
    """The lowest score that is shown, as exact as scores are; None: all are."""
    order: Order | None = None
    """What orders them; the index if nothing else does."""
    wording: Wording = MEANING_ALONE
    pin: str = ""
    """What a page token says of the wording."""
    kind: Kind | None = None
    """Whose scores the query's compare with; None if it has more than one part."""
    meaning: Calibration | NoCutoff = NoCutoff.MIXED
    """What the scores mean, or why that is unknown."""
    crops: bool = False
    """Whether images count by their best part."""

    @property
    def calibration(self) -> Calibration | None:
        """What the scores mean; None if that is unknown."""
        return self.meaning if isinstance(self.meaning, Calibration) else None

    async def page(self, place: Place | None, limit: int) -> list[Hit]:
        """The hits behind a place, at most `limit`, which is at least 2."""
        hits = await self._hits(place, limit)
        if self.min_score is None:
            return hits
        # Best first: behind the first that is too far, all are.
        return [hit for hit in hits if hit.score >= self.min_score]

    def key(self, hit: Hit | Cursor) -> tuple[float, str]:
        """What the ranking is sorted by."""
        if hit.order is not None:
            return (hit.order, hit.image_id)
        return BEFORE_ALL if hit.image_id == self.plan.first else rank_of(hit)

    def pinned(self, token: str) -> str:
        """A page token with what the ranking's wording must stay."""
        return f"{self.pin}.{token}" if self.pin and token else token

    def behind(self, place: Place | None, shown: list[Hit]) -> Place | None:
        """The place behind hits that were shown after another."""
        depth = (place.depth if place else 0) + len(shown)
        if not shown:
            return place
        last = shown[-1]
        if last.image_id == self.plan.first:
            return Place(None, depth)
        after = Cursor(last.score, last.image_id, depth, last.words, last.order)
        return Place(after, depth)

    async def _hits(self, place: Place | None, limit: int) -> list[Hit]:
        plan = self.plan
        after = place.after if place else None
        if not plan.first:
            return await self._search(self.scope, limit, after)
        head = [] if place else await self._head()
        others = replace(self.scope, without=plan.first)
        return head + await self._search(others, limit - len(head), after)

    async def _head(self) -> list[Hit]:
        """The image that is searched with, if it is in scope: a filter may leave it out."""
        first = self.plan.first
        if self.order is None and self.scope.is_all and any(self.plan.vector):
            # Its vector was read just now, and is most like itself.
            return [Hit(first, 1.0)]
        return await self._search(replace(self.scope, only=first), 1)

    async def _search(self, scope: Scope, limit: int, after: Cursor | None = None) -> list[Hit]:
        order = self.order or self.index
        return await order.search(
            self.plan.space,
            self.plan.vector,
            scope,
            limit=limit,
            after=after,
            exact=self.exact,
            crops=self.crops,
        )
