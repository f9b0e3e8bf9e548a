"""Pages of matches that were found lately, for as long as the user's images stay as they were.

What is kept is what index and embedder said: which images, in which order, with which scores. The
images' records are asked for each time, with the caller's own token.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from services.clients.model import Space
from services.search.meaning.model import Calibration, Kind, NoCutoff
from services.search.model import Facet, Matching, SearchRequest
from services.search.query.found import Found
from services.search.query.identity import identity_of
from services.search.query.lately import Lately

KEEP_S = 300.0

_PAGE_BYTES, _HIT_BYTES = 1_500, 400
"""What a page and each of its hits take, about."""

Key = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Page:
    """What was found, before storage was asked for records.

    Attributes:
        version: Of the user's images when it was looked for.
        kind: Whose scores the query's compare with.
        meaning: What was known of these scores.
    """

    version: str
    found: Sequence[Found]
    next_page_token: str
    text_truncated: bool
    space: Space
    matched_by: Matching
    unread_words: Sequence[str]
    facets: Sequence[Facet]
    kind: Kind | None
    meaning: Calibration | NoCutoff
    matched_parts: bool = False


class KeptPages:
    """Pages by what was asked.

    Args:
        most_bytes: What all may take; 0 keeps none.
    """

    def __init__(self, most_bytes: int, keep_s: float = KEEP_S) -> None:
        self.enabled = most_bytes > 0
        """Whether any is kept."""
        self._pages: Lately[Key, Page] = Lately(most_bytes, keep_s, _size)

    def get(self, key: Key, version: str) -> Page | None:
        """The page of a version; None if it is not kept."""
        page = self._pages.get(key)
        if page is None or page.version == version:
            return page
        self._pages.forget(key)
        return None

    def keep(self, key: Key, page: Page) -> None:
        """Keeps a page."""
        self._pages.keep(key, page)


def key_of(request: SearchRequest, space: Space) -> Key:
    """Whose page, and a digest of all that shapes it; not what is shown of each image."""
    shape = (
        identity_of(request, space),
        [(one.field, one.weight, one.region) for one in request.examples],
        request.limit,
        request.page_token,
        tuple(request.facet_labels),
        request.facet_months,
    )
    return request.user_id, hashlib.sha256(repr(shape).encode()).digest()


def _size(page: Page) -> int:
    hits = sum(1 + len(one.folded) for one in page.found)
    values = sum(len(facet.values) for facet in page.facets)
    return _PAGE_BYTES + _HIT_BYTES * (hits + values)
