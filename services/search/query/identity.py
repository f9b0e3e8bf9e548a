"""What makes two requests pages of one ranking."""

import hashlib
import json
from collections.abc import Iterable

from services.clients.model import Space
from services.search.model import Example, ImageQuery, Matching, SearchRequest, TextQuery


def identity_of(request: SearchRequest, space: Space) -> tuple[str, ...]:
    """All that shapes a ranking, to which a page token therefore belongs.

    What a request leaves out adds nothing, so that tokens outlive versions that know more.
    """
    kind, content = _content(request.examples)
    parts = [request.user_id, space.name, kind, content, request.filter]
    if request.min_score is not None:
        parts.append(repr(request.min_score))
    if request.confident_only:
        # Without the cut-off itself, which may be learnt anew between two pages.
        parts.append("confident")
    if request.exclude:
        excluded = "\n".join(sorted(set(request.exclude)))
        parts.append(f"exclude={hashlib.sha256(excluded.encode()).hexdigest()}")
    if request.exact:
        parts.append("exact")
    if request.diversity:
        parts.append(f"diversity={request.diversity!r}")
    if request.fold_duplicates:
        parts.append("fold")
    if request.matching is not Matching.AUTOMATIC:
        parts.append(f"matching={request.matching.value}")
    if request.match_parts is not None:
        parts.append("parts" if request.match_parts else "whole")
    if request.words_weight != 1:
        parts.append(f"words_weight={request.words_weight!r}")
    return tuple(parts)


def _content(examples: Iterable[Example]) -> tuple[str, str]:
    known = [(*_of(example), example) for example in examples]
    if len(known) == 1 and known[0][2].region is None:
        return known[0][:2]
    told = [
        [
            kind,
            content,
            one.weight,
            one.region and (one.region.left, one.region.top, one.region.right, one.region.bottom),
        ]
        for kind, content, one in known
    ]
    return "mix", json.dumps(told)


def _of(example: Example) -> tuple[str, str]:
    if isinstance(example.of, TextQuery):
        return "text", example.of.text.strip()
    if isinstance(example.of, ImageQuery):
        return "image", hashlib.sha256(example.of.image).hexdigest()
    return "stored", example.of.image_id
