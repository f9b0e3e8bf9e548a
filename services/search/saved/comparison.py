"""What a saved query is to the model in use: a vector, a scope and a line."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from services.clients.model import Space, Vector
from services.runtime.errors import ArgusError
from services.search.errors import CutoffNotReady, CutoffUnknown
from services.search.model import Scope, SearchRequest
from services.search.query.searcher import Searcher, scope_of
from services.search.query.understanding import understood
from services.search.saved.model import ComparedSearch, Problem, QueryVector
from services.search.saved.ports import ComparedSearches
from services.search.translate import to_request


@dataclass(frozen=True, slots=True)
class Comparison:
    """What images are compared with, and when they match."""

    vector: Vector
    scope: Scope
    least_score: float | None
    """The lowest score of a match, as exact as scores are; None if every image in scope is one."""
    crops: bool = False
    """Whether images count by their best part."""


class Comparisons:
    """Makes saved queries comparable, embedding them anew where the model is another.

    Args:
        searches: Records of saved searches, where vectors are kept.
        searcher_of: A searcher for queries of a user, by the user's id, for use without a call of
            theirs.
    """

    def __init__(self, searches: ComparedSearches, searcher_of: Callable[[str], Searcher]) -> None:
        self._searches = searches
        self._searcher_of = searcher_of

    async def of(self, search: ComparedSearch, user_id: str, space: Space) -> Comparison | None:
        """What a search is in a space; None if its query was changed or deleted meanwhile.

        Raises:
            ArgusError: As `Searcher.search`.
        """
        request = to_request(search.query, user_id)
        searcher = self._searcher_of(user_id)
        vector = search.vector
        if vector is None:
            whole = await self._searches.whole_query(search.search_id, search.revision)
            if whole is None:
                return None
            vector = await embedded(searcher, to_request(whole, user_id), space)
            await self._searches.keep_vector(search.search_id, search.revision, vector)
        scope = scope_of(request, understood(request, space.model))
        crops = searcher.in_parts(request)
        if not request.confident_only:
            least = await searcher.least_score(request, space)
            return Comparison(vector.vector, scope, least, crops)
        try:
            cutoff = await searcher.least_score(replace(request, min_score=None), space)
        except (CutoffNotReady, CutoffUnknown):
            # The last one that was known is nearer the truth than none.
            if vector.cutoff is None:
                raise
            cutoff = vector.cutoff
        if cutoff is not None and cutoff != vector.cutoff:
            vector = replace(vector, cutoff=cutoff)
            await self._searches.keep_vector(search.search_id, search.revision, vector)
        floors = [one for one in (cutoff, request.min_score) if one is not None]
        return Comparison(vector.vector, scope, max(floors, default=None), crops)


async def embedded(searcher: Searcher, request: SearchRequest, space: Space) -> QueryVector:
    """What a query is in a space.

    Raises:
        SpaceMoved: The embedder speaks of another space by now.
        ArgusError: As `Searcher.search`.
    """
    plan = await searcher.plan(request)
    if plan.space != space:
        raise SpaceMoved
    return QueryVector(space.name, plan.vector)


class SpaceMoved(Exception):
    """The model was exchanged meanwhile; what was begun is begun anew."""


def problem_of(error: ArgusError) -> Problem:
    """Why a search cannot be compared, as its owner reads it."""
    return Problem(error.reason, error.message)
