"""`argus.search.v1.SearchService`."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc
from argus.search.v1 import duplicates_pb2, search_pb2, search_pb2_grpc

from services.runtime.identity import require_user
from services.search.duplicates.finder import DuplicateFinder
from services.search.mapping.atlas import Atlas
from services.search.query.export import Export
from services.search.query.searcher import Searcher
from services.search.translate import from_answer, from_map, from_match, to_request
from services.search.translate_duplicates import from_told, to_duplicates_request


class SearchServicer(search_pb2_grpc.SearchServiceServicer):
    """Translates, searches, translates."""

    def __init__(self, searcher: Searcher, atlas: Atlas, duplicates: DuplicateFinder) -> None:
        self._searcher = searcher
        self._export = Export(searcher)
        self._atlas = atlas
        self._duplicates = duplicates

    async def SearchImages(
        self,
        request: search_pb2.SearchImagesRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> search_pb2.SearchImagesResponse:
        """Finds the caller's images by any mix of words, pictures and stored images."""
        user_id = require_user().user_id
        return from_answer(await self._searcher.search(to_request(request, user_id)))

    async def StreamMatches(
        self,
        request: search_pb2.StreamMatchesRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> AsyncIterator[search_pb2.StreamMatchesResponse]:
        """Gives all matches of a query, as fast as they are taken."""
        query = to_request(request.query, require_user().user_id)
        async with aclosing(self._export.stream(query, request.cursor, request.limit)) as matches:
            async for match, cursor in matches:
                yield search_pb2.StreamMatchesResponse(match=from_match(match), cursor=cursor)

    async def GetMap(
        self,
        request: search_pb2.GetMapRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> search_pb2.GetMapResponse:
        """Gets a map of the caller's images."""
        user_id = require_user().user_id
        return from_map(await self._atlas.show(user_id, request.filter), request.if_version)

    async def FindDuplicates(
        self,
        request: duplicates_pb2.FindDuplicatesRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> AsyncIterator[duplicates_pb2.FindDuplicatesResponse]:
        """Finds the caller's images that are the same."""
        wanted = to_duplicates_request(request, require_user().user_id)
        # Closed at once when the caller goes away, and with it what is being compared.
        async with aclosing(self._duplicates.find(wanted)) as found:
            async for told in found:
                yield from_told(told)
