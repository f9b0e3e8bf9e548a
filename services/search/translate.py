"""Between the contract's messages and search's own words."""

from uuid import UUID

from argus.search.v1 import search_pb2

from services.search.mapping.atlas import MapState, MapView
from services.search.model import (
    ImageQuery,
    SearchAnswer,
    SearchRequest,
    StoredQuery,
    TextQuery,
)

DEFAULT_LIMIT = 20

_MAP_STATES = {
    MapState.READY: search_pb2.GetMapResponse.READY,
    MapState.BUILDING: search_pb2.GetMapResponse.BUILDING,
    MapState.STALE: search_pb2.GetMapResponse.STALE,
}


def to_request(message: search_pb2.SearchImagesRequest, user_id: str) -> SearchRequest:
    """A request that keeps the contract's constraints: exactly one of text, image and image_id."""
    query: TextQuery | ImageQuery | StoredQuery
    if message.image_id:
        query = StoredQuery(str(UUID(message.image_id)))
    elif message.image:
        query = ImageQuery(message.image)
    else:
        query = TextQuery(message.text)
    return SearchRequest(
        user_id=user_id,
        query=query,
        filter=message.filter,
        limit=message.limit or DEFAULT_LIMIT,
        page_token=message.page_token,
        min_score=message.min_score if message.HasField("min_score") else None,
    )


def from_answer(answer: SearchAnswer) -> search_pb2.SearchImagesResponse:
    """The answer as a message; scores within [-1, 1], which rounding may leave."""
    return search_pb2.SearchImagesResponse(
        matches=[
            search_pb2.Match(image=match.image, score=max(-1.0, min(1.0, match.score)))
            for match in answer.matches
        ],
        next_page_token=answer.next_page_token,
        text_truncated=answer.text_truncated,
        model=answer.model,
    )


def from_map(view: MapView, if_version: str) -> search_pb2.GetMapResponse:
    """A map as a message, without its images if the caller has them already."""
    message = search_pb2.GetMapResponse(
        state=_MAP_STATES[view.state],
        version=view.version,
        image_count=len(view.ids),
        model=view.model,
    )
    if view.built_at:
        message.built_time.FromMilliseconds(round(view.built_at * 1000))
    if view.version and view.version == if_version:
        message.unchanged = True
    else:
        message.image_ids = view.ids.tobytes()
        message.points = view.points
    return message
