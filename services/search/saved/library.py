"""The use case: saving searches, changing and forgetting them."""

from collections.abc import Sequence
from dataclasses import replace

from argus.search.v1.search_pb2 import SearchImagesRequest

from services.runtime.idempotency import resource_id
from services.search.errors import QueryTooLarge, UpdateInvalid
from services.search.query.searcher import Searcher, scope_of
from services.search.query.understanding import understood
from services.search.saved.model import QueryVector, SavedSearch, SearchDraft
from services.search.saved.pictures import without_pictures
from services.search.saved.ports import SavedSearches
from services.search.translate import to_request

MAX_QUERY_BYTES = 4 * 2**20
"""Of a query with its pictures, which are kept to be embedded anew by another model."""

MAX_WORDS_BYTES = 64 * 2**10
"""Of a query without its pictures, which is read whenever images come."""

PATHS = ("display_name", "query")


class SavedLibrary:
    """A user's saved searches.

    Args:
        searches: Their records.
        searcher: Understands queries, with the caller's own rights.
        most: How many a user may have.
    """

    def __init__(self, searches: SavedSearches, searcher: Searcher, *, most: int) -> None:
        self._searches = searches
        self._searcher = searcher
        self._most = most

    async def create(
        self, user_id: str, display_name: str, query: SearchImagesRequest, request_id: str
    ) -> SavedSearch:
        """Saves a search.

        Raises:
            QueryTooLarge: The query is larger than what is kept.
            TooManySavedSearches: The user has as many as one may have.
            ArgusError: As `Searcher.search`, of the query.
        """
        draft = await self._draft(user_id, display_name, query)
        search_id = resource_id("CreateSavedSearch", user_id, request_id)
        return await self._searches.create(user_id, search_id, draft, at_most=self._most)

    async def get(self, user_id: str, search_id: str) -> SavedSearch:
        """A saved search, with its pictures.

        Raises:
            SavedSearchNotFound: The user has none of that id.
        """
        return await self._searches.get(user_id, search_id)

    async def list(self, user_id: str) -> Sequence[SavedSearch]:
        """All that a user has saved, oldest first."""
        return await self._searches.list(user_id)

    async def update(
        self,
        user_id: str,
        search_id: str,
        display_name: str,
        query: SearchImagesRequest | None,
        paths: Sequence[str],
    ) -> SavedSearch:
        """Changes what `paths` name.

        Raises:
            UpdateInvalid: The paths, or what they name, make no sense.
            SavedSearchNotFound: The user has none of that id.
            ArgusError: As `create`, of the query.
        """
        wrong = next((path for path in paths if path not in PATHS), "")
        if wrong or not paths:
            raise UpdateInvalid(
                f"name in it what to change: {' and '.join(PATHS)} can be", field="update_mask"
            )
        now = await self._searches.get(user_id, search_id)
        name = display_name if "display_name" in paths else now.display_name
        if not name.strip():
            raise UpdateInvalid("a saved search has a name", field="saved_search.display_name")
        if "query" not in paths:
            await self._searches.rename(user_id, search_id, name)
        elif query is None:
            raise UpdateInvalid("give the new query", field="saved_search.query")
        else:
            draft = await self._draft(user_id, name, query)
            await self._searches.replace(user_id, search_id, draft)
        return await self._searches.get(user_id, search_id)

    async def delete(self, user_id: str, search_id: str) -> None:
        """Forgets a saved search, and what it found.

        Raises:
            SavedSearchNotFound: The user has none of that id.
        """
        await self._searches.delete(user_id, search_id)

    async def _draft(
        self, user_id: str, display_name: str, query: SearchImagesRequest
    ) -> SearchDraft:
        """What is kept of a search; tried as it will be used, so that what cannot be is refused."""
        _check_size(query)
        request = to_request(query, user_id)
        plan = await self._searcher.plan(request)
        cutoff = None
        if request.confident_only:
            cutoff = await self._searcher.least_score(replace(request, min_score=None), plan.space)
        scope = scope_of(request, understood(request, plan.space.model))
        return SearchDraft(
            display_name,
            query,
            conditional=bool(scope.filter or scope.having or scope.lacking),
            vector=QueryVector(plan.space.name, plan.vector, cutoff),
        )


def _check_size(query: SearchImagesRequest) -> None:
    if query.ByteSize() > MAX_QUERY_BYTES:
        raise QueryTooLarge(
            f"pictures of a saved search are at most {MAX_QUERY_BYTES} bytes together; send a "
            "smaller one, or upload it and name the stored image",
            field="query",
            metadata={"max_bytes": str(MAX_QUERY_BYTES)},
        )
    if without_pictures(query).ByteSize() > MAX_WORDS_BYTES:
        raise QueryTooLarge(
            f"without its pictures a saved search is at most {MAX_WORDS_BYTES} bytes; leave out "
            "words and ids",
            field="query",
            metadata={"max_bytes": str(MAX_WORDS_BYTES)},
        )
