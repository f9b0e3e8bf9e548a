"""`argus.search.v1.SearchService`."""

from typing import Any

import grpc
from argus.search.v1 import search_pb2, search_pb2_grpc

from services.runtime.identity import require_user
from services.search.query.searcher import Searcher
from services.search.translate import from_answer, to_request


class SearchServicer(search_pb2_grpc.SearchServiceServicer):
    """Translates, searches, translates."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher

    async def SearchImages(
        self,
        request: search_pb2.SearchImagesRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> search_pb2.SearchImagesResponse:
        """Finds the caller's images by text, by image bytes or by a stored image."""
        user_id = require_user().user_id
        return from_answer(await self._searcher.search(to_request(request, user_id)))
