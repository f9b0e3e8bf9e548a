"""How the words of a text take part in its ranking, the same on every page of it."""

import base64
from collections.abc import Mapping, Sequence

from services.clients.model import Space
from services.runtime.pages import PageTokenError
from services.search.model import Matching, Scope
from services.search.ports import VectorIndex
from services.search.query.fusion import FusedOrder, Order, Wording, WordOrder
from services.search.words.bm25 import rarity

FEW_IMAGES = 10
"""Of fewer, most may share a word that tells them from nothing else; of more, a word of more than
half tells so little that it does not make words count by itself."""

_STEPS = 255
_LETTERS = {Matching.WORDS: "w", Matching.BOTH: "b"}


async def choose_wording(
    index: VectorIndex,
    space: Space,
    user_id: str,
    terms: Sequence[str],
    matching: Matching,
    *,
    share: float,
) -> Wording:
    """How words take part, by how many of the user's own images have each.

    Words that no image has do not count. Where nobody asked for words, those of more than
    half of the images do not count either, and if none is left, meaning alone does.
    """
    if matching is Matching.MEANING:
        return Wording(Matching.MEANING, {})
    having = await index.word_counts(space, user_id, terms)
    if having:
        images = await index.count_in(space, Scope(user_id), exact=False)
        if matching is Matching.AUTOMATIC and images >= FEW_IMAGES:
            having = {term: count for term, count in having.items() if 2 * count <= images}
    if not having:
        return Wording(Matching.WORDS if matching is Matching.WORDS else Matching.MEANING, {})
    rarities = {term: rarity(images, having[term]) for term in terms if term in having}
    most = max(rarities.values())
    steps = {term: max(1, round(_STEPS * one / most)) for term, one in rarities.items()}
    by = Matching.WORDS if matching is Matching.WORDS else Matching.BOTH
    return Wording(by, _weights(steps), share)


def order_of(index: VectorIndex, wording: Wording, *, min_score: float | None) -> Order | None:
    """What orders the images; None for the index as it is."""
    if wording.by is Matching.WORDS:
        return WordOrder(index, wording.weights)
    if wording.by is Matching.BOTH:
        return FusedOrder(index, wording, min_score=min_score)
    return None


def write_wording(wording: Wording, terms: Sequence[str]) -> str:
    """A wording as a page token keeps it: counts change, and a ranking must not.

    Empty for meaning alone.
    """
    if wording.by is Matching.MEANING:
        return ""
    most = max(wording.weights.values(), default=1.0)
    steps = bytes(round(_STEPS * wording.weights.get(term, 0.0) / most) for term in terms)
    counted = base64.urlsafe_b64encode(steps).decode().rstrip("=") if wording.weights else ""
    return f"{_LETTERS[wording.by]}{counted}"


def read_wording(text: str, terms: Sequence[str], *, share: float) -> Wording:
    """The wording that a page token keeps.

    Raises:
        PageTokenError: It is of other words.
    """
    by = next((by for by, letter in _LETTERS.items() if text[:1] == letter), None)
    try:
        padded = text[1:] + "=" * (-len(text[1:]) % 4)
        steps = base64.b64decode(padded, altchars=b"-_", validate=True)
    except ValueError:
        by, steps = None, b""
    counted = {term: step for term, step in zip(terms, steps, strict=False) if step}
    if by is None or len(steps) not in (0, len(terms)) or (by is Matching.BOTH and not counted):
        raise PageTokenError("the page token belongs to another query, or is damaged")
    return Wording(by, _weights(counted), share)


def unpinned(page_token: str) -> tuple[str, str]:
    """What a page token says of its wording, and the rest of it."""
    pin, dot, token = page_token.rpartition(".")
    return (pin, token) if dot else ("", page_token)


def _weights(steps: Mapping[str, int]) -> Mapping[str, float]:
    total = sum(steps.values())
    return {term: step / total for term, step in steps.items()}
