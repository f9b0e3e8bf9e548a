"""Between the contract's messages and search's own words."""

from uuid import UUID

from argus.search.v1 import search_pb2

from services.search.model import (
    ImageQuery,
    SearchAnswer,
    SearchRequest,
    StoredQuery,
    TextQuery,
)

DEFAULT_LIMIT = 20


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
