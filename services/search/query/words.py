"""What a person wrote into the search field, taken apart.

`holiday "beach.jpg" -people` looks for a holiday; the name or the labels of what is found have
`beach.jpg`, and not `people`. Quotes may be those of any language. A quote that is never
closed, and a minus with a blank behind it, are characters like others.
"""

import re
from dataclasses import dataclass

from services.runtime.words import query_terms, words_of

MOST_READ = 10_000
"""Characters of a text in which quotes and minus are looked for; no model reads more."""

MOST_TERMS = 32
"""Different words of a text that names and labels are searched for."""

MOST_ASKED = 32
"""Different texts in quotes, and as many behind a minus."""

_STOP_WORDS = """
    a an and are as at be by for from has in into is it its of on or that the this to was were
    which with without image images photo photos picture pictures
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""Words that say nothing of an image where there are others."""

_PART = re.compile(
    r"""(?P<minus>(?<!\S)[-\u2212](?=\S))?
        (?: "(?P<straight>[^"]+)"
          | [\u201c\u201d\u201e\u201f\u00ab\u00bb]
            (?P<curly>[^\u201c\u201d\u201e\u201f\u00ab\u00bb]+)
            [\u201c\u201d\u201e\u201f\u00ab\u00bb]
          | \u300c(?P<corner>[^\u300d]+)\u300d
          | (?P<word>\S+?)(?=$|\s|["\u201c\u201e\u00ab\u300c])
          | (?P<other>\S)
        )
        |(?P<blank>\s+)""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A text as it is meant.

    Attributes:
        text: What a model is to read: all that is looked for, without marks.
        terms: Words to find in names and labels, as `query_terms` writes them.
        having: Texts that name or labels must have.
        lacking: Texts that they must not have.
    """

    text: str
    terms: tuple[str, ...]
    having: tuple[str, ...]
    lacking: tuple[str, ...]


def read_text(text: str) -> Wanted:
    """Takes a text apart."""
    head, rest = text[:MOST_READ], text[MOST_READ:]
    wanted: list[str] = []
    having: dict[str, None] = {}
    lacking: dict[str, None] = {}
    for part in _PART.finditer(head):
        quoted = part["straight"] or part["curly"] or part["corner"]
        said = quoted or part["word"] or part["other"] or part["blank"]
        # What has no word can be neither asked for nor left out.
        counts = (quoted or part["minus"]) and bool(words_of(said))
        if part["minus"] and counts:
            lacking[said.strip()] = None
            continue
        if quoted and counts:
            having[said.strip()] = None
        wanted.append((part["minus"] or "") + said)
    words = "".join(wanted)
    return Wanted(
        text=" ".join(words.split()) + rest,
        terms=_terms(words),
        having=tuple(having)[:MOST_ASKED],
        lacking=tuple(lacking)[:MOST_ASKED],
    )


def _terms(text: str) -> tuple[str, ...]:
    found = list(dict.fromkeys(query_terms(text)))
    telling = [term for term in found if term not in STOP_WORDS]
    return tuple((telling or found)[:MOST_TERMS])
