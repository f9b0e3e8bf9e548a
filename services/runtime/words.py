"""Words of a text in any script, in the form in which they are compared.

Boundaries are about those of Unicode (UAX 29), and more of them: file names are also
split at `_`, where letters meet digits, and where small letters meet capitals. What
is written without spaces (Chinese, Japanese, Korean, Thai and their like) is taken
apart into characters, and pairs of neighbours are words. Emoji are words.

Words are compared in Unicode's form NFKC, without case, and Latin letters without
accents: `Café`, `cafe` and `ＣＡＦＥ` are one word.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

MOST_CHARACTERS = 4096
"""Characters of a text that are read; the rest is not searched by words."""

MOST_LENGTH = 64
"""Characters of a word; what is longer is cut."""

MOST_PIECES = 6
"""A name that falls into more pieces where letters meet digits is an id, and stays whole."""

_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1100, 0x11FF),  # Hangul, in parts
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),
    (0x3021, 0x3029),
    (0x3031, 0x3035),
    (0x3038, 0x318F),  # Kana, Bopomofo, Hangul
    (0x31A0, 0x31BF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),
    (0xF900, 0xFAFF),
    (0x1AFF0, 0x1B16F),
    (0x20000, 0x3FFFF),
)
_JOINER = "\u200d"
_APOSTROPHES = "'\u2019\u02bc"
_SELECTORS = frozenset("\ufe0e\ufe0f\u20e3\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
"""How an emoji is to look: as text or in colours, and in which skin."""

_HUMP = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][^\W\d_A-Z])")
_PIECE = re.compile(r"\d+|\D+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text.

    Attributes:
        text: Its folded form; one character of what is written without spaces.
        whole: The longer name that it is the first piece of, folded; empty for none.
        glued: True if it goes on where the character before it ended.
    """

    text: str
    whole: str = ""
    glued: bool = False


def words_of(text: str) -> list[Word]:
    """The words of a text's first `MOST_CHARACTERS` characters, in order."""
    return list(_words(unicodedata.normalize("NFKC", text[:MOST_CHARACTERS])))


def terms_of(text: str) -> list[str]:
    """What a text is found by: its words, wholes of split names, and pairs of characters.

    In order and as often as they come.
    """
    found: list[str] = []
    before: Word | None = None
    for word in words_of(text):
        found.append(word.text)
        if word.whole:
            found.append(word.whole)
        if word.glued and before is not None:
            found.append(before.text + word.text)
        before = word
    return found


def query_terms(text: str) -> list[str]:
    """What a text asks for: as `terms_of`, but of characters in a row only the pairs."""
    words = words_of(text)
    found: list[str] = []
    for at, word in enumerate(words):
        if word.glued:
            found.append(words[at - 1].text + word.text)
        followed = at + 1 < len(words) and words[at + 1].glued
        if not word.glued and not followed:
            found.append(word.text)
        if word.whole:
            found.append(word.whole)
    return found


def neighbours_of(text: str) -> set[str]:
    """Terms of a text, and pairs of neighbours with a space between: what phrases are told by."""
    return {*terms_of(text), *_pairs([word.text for word in words_of(text)])}


def asked_neighbours(text: str) -> list[str]:
    """What of `neighbours_of` a text must have that has these words in a row; empty for no word.

    Of three words and more each pair is asked for, which a text can have in two places.
    """
    words = [word.text for word in words_of(text)]
    return words if len(words) < 2 else list(dict.fromkeys(_pairs(words)))


def _pairs(words: list[str]) -> Iterator[str]:
    return (f"{one} {other}" for one, other in pairwise(words))


def is_unspaced(character: str) -> bool:
    """Whether it is of a script that is written without spaces, or of Korean."""
    code = ord(character)
    return code >= _UNSPACED[0][0] and any(first <= code <= last for first, last in _UNSPACED)


def folded(text: str) -> str:
    """A text in the form in which words are compared."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if text.isascii():
        return text
    kept: list[str] = []
    latin = False
    for character in unicodedata.normalize("NFD", text):
        if unicodedata.combining(character):
            if latin:
                continue
        else:
            latin = "LATIN" in unicodedata.name(character, "")
        kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept))


def _words(text: str) -> Iterator[Word]:
    glued = False
    for kind, run in _runs(text):
        if kind == "character":
            yield Word(folded(run)[:MOST_LENGTH], glued=glued)
            glued = True
            continue
        glued = False
        if kind == "emoji":
            yield Word(run[:MOST_LENGTH])
        elif kind == "word":
            yield from _pieces(run)


def _pieces(run: str) -> Iterator[Word]:
    """A run of letters and digits, taken apart as names of files are."""
    pieces = [piece for hump in _HUMP.split(run) for piece in _PIECE.findall(hump)]
    whole = folded(run)[:MOST_LENGTH]
    if len(pieces) == 1 or len(pieces) > MOST_PIECES:
        yield Word(whole)
        return
    for at, piece in enumerate(pieces):
        yield Word(folded(piece)[:MOST_LENGTH], whole="" if at else whole)


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """Runs of a text: `word`, `character`, `emoji`, or "" for what is between."""
    kind, run = "", ""
    for at, written in enumerate(text):
        character = "'" if written in _APOSTROPHES else written
        category = unicodedata.category(character)
        if character in _SELECTORS:
            continue
        if character == _JOINER:
            if kind == "emoji":
                run += character
            continue
        if category == "Cf":
            # Within words, and seen by nobody.
            continue
        if category[0] == "M":
            # A mark belongs to what it stands on.
            run += character if kind in ("word", "character") else ""
            continue
        following = _kind(character, category)
        if character == "'" and kind == "word" and _is_letter(text[at + 1 : at + 2]):
            following = "word"
        goes_on = following == kind == "word" or (
            following == kind == "emoji"
            and (run.endswith(_JOINER) or _is_half_flag(run, character))
        )
        if goes_on:
            run += character
            continue
        if run:
            yield kind, run.rstrip(_JOINER)
        kind, run = following, character
    if run:
        yield kind, run.rstrip(_JOINER)


def _kind(character: str, category: str) -> str:
    if category[0] in "LN":
        return "character" if is_unspaced(character) else "word"
    # A picture: a symbol that is neither mathematics nor money.
    return "emoji" if category == "So" else ""


def _is_letter(character: str) -> bool:
    return bool(character) and unicodedata.category(character)[0] == "L"


def _is_half_flag(run: str, character: str) -> bool:
    return len(run) == 1 and all("\U0001f1e6" <= one <= "\U0001f1ff" for one in (run, character))
