"""Rankings by meaning, by words, and by both.

Both are joined by reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): an image's
place counts in each ranking, 1 / (60 + place), not how its scores differ, which are not of
one kind. Equals share a place, so that words which all images have move none. The best
`WINDOW` of each ranking are joined; behind them come the others in the order of meaning.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from services.clients.model import Space, Vector
from services.search.index.ranking import SCORE_DIGITS
from services.search.model import Cursor, Hit, Matching, Scope
from services.search.ports import VectorIndex

WINDOW = 400
"""Images of each ranking that are joined; twice the largest page."""

DAMPING = 60
"""How little the first places count more than those behind them."""


class Order(Protocol):
    """Orders images."""

    async def search(
        self,
        space: Space,
        vector: Vector,
        scope: Scope,
        *,
        limit: int,
        after: Cursor | None = None,
        exact: bool = False,
        crops: bool = False,
    ) -> list[Hit]:
        """The best images in scope, behind a place; as `VectorIndex.search`."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How words take part in a ranking.

    Attributes:
        by: What orders images; never AUTOMATIC.
        weights: How much each word counts; their sum is 1. Empty where words do not count.
        share: How much a place by words counts beside one by meaning, above 0.
    """

    by: Matching
    weights: Mapping[str, float]
    share: float = 1.0


MEANING_ALONE = Wording(Matching.MEANING, {})


class WordOrder:
    """By words alone; the vector is not looked at. Scores are in [0, 1]."""

    def __init__(self, index: VectorIndex, weights: Mapping[str, float]) -> None:
        self._index = index
        self._weights = weights

    async def search(
        self,
        space: Space,
        vector: Vector,  # noqa: ARG002 - the signature of a ranking
        scope: Scope,
        *,
        limit: int,
        after: Cursor | None = None,
        exact: bool = False,  # noqa: ARG002 - the signature of a ranking
        crops: bool = False,  # noqa: ARG002 - the signature of a ranking
    ) -> list[Hit]:
        """Images that have some of the words."""
        if not self._weights:
            return []
        hits = await self._index.search_words(space, self._weights, scope, limit=limit, after=after)
        return [replace(hit, words=hit.score) for hit in hits]


class FusedOrder:
    """By meaning and by words. Scores are those of meaning, which do not give the order.

    Args:
        index: Has both.
        wording: How words take part.
        min_score: Images that mean less are left out, however well their words match.
    """

    def __init__(
        self, index: VectorIndex, wording: Wording, *, min_score: float | None = None
    ) -> None:
        self._index = index
        self._wording = wording
        self._least = None if min_score is None else round(min_score, SCORE_DIGITS)

    async def search(
        self,
        space: Space,
        vector: Vector,
        scope: Scope,
        *,
        limit: int,
        after: Cursor | None = None,
        exact: bool = False,
        crops: bool = False,
    ) -> list[Hit]:
        """The images in scope behind a place.

        Places are found by scores, so that what came or went meanwhile shifts them with all
        others; two images whose places weigh all but the same may then change theirs.
        """
        near = await self._index.search(
            space, vector, scope, limit=WINDOW, exact=exact, crops=crops
        )
        said = await self._index.search_words(space, self._wording.weights, scope, limit=WINDOW)
        # Those that only words find, with the scores of their meaning.
        others: list[Hit] = []
        known = {hit.image_id for hit in near}
        if missing := [hit.image_id for hit in said if hit.image_id not in known]:
            among = replace(scope, within=missing)
            others = await self._index.search(
                space, vector, among, limit=len(missing), exact=exact, crops=crops
            )
        joined = Joined(near, said, others, share=self._wording.share, window=WINDOW)
        page = [hit for hit in joined.behind(after) if self._is_near(hit)][:limit]
        if len(page) == limit or len(near) < WINDOW:
            return page
        start = after if after is not None and joined.is_past(after) else None
        tail = start or Cursor(near[-1].score, near[-1].image_id, WINDOW)
        while len(page) < limit:
            wanted = limit - len(page) + 1
            more = await self._index.search(
                space, vector, scope, limit=wanted, after=tail, exact=exact, crops=crops
            )
            page += [
                replace(hit, order=round(1 - hit.score, SCORE_DIGITS))
                for hit in more
                if hit.image_id not in joined.ids and self._is_near(hit)
            ]
            if len(more) < wanted or not self._is_near(more[-1]):
                break
            last = more[-1]
            tail = Cursor(last.score, last.image_id, tail.depth + len(more))
        return page[:limit]

    def _is_near(self, hit: Hit) -> bool:
        return self._least is None or hit.score >= self._least


class Joined:
    """The best of two rankings in one order.

    Args:
        near: The best by meaning, with cosines.
        said: The best by words, with their scores.
        others: Those of `said` that are not in `near`, with cosines; what is in neither was
            deleted meanwhile.
        share: How much a place by words counts beside one by meaning.
        window: How many are looked at of each; a ranking with fewer is whole.
    """

    def __init__(
        self,
        near: Sequence[Hit],
        said: Sequence[Hit],
        others: Sequence[Hit],
        *,
        share: float,
        window: int,
    ) -> None:
        self._share = share
        # Ascending, as what is bisected has to be.
        self._near = _Places([-hit.score for hit in near], is_cut=len(near) >= window)
        self._said = _Places([-hit.score for hit in said], is_cut=len(said) >= window)
        by_words = {hit.image_id: hit.score for hit in said}
        hits = [replace(hit, words=by_words.get(hit.image_id, 0.0)) for hit in (*near, *others)]
        hits = [replace(hit, order=self._key(hit)[0]) for hit in hits]
        self._order = sorted(hits, key=self._key)
        self.ids = {hit.image_id for hit in hits}
        """Of all that is joined."""

    def behind(self, after: Cursor | None) -> list[Hit]:
        """What comes behind a place, best first; nothing if the place is behind all."""
        if after is None:
            return self._order
        if self.is_past(after):
            return []
        edge = self._key(after)
        return [hit for hit in self._order if self._key(hit) > edge]

    def is_past(self, place: Cursor) -> bool:
        """Whether a place is behind all that is joined: among those by meaning alone."""
        is_behind = place.order is not None and place.order >= 0
        return is_behind or self._places(place) == (0, 0)

    def _key(self, hit: Hit | Cursor) -> tuple[float, str]:
        """Below 0 first; what is behind all that is joined is sorted by 0 and above."""
        near, said = self._places(hit)
        weight = (1 / (DAMPING + near) if near else 0.0) + (
            self._share / (DAMPING + said) if said else 0.0
        )
        return (-round(weight, 9), hit.image_id)

    def _places(self, hit: Hit | Cursor) -> tuple[int, int]:
        """Places by meaning and by words, from 1; equals share one. 0 outside of a ranking."""
        said = self._said.of(hit.words) if hit.words > 0 else 0
        return self._near.of(hit.score), said


@dataclass(frozen=True, slots=True)
class _Places:
    """Places in a ranking by its scores, also of what is not in it any more."""

    negated: Sequence[float]
    is_cut: bool
    """Whether there may be more behind."""

    def of(self, score: float) -> int:
        """From 1; 0 behind a ranking that is cut there."""
        if self.is_cut and -score > self.negated[-1]:
            return 0
        return bisect_left(self.negated, -score) + 1
