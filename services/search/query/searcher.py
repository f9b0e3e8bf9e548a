"""The use case: from a query to the caller's own images that are closest to it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from services.clients.model import Space
from services.clients.ports import Catalog
from services.runtime.filters import parse_filter
from services.runtime.telemetry_contract import KIND, OUTCOME, QUERY_STAGE, STAGE
from services.runtime.text import kept_filter
from services.search.errors import CutoffNotReady, CutoffUnknown, PartsNotIndexed
from services.search.index.conditions import FILTER_FIELDS
from services.search.index.ranking import SCORE_DIGITS
from services.search.meaning.cutoffs import Cutoffs
from services.search.meaning.model import LEAST_IMAGES, Calibration, Kind, NoCutoff
from services.search.model import (
    Facet,
    Match,
    Matching,
    Scope,
    SearchAnswer,
    SearchRequest,
    TextQuery,
)
from services.search.ports import VectorIndex
from services.search.query.arranged_pages import DiversePages, FoldedPages
from services.search.query.facets import count_facets
from services.search.query.found import Found
from services.search.query.fusion import Wording
from services.search.query.identity import identity_of
from services.search.query.kept_pages import KeptPages, Page, key_of
from services.search.query.pages import Pages, RankedPages
from services.search.query.planner import Plan, Planner
from services.search.query.ranking import Ranking
from services.search.query.read_mask import check_mask
from services.search.query.showing import Showing
from services.search.query.understanding import Understood, understood
from services.search.query.wording import (
    choose_wording,
    order_of,
    read_wording,
    unpinned,
    write_wording,
)
from services.search.telemetry import query_stage_s, remembered, tracing

MAX_ROUNDS = 4
"""Times that matches are fetched to fill a page whose hits turn out to be deleted."""


class Searcher:
    """Embeds the query, ranks the caller's vectors, shows storage's records of them.

    Isolation is checked twice: the index is asked only for the caller's images,
    and storage is asked with the caller's own token. What storage does not give
    is not shown.

    Args:
        index: Vectors of the users' images.
        planner: Embeds.
        catalog: Records, as the caller may see them.
        cutoffs: What scores mean.
        pages: What was found lately; None keeps nothing.
    """

    def __init__(
        self,
        index: VectorIndex,
        planner: Planner,
        catalog: Catalog,
        cutoffs: Cutoffs,
        pages: KeptPages | None = None,
    ) -> None:
        self._index = index
        self._pages = pages or KeptPages(0)
        self._planner = planner
        self._cutoffs = cutoffs
        self._showing = Showing(index, catalog)

    async def search(self, request: SearchRequest) -> SearchAnswer:
        """Finds a page of images.

        Raises:
            QueryEmpty: A text has no words.
            ExamplesCancelOut: Nothing is left to look for.
            FilterError, PageTokenError: They cannot be read, or do not belong together.
            ImageNotFound, ImageNotIndexed: A stored image is not the caller's, or has no
                vector yet.
            CutoffUnknown, CutoffNotReady: Only confident matches are wanted, and nothing says
                which these are.
            PartsNotIndexed: Parts of images are to be compared, and the index has none.
            InvalidInput: The read mask names no field, a region is too small, or the embedder
                refuses an image; the reason says which.
            Unavailable: A part that is needed is down.
        """
        check_mask(request.read_mask)
        version = await self._version(request)
        if version is not None and (answer := await self._again(request, version)) is not None:
            return answer
        return await self._anew(request, version)

    async def _version(self, request: SearchRequest) -> str | None:
        """Of the user's images; None if nothing is kept of such a request."""
        if not self._pages.enabled or request.explain:
            return None
        return await self._index.version(await self._planner.space(), request.user_id)

    async def _again(self, request: SearchRequest, version: str) -> SearchAnswer | None:
        """The answer of before, if all that it was made of is as it was."""
        page = self._pages.get(key_of(request, await self._planner.space()), version)
        if page is None:
            return None
        meaning = await self._cutoffs.of(request.user_id, page.space, page.kind)
        if meaning is not page.meaning:
            return None
        with _stage("enrich"):
            matches = await self._showing.matches(
                page.found,
                None,
                request,
                calibration=_calibration(meaning),
                examples=request.examples,
            )
        if len(matches) < len(page.found):
            # Some were deleted, and others take their places.
            return None
        remembered.add(1, {KIND: "page", OUTCOME: "hit"})
        return _answer(page, matches)

    async def _anew(self, request: SearchRequest, version: str | None) -> SearchAnswer:
        with _stage("embed"):
            meant = await self._understood(request)
            meaning = await self._by_meaning(request, meant, checked_later=True)
        worded, token = await self._worded(meaning, meant, request)
        ranking = await self._calibrated(worded, request)
        pages = _pages(ranking, request, token)
        matches: list[Match] = []
        found: list[Found] = []
        rounds = 0
        # Whoever's the examples are, storage is asked once.
        while not rounds or (pages.more and len(matches) < request.limit and rounds < MAX_ROUNDS):
            with _stage("retrieve"):
                some = await pages.take(request.limit - len(matches))
            with _stage("enrich"):
                matches += await self._showing.matches(
                    some,
                    ranking.plan,
                    request,
                    wording=ranking.wording,
                    calibration=ranking.calibration,
                    examples=() if rounds else request.examples,
                    crops=ranking.crops,
                )
            found += some
            rounds += 1
        page = Page(
            version or "",
            found,
            ranking.pinned(pages.token()) if pages.more else "",
            ranking.plan.truncated,
            ranking.plan.space,
            ranking.wording.by,
            meant.unread_words,
            await self._facets(request, ranking),
            ranking.kind,
            ranking.meaning,
            matched_parts=ranking.crops and ranking.wording.by is not Matching.WORDS,
        )
        if version is not None:
            remembered.add(1, {KIND: "page", OUTCOME: "miss"})
            # With those that storage did not give, it is a page of what storage had then.
            if len(matches) == len(found) and ranking.meaning is not NoCutoff.NOT_READY:
                self._pages.keep(key_of(request, page.space), page)
        return _answer(page, matches)

    async def ranking(self, request: SearchRequest) -> Ranking:
        """The caller's images in the order of what a request means, whatever their words.

        Raises:
            ArgusError: As `search`, but for page tokens and masks.
        """
        request = replace(request, matching=Matching.MEANING)
        meaning = await self._by_meaning(request, await self._understood(request))
        return await self._calibrated(meaning, request)

    async def _understood(self, request: SearchRequest) -> Understood:
        has_words = any(isinstance(example.of, TextQuery) for example in request.examples)
        model = (await self._planner.space()).model if has_words else ""
        return understood(request, model)

    async def plan(self, request: SearchRequest) -> Plan:
        """What a query comes to by meaning; pages, masks and the like count for nothing.

        Raises:
            ArgusError: As `search`, of the query.
        """
        request = replace(request, matching=Matching.MEANING)
        meant = await self._understood(request)
        self.in_parts(request)
        scope_of(request, meant)
        return await self._planner.plan(meant.examples, request.user_id)

    async def least_score(self, request: SearchRequest, space: Space) -> float | None:
        """From which score on images match a query by meaning; None if all do.

        Args:
            request: The query, which has both words and pictures, or one of them.
            space: An open space.

        Raises:
            CutoffUnknown, CutoffNotReady: Only confident matches are wanted, and nothing says
                which these are.
            IndexUnavailable: The index does not answer.
        """
        meaning = await self._meaning(_kind(request, self.in_parts(request)), space, request)
        return _least_score(request, _calibration(meaning))

    async def _by_meaning(
        self, request: SearchRequest, meant: Understood, *, checked_later: bool = False
    ) -> Ranking:
        scope = scope_of(request, meant)
        if meant.examples:
            plan = await self._planner.plan(
                meant.examples, request.user_id, checked_later=checked_later
            )
        else:
            plan = await self._planner.without_meaning()
        plan = replace(plan, numbers=meant.numbers)
        return Ranking(self._index, plan, scope, request.exact, crops=self.in_parts(request))

    def in_parts(self, request: SearchRequest) -> bool:
        """Whether a query is compared with parts of images, too.

        Raises:
            PartsNotIndexed: It is to be, and the index has none.
        """
        if request.match_parts is False:
            return False
        if self._index.keeps_crops:
            fits = any(one.region is not None and one.weight > 0 for one in request.examples)
            return request.match_parts or (fits and not request.confident_only)
        if request.match_parts:
            raise PartsNotIndexed(
                "images are not indexed in parts here; whoever runs Argus can switch that on"
                " (ARGUS_SEARCH_CROPS), or search without match_parts",
                field="match_parts",
            )
        return False

    async def _worded(
        self, ranking: Ranking, meant: Understood, request: SearchRequest
    ) -> tuple[Ranking, str]:
        """A ranking with its words, as on the page before; and the page token without them."""
        space, share = ranking.plan.space, request.words_weight
        pin, token = unpinned(request.page_token)
        if pin:
            wording = read_wording(pin, meant.terms, share=share)
        elif token:
            wording = Wording(Matching.MEANING, {}, share)
        else:
            wording = await choose_wording(
                self._index, space, request.user_id, meant.terms, meant.matching, share=share
            )
        return replace(ranking, wording=wording, pin=write_wording(wording, meant.terms)), token

    async def _calibrated(self, ranking: Ranking, request: SearchRequest) -> Ranking:
        """A ranking that knows what its scores mean, and ends where they are too low."""
        kind = None if ranking.wording.by is Matching.WORDS else _kind(request, ranking.crops)
        meaning = await self._meaning(kind, ranking.plan.space, request)
        least = _least_score(request, _calibration(meaning))
        order = order_of(self._index, ranking.wording, min_score=least)
        return replace(ranking, order=order, min_score=least, kind=kind, meaning=meaning)

    async def _meaning(
        self, kind: Kind | None, space: Space, request: SearchRequest
    ) -> Calibration | NoCutoff:
        """What the query's scores mean, or why that is unknown, if it need not be known."""
        found = await self._cutoffs.of(request.user_id, space, kind)
        if isinstance(found, Calibration) or not request.confident_only:
            return found
        if found is NoCutoff.NOT_READY:
            raise CutoffNotReady(
                "which matches are more than chance is still being learnt; try again",
                field="confident_only",
                retry_after_s=1,
            )
        raise CutoffUnknown(
            f"which matches are more than chance can be learnt from {LEAST_IMAGES} images on, "
            "and for the meaning of words alone or of a picture alone, by whole images; "
            "search without confident_only",
            field="confident_only",
        )

    async def _facets(self, request: SearchRequest, ranking: Ranking) -> list[Facet]:
        """Of all pages alike, so they come with the first."""
        if request.page_token or not (request.facet_labels or request.facet_months):
            return []
        return await count_facets(
            self._index,
            ranking.plan.space,
            ranking.scope,
            request.facet_labels,
            months=request.facet_months,
        )

    @property
    def showing(self) -> Showing:
        """How images become matches."""
        return self._showing


