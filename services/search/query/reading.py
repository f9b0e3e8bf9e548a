"""Which words of a text a model cannot read, as far as scripts tell."""

import unicodedata
from collections.abc import Mapping

from services.runtime.words import words_of

SCRIPTS: Mapping[str, frozenset[str]] = {"compact": frozenset({"LATIN"})}
"""Scripts that a model's words are written in. Of models that are not here nothing is known, and
they are given all. `compact` has a sentence encoder of English: it has a few letters of other
scripts, without their words. Emoji are read to it by their English names; flags have none."""

_FLAG_LETTERS = range(0x1F1E6, 0x1F200)

MOST_NAMED = 32
"""Most words that an answer names."""


def read_by(model: str, text: str) -> tuple[str, list[str]]:
    """What of a text a model is given, and the words that it cannot read, as they were written.

    A word that is partly of another script cannot be read. Digits and signs can.
    """
    scripts = SCRIPTS.get(model)
    if scripts is None or text.isascii():
        return text, []
    kept: list[str] = []
    unread: dict[str, None] = {}
    for word in text.split():
        if all(_is_read(character, scripts) for character in word):
            kept.append(word)
        else:
            unread[_bare(word)] = None
    # Signs alone are nothing to look for.
    readable = " ".join(kept) if any(words_of(word) for word in kept) else ""
    return readable, list(unread)[:MOST_NAMED]


def _is_read(character: str, scripts: frozenset[str]) -> bool:
    if ord(character) in _FLAG_LETTERS:
        return False
    if character.isascii() or unicodedata.category(character)[0] != "L":
        return True
    normal = unicodedata.normalize("NFKC", character)
    return normal.isascii() or unicodedata.name(normal[0], "").partition(" ")[0] in scripts


def _bare(word: str) -> str:
    """A word without the signs around it, as long as something is left."""
    return word.strip(".,;:!?()[]{}\u2026\u3001\u3002\uff01\uff1f") or word
