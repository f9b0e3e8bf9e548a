"""`argus.search.v1.SavedSearchService`."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import UUID

import grpc
from argus.search.v1 import saved_pb2, saved_pb2_grpc

from services.runtime.identity import require_user
from services.search.saved.library import SavedLibrary
from services.search.saved.translate_saved import page_message, saved_search_message, told_message
from services.search.saved.watching import NewMatches

Context = grpc.aio.ServicerContext[Any, Any]


class SavedSearchServicer(saved_pb2_grpc.SavedSearchServiceServicer):
    """Translates, calls, translates; the contract documents the methods."""

    def __init__(self, library: SavedLibrary, matches: NewMatches) -> None:
        self._library = library
        self._matches = matches

    async def CreateSavedSearch(
        self, request: saved_pb2.CreateSavedSearchRequest, context: Context
    ) -> saved_pb2.SavedSearch:
        """Saves a search."""
        saved = await self._library.create(
            require_user().user_id, request.display_name, request.query, request.request_id
        )
        return saved_search_message(saved)

    async def GetSavedSearch(
        self, request: saved_pb2.GetSavedSearchRequest, context: Context
    ) -> saved_pb2.SavedSearch:
        """Gets a saved search."""
        saved = await self._library.get(require_user().user_id, _id(request.saved_search_id))
        return saved_search_message(saved)

    async def ListSavedSearches(
        self, request: saved_pb2.ListSavedSearchesRequest, context: Context
    ) -> saved_pb2.ListSavedSearchesResponse:
        """Lists the caller's saved searches."""
        saved = await self._library.list(require_user().user_id)
        return saved_pb2.ListSavedSearchesResponse(saved_searches=map(saved_search_message, saved))

    async def UpdateSavedSearch(
        self, request: saved_pb2.UpdateSavedSearchRequest, context: Context
    ) -> saved_pb2.SavedSearch:
        """Changes a saved search."""
        wanted = request.saved_search
        saved = await self._library.update(
            require_user().user_id,
            _id(wanted.saved_search_id),
            wanted.display_name,
            wanted.query if wanted.HasField("query") else None,
            list(request.update_mask.paths),
        )
        return saved_search_message(saved)

    async def DeleteSavedSearch(
        self, request: saved_pb2.DeleteSavedSearchRequest, context: Context
    ) -> saved_pb2.DeleteSavedSearchResponse:
        """Forgets a saved search."""
        await self._library.delete(require_user().user_id, _id(request.saved_search_id))
        return saved_pb2.DeleteSavedSearchResponse()

    async def ListNewMatches(
        self, request: saved_pb2.ListNewMatchesRequest, context: Context
    ) -> saved_pb2.ListNewMatchesResponse:
        """Lists what a saved search has found."""
        page = await self._matches.page(
            require_user().user_id,
            _id(request.saved_search_id),
            size=request.page_size,
            token=request.page_token,
            unseen_only=request.unseen_only,
        )
        return page_message(page)

    async def MarkMatchesSeen(
        self, request: saved_pb2.MarkMatchesSeenRequest, context: Context
    ) -> saved_pb2.SavedSearch:
        """Says that matches were seen."""
        user_id, search_id = require_user().user_id, _id(request.saved_search_id)
        await self._matches.mark_seen(user_id, search_id, request.cursor)
        return saved_search_message(await self._library.get(user_id, search_id))

    async def WatchMatches(
        self, request: saved_pb2.WatchMatchesRequest, context: Context
    ) -> AsyncIterator[saved_pb2.WatchMatchesResponse]:
        """Tells of new matches."""
        watched = self._matches.watch(
            require_user().user_id,
            _id(request.saved_search_id) if request.saved_search_id else "",
            request.after_cursor,
        )
        async with aclosing(watched):
            async for told in watched:
                yield told_message(told)


def _id(text: str) -> str:
    """A UUID as records have it; UpdateSavedSearch may have none, which nothing has."""
    return str(UUID(text)) if text else str(UUID(int=0))
