"""`argus.search.v1.SearchService`."""

from typing import Any

import grpc
from argus.search.v1 import search_pb2, search_pb2_grpc

from services.runtime.identity import require_user
from services.search.mapping.atlas import Atlas
from services.search.query.searcher import Searcher
from services.search.translate import from_answer, from_map, to_request


class SearchServicer(search_pb2_grpc.SearchServiceServicer):
    """Translates, searches, translates."""

    def __init__(self, searcher: Searcher, atlas: Atlas) -> None:
        self._searcher = searcher
        self._atlas = atlas

    async def SearchImages(
        self,
        request: search_pb2.SearchImagesRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> search_pb2.SearchImagesResponse:
        """Finds the caller's images by text, by image bytes or by a stored image."""
        user_id = require_user().user_id
        return from_answer(await self._searcher.search(to_request(request, user_id)))

    async def GetMap(
        self,
        request: search_pb2.GetMapRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> search_pb2.GetMapResponse:
        """Gets a map of the caller's images."""
        user_id = require_user().user_id
        return from_map(await self._atlas.show(user_id, request.filter), request.if_version)
