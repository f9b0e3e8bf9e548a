"""Between the contract's messages and search's own words."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from argus.search.v1 import search_pb2
from argus.type.v1 import geometry_pb2

from services.search.mapping.atlas import MapState, MapView
from services.search.model import (
    Contribution,
    Cutoff,
    Example,
    Facet,
    ImageQuery,
    Match,
    Matching,
    Region,
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


_MATCHINGS = {
    search_pb2.SearchImagesRequest.MATCHING_UNSPECIFIED: Matching.AUTOMATIC,
    search_pb2.SearchImagesRequest.MEANING: Matching.MEANING,
    search_pb2.SearchImagesRequest.WORDS: Matching.WORDS,
    search_pb2.SearchImagesRequest.BOTH: Matching.BOTH,
}
_MATCHED_BY = {matching: number for number, matching in _MATCHINGS.items()}


def to_request(message: search_pb2.SearchImagesRequest, user_id: str) -> SearchRequest:
    """A request that keeps the contract's constraints: something is wanted."""
    return SearchRequest(
        user_id=user_id,
        examples=[*_short_forms(message), *map(_example, range(16), message.examples)],
        filter=message.filter,
        limit=message.limit or DEFAULT_LIMIT,
        page_token=message.page_token,
        min_score=message.min_score if message.HasField("min_score") else None,
        confident_only=message.confident_only,
        matching=_MATCHINGS[message.matching],
        words_weight=message.words_weight or 1.0,
        facet_labels=list(message.facet_labels),
        facet_months=message.facet_months,
        exclude=[str(UUID(image_id)) for image_id in message.exclude_image_ids],
        exact=message.exact,
        diversity=message.diversity,
        fold_duplicates=message.fold_duplicates,
        explain=message.explain,
        read_mask=list(message.read_mask.paths),
        match_parts=message.match_parts if message.HasField("match_parts") else None,
    )


def _short_forms(message: search_pb2.SearchImagesRequest) -> Iterator[Example]:
    """`text`, `image` and `image_id`: examples of weight 1."""
    region = _region(message.region) if message.HasField("region") else None
    if message.text:
        yield Example(TextQuery(message.text), field="text")
    if message.image:
        yield Example(ImageQuery(message.image), region, field="image")
    if message.image_id:
        yield Example(StoredQuery(str(UUID(message.image_id))), region, field="image_id")


def _example(number: int, message: search_pb2.Example) -> Example:
    source = message.WhichOneof("source") or "text"
    of: TextQuery | ImageQuery | StoredQuery
    if source == "image":
        of = ImageQuery(message.image)
    elif source == "image_id":
        of = StoredQuery(str(UUID(message.image_id)))
    else:
        of = TextQuery(message.text)
    return Example(
        of,
        _region(message.region) if message.HasField("region") else None,
        weight=message.weight or 1.0,
        field=f"examples[{number}].{source}",
    )


def _region(box: geometry_pb2.Box) -> Region | None:
    """A part of an image; None for all of it."""
    if (box.left, box.top, box.right, box.bottom) == (0, 0, 1, 1):
        return None
    return Region(box.left, box.top, box.right, box.bottom)


def from_answer(answer: SearchAnswer) -> search_pb2.SearchImagesResponse:
    """The answer as a message."""
    return search_pb2.SearchImagesResponse(
        matches=map(from_match, answer.matches),
        next_page_token=answer.next_page_token,
        text_truncated=answer.text_truncated,
        model=answer.model,
        facets=[_facet_message(facet) for facet in answer.facets],
        unread_words=answer.unread_words,
        cutoff=_from_cutoff(answer.cutoff, answer.matches) if answer.cutoff else None,
        matched_by=_MATCHED_BY[answer.matched_by],
        matched_parts=answer.matched_parts,
    )


def _from_cutoff(cutoff: Cutoff, matches: Sequence[Match]) -> search_pb2.Cutoff:
    return search_pb2.Cutoff(
        score=cutoff.score,
        false_alarm_rate=cutoff.false_alarm_rate,
        sample_size=cutoff.sample_size,
        confident_count=sum(match.score >= cutoff.score for match in matches),
    )


def _facet_message(facet: Facet) -> search_pb2.Facet:
    message = search_pb2.Facet(
        values=[search_pb2.Facet.Value(value=value, count=count) for value, count in facet.values],
        more=facet.more,
    )
    if facet.label_key:
        message.label_key = facet.label_key
    else:
        message.month = True
    return message


def from_match(match: Match) -> search_pb2.Match:
    """A match as a message; scores within [-1, 1], which rounding may leave."""
    message = search_pb2.Match(
        image=match.image,
        score=_cosine(match.score),
        confidence=match.confidence,
        folded_image_ids=match.folded_image_ids,
        folded_count=match.folded_count,
    )
    if match.contributions:
        message.explanation.contributions.extend(map(_contribution, match.contributions))
    return message


def _contribution(one: Contribution) -> search_pb2.Contribution:
    if one.matched_words is not None:
        return search_pb2.Contribution(
            kind=search_pb2.Contribution.WORDS,
            weight=one.weight,
            score=one.score,
            matched_words=one.matched_words,
        )
    return search_pb2.Contribution(
        kind=search_pb2.Contribution.MEANING
        if one.example is None
        else search_pb2.Contribution.EXAMPLE,
        example=one.example or 0,
        weight=one.weight,
        score=_cosine(one.score),
        rank=one.rank,
        matched_region=_box(one.matched_region),
    )


def _box(region: Region | None) -> geometry_pb2.Box | None:
    if region is None:
        return None
    return geometry_pb2.Box(
        left=region.left, top=region.top, right=region.right, bottom=region.bottom
    )


def _cosine(score: float) -> float:
    return max(-1.0, min(1.0, score))


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
