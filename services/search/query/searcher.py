"""The use case: from a query to the caller's own images that are closest to it."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from services.clients.errors import ImageNotFound, ImageNotIndexed
from services.clients.model import Embedded
from services.clients.ports import Catalog, QueryEmbedder
from services.runtime.filters import parse_filter
from services.runtime.text import is_blank, kept_filter
from services.search.errors import QueryEmpty
from services.search.index.conditions import FILTER_FIELDS
from services.search.index.ranking import SCORE_DIGITS
from services.search.model import (
    Cursor,
    Hit,
    ImageQuery,
    Match,
    Scope,
    SearchAnswer,
    SearchRequest,
    StoredQuery,
    TextQuery,
)
from services.search.ports import VectorIndex
from services.search.query.place import Place, read_place, write_place
from services.search.telemetry import dropped_hits, query_stage_s, tracer

MAX_ROUNDS = 4
"""Times that matches are fetched to fill a page whose hits turn out to be deleted."""


@dataclass(frozen=True, slots=True)
class _Ranking:
    """What orders the images: a vector, and an image that comes before all others."""

    embedded: Embedded
    scope: Scope
    first: str = ""


class Searcher:
    """Embeds the query, ranks the caller's vectors, shows storage's records of them.

    Isolation is checked twice: the index is asked only for the caller's images,
    and storage is asked with the caller's own token. What storage does not give
    is not shown.
    """

    def __init__(self, index: VectorIndex, embedder: QueryEmbedder, catalog: Catalog) -> None:
        self._index = index
        self._embedder = embedder
        self._catalog = catalog

    async def search(self, request: SearchRequest) -> SearchAnswer:
        """Finds a page of images.

        Raises:
            QueryEmpty: The text has no words.
            FilterError, PageTokenError: They cannot be read, or do not belong together.
            ImageNotFound, ImageNotIndexed: The stored image is not the caller's, or has no
                vector yet.
            InvalidInput: The embedder refuses the query's image; its reason says why.
            Unavailable: A part that is needed is down.
        """
        where = kept_filter(parse_filter(request.filter, FILTER_FIELDS))
        scope = Scope(request.user_id, where)
        with _stage("embed"):
            ranking = await self._ranking(request, scope)
        identity = _query_identity(request, ranking.embedded)
        place = read_place(request.page_token, identity)
        matches: list[Match] = []
        more = True
        rounds = 0
        while more and len(matches) < request.limit and rounds < MAX_ROUNDS:
            wanted = request.limit - len(matches)
            with _stage("retrieve"):
                hits = await self._rank(ranking, place, wanted + 1)
            if request.min_score is not None:
                # As exact as scores are. Best first: behind the first that is too far, all are.
                least = round(request.min_score, SCORE_DIGITS)
                hits = [hit for hit in hits if hit.score >= least]
            more = len(hits) > wanted
            shown = hits[:wanted]
            with _stage("enrich"):
                matches += await self._enrich(shown)
            place = _behind(place, shown, ranking.first)
            rounds += 1
        return SearchAnswer(
            matches=matches,
            next_page_token=write_place(place, identity) if more and place else "",
            text_truncated=ranking.embedded.truncated,
            model=ranking.embedded.space.model,
        )

    async def _ranking(self, request: SearchRequest, scope: Scope) -> _Ranking:
        query = request.query
        if isinstance(query, StoredQuery):
            return await self._stored_ranking(query.image_id, scope)
        if isinstance(query, ImageQuery):
            embedded = await self._embedder.embed_image(query.image)
        else:
            text = query.text.strip()
            if is_blank(text):
                raise QueryEmpty("say in words what to look for", field="text")
            embedded = await self._embedder.embed_text(text)
        await self._index.open(embedded.space)
        return _Ranking(embedded, scope)

    async def _stored_ranking(self, image_id: str, scope: Scope) -> _Ranking:
        # Storage knows first of new and of deleted images, and whose they are. The index is
        # asked only about the caller's own, so that not even time tells of somebody else's.
        if image_id not in await self._catalog.images([image_id]):
            raise ImageNotFound("there is no such image", field="image_id")
        space = await self._embedder.space()
        await self._index.open(space)
        stored = (await self._index.stored(space, [image_id])).get(image_id)
        if stored is None or stored.user_id != scope.user_id:
            raise ImageNotIndexed(
                "the image is not indexed yet; try again when its state is INDEXED",
                field="image_id",
                retry_after_s=1,
            )
        return _Ranking(Embedded(space, stored.vector), scope, first=image_id)

    async def _rank(self, ranking: _Ranking, place: Place | None, limit: int) -> list[Hit]:
        """The hits after a place; the ranking's own image first, whatever its copies.

        `limit` is at least 2.
        """
        space, vector = ranking.embedded.space, ranking.embedded.vector
        after = place.after if place else None
        if not ranking.first:
            return await self._index.search(space, vector, ranking.scope, limit=limit, after=after)
        head: list[Hit] = []
        if place is None:
            # The filter may leave the image itself out.
            head = await self._index.search(
                space, vector, replace(ranking.scope, only=ranking.first), limit=1
            )
        rest = await self._index.search(
            space,
            vector,
            replace(ranking.scope, without=ranking.first),
            limit=limit - len(head),
            after=after,
        )
        return head + rest

    async def _enrich(self, hits: list[Hit]) -> list[Match]:
        if not hits:
            return []
        images = await self._catalog.images([hit.image_id for hit in hits])
        dropped_hits.add(len(hits) - len(images))
        return [Match(images[hit.image_id], hit.score) for hit in hits if hit.image_id in images]


def _query_identity(request: SearchRequest, embedded: Embedded) -> tuple[str, ...]:
    """All that shapes the ranking, which a page token therefore belongs to."""
    query = request.query
    if isinstance(query, TextQuery):
        kind, content = "text", query.text.strip()
    elif isinstance(query, ImageQuery):
        kind, content = "image", hashlib.sha256(query.image).hexdigest()
    else:
        kind, content = "stored", query.image_id
    identity = (request.user_id, embedded.space.name, kind, content, request.filter)
    return identity if request.min_score is None else (*identity, repr(request.min_score))


def _behind(place: Place | None, shown: list[Hit], first: str) -> Place | None:
    """The place behind hits that were shown after another."""
    depth = (place.depth if place else 0) + len(shown)
    if not shown:
        return place
    last = shown[-1]
    if last.image_id == first:
        return Place(None, depth)
    return Place(Cursor(last.score, last.image_id, depth), depth)


@contextmanager
def _stage(name: str) -> Iterator[None]:
    started = time.perf_counter()
    with tracer.start_as_current_span(f"search.{name}"):
        try:
            yield
        finally:
            query_stage_s.record(time.perf_counter() - started, {"stage": name})
