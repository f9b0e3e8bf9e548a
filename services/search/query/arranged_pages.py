"""Pages of the best candidates, arranged by how they compare with each other."""

import asyncio
from dataclasses import replace

import numpy as np

from services.search.model import Hit, Matching
from services.search.query.block import MOST_SHOWN, Block, marks_of, read_block, write_block
from services.search.query.diversity import next_diverse
from services.search.query.folding import folded
from services.search.query.found import Found
from services.search.query.place import Place, read_place, write_place
from services.search.query.pool import POOL, Candidate, best_candidates, with_vectors
from services.search.query.ranking import BEFORE_ALL, Ranking

BLOCK = 100
"""Candidates that are made to differ from each other; after them come the next so many."""


class FoldedPages:
    """Pages without near-duplicates of what is shown, best first.

    Args:
        ranking: Where the candidates come from.
        page_token: Of the page before; empty for the first.
        identity: The query's.

    Raises:
        PageTokenError: the token is none of the query's.
    """

    def __init__(self, ranking: Ranking, page_token: str, identity: tuple[str, ...]) -> None:
        self._ranking = ranking
        self._identity = identity
        self._place = read_place(page_token, identity)
        self._left: list[Candidate] | None = None

    @property
    def more(self) -> bool:
        """Whether anything may be left."""
        return self._left is None or bool(self._left)

    async def take(self, count: int) -> list[Found]:
        """The next images, at most `count`."""
        if self._left is None:
            unlike = await _unlike(self._ranking)
            self._left = await _behind(self._ranking, self._place, unlike)
        shown = [one.found for one in self._left[:count]]
        self._left = self._left[count:]
        self._place = self._ranking.behind(self._place, [one.hit for one in shown])
        return shown

    def token(self) -> str:
        """Page token of what is left."""
        return write_place(self._place, self._identity) if self._place else ""


class DiversePages:
    """Pages of images that differ from each other, block by block of the ranking.

    Args:
        ranking: Where the candidates come from.
        page_token: Of the page before; empty for the first.
        identity: The query's.
        diversity: How much they are to differ, 0 to 1.
        fold: Whether near-duplicates are folded first.

    Raises:
        PageTokenError: the token is none of the query's.
    """

    def __init__(
        self,
        ranking: Ranking,
        page_token: str,
        identity: tuple[str, ...],
        *,
        diversity: float,
        fold: bool,
    ) -> None:
        self._ranking = ranking
        self._identity = identity
        self._diversity = diversity
        self._fold = fold
        self._block = read_block(page_token, identity)
        self._members: list[Candidate] | None = None
        """Of the block, in the order of the ranking; None before anything was taken."""
        self._rest: list[Candidate] = []
        """What comes behind the block."""

    @property
    def more(self) -> bool:
        """Whether anything may be left."""
        return self._members is None or bool(self._unshown()) or bool(self._rest)

    async def take(self, count: int) -> list[Found]:
        """The next images, at most `count`."""
        if self._members is None:
            await self._gather()
        taken: list[Found] = []
        while len(taken) < count:
            if not self._unshown() and not self._begin_block():
                break
            if self._block:
                taken += await self._next(self._block, count - len(taken))
        return taken

    def token(self) -> str:
        """Page token of what is left."""
        return write_block(self._block, self._identity) if self._block else ""

    async def _gather(self) -> None:
        candidates = await (_unlike if self._fold else best_candidates)(self._ranking)
        if self._block is None:
            self._members, self._rest = [], candidates
            return
        inside = await _behind(self._ranking, self._block.start, candidates)
        self._rest = await _behind(self._ranking, self._block.end, inside)
        behind = {_id(one) for one in self._rest}
        self._members = [one for one in inside if _id(one) not in behind][:MOST_SHOWN]

    def _unshown(self) -> list[Candidate]:
        block = self._block
        if block is None:
            return []
        return [one for one in self._members or () if not block.was_shown(_id(one))]

    def _begin_block(self) -> bool:
        following = self._rest[:BLOCK]
        start, depth = (self._block.end, self._block.depth) if self._block else (None, 0)
        end = self._ranking.behind(start, [one.found.hit for one in following])
        if not following or end is None:
            return False
        self._block = Block(start, end, depth)
        self._members, self._rest = following, self._rest[BLOCK:]
        return True

    async def _next(self, block: Block, count: int) -> list[Found]:
        """The next images of the block; none if those left in it are gone by now."""
        members = self._members or []
        ids = {_id(one) for one in members if block.was_shown(_id(one))}
        there, vectors = await with_vectors(self._ranking.index, self._ranking.plan, members)
        rows = next_diverse(
            np.array([_relevance(one.found.hit) for one in there]),
            vectors,
            np.array([_id(one) in ids for one in there], dtype=bool),
            self._diversity,
            count,
        )
        chosen = [there[row].found for row in rows]
        ids.update(one.hit.image_id for one in chosen)
        if len(chosen) < count:
            # Nothing is left of it, whoever of its members went meanwhile.
            ids.update(_id(one) for one in members)
        self._block = replace(block, depth=block.depth + len(chosen), marks=marks_of(ids))
        return chosen


def _id(candidate: Candidate) -> str:
    return candidate.found.hit.image_id


def _relevance(hit: Hit) -> float:
    """How much it is what was looked for, whatever that is sorted by."""
    return hit.score if hit.order is None else -hit.order


async def _behind(
    ranking: Ranking, place: Place | None, candidates: list[Candidate]
) -> list[Candidate]:
    """Those of the candidates that come behind a place, wherever that is now."""
    if place is None:
        return candidates
    if ranking.wording.by is not Matching.BOTH:
        edge = ranking.key(place.after) if place.after else BEFORE_ALL
        return [one for one in candidates if one.key > edge]
    # What an image is sorted by changes with what comes and goes before it.
    behind = {hit.image_id for hit in await ranking.page(place, POOL)}
    return [one for one in candidates if _id(one) in behind]


async def _unlike(ranking: Ranking) -> list[Candidate]:
    """The best candidates without the near-duplicates of better ones, which these name."""
    candidates, vectors = await with_vectors(
        ranking.index, ranking.plan, await best_candidates(ranking)
    )
    groups = await asyncio.to_thread(folded, vectors)
    return [
        replace(
            candidates[head],
            found=replace(candidates[head].found, folded=[candidates[row].found for row in rows]),
        )
        for head, *rows in groups
    ]