def _answer(page: Page, matches: list[Match]) -> SearchAnswer:
    calibration = _calibration(page.meaning)
    return SearchAnswer(
        matches=matches,
        next_page_token=page.next_page_token,
        text_truncated=page.text_truncated,
        model=page.space.model,
        cutoff=calibration.cutoff if calibration else None,
        matched_by=page.matched_by,
        unread_words=page.unread_words,
        facets=page.facets,
        matched_parts=page.matched_parts,
    )


def _calibration(meaning: Calibration | NoCutoff) -> Calibration | None:
    return meaning if isinstance(meaning, Calibration) else None


def scope_of(request: SearchRequest, meant: Understood) -> Scope:
    """Which images a query is of.

    Raises:
        FilterError: The filter cannot be read.
    """
    return Scope(
        request.user_id,
        kept_filter(parse_filter(request.filter, FILTER_FIELDS)),
        excluded=request.exclude,
        having=meant.having,
        lacking=meant.lacking,
    )


def _kind(request: SearchRequest, crops: bool) -> Kind | None:
    """Whose scores the query's compare with; None if it has more than one part.

    None, too, of parts of images: the best of several scores is higher by chance alone.
    """
    if crops or len(request.examples) != 1:
        return None
    return Kind.WORDS if isinstance(request.examples[0].of, TextQuery) else Kind.PICTURE


def _least_score(request: SearchRequest, calibration: Calibration | None) -> float | None:
    """The lowest score that is shown, as exact as scores are; None if all are."""
    floors = []
    if request.min_score is not None:
        floors.append(round(request.min_score, SCORE_DIGITS))
    if request.confident_only and calibration is not None:
        floors.append(calibration.cutoff.score)
    return max(floors, default=None)


def _pages(ranking: Ranking, request: SearchRequest, token: str) -> Pages:
    identity = (*identity_of(request, ranking.plan.space), *([ranking.pin] if ranking.pin else []))
    if request.diversity:
        return DiversePages(
            ranking,
            token,
            identity,
            diversity=request.diversity,
            fold=request.fold_duplicates,
        )
    if request.fold_duplicates:
        return FoldedPages(ranking, token, identity)
    return RankedPages(ranking, token, identity)


@contextmanager
def _stage(name: str) -> Iterator[None]:
    started = time.perf_counter()
    with tracing.span(QUERY_STAGE, {STAGE: name}):
        try:
            yield
        finally:
            query_stage_s.record(time.perf_counter() - started, {STAGE: name})
