"""Fonts for whatever script people write in.

Noto fonts are embedded, as far as they are used. Of Chinese, Japanese and Korean none is: their
fonts weigh more than all of Argus's code, so that a PDF names one that readers substitute by one
of their own.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from html import escape
from importlib import resources
from itertools import groupby

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

PLAIN = "NotoSans"

_PACKAGE = "manimgx_fonts"
_FILE = re.compile(r"(NotoSans(?!-)\w*)(?:\[wght\])?\.ttf")

_JAPANESE, _KOREAN, _CHINESE = "HeiseiKakuGo-W5", "HYGothic-Medium", "STSong-Light"

WORDS_A_LINE = 8
"""Words from right to left that stay on one line: their order is turned within it."""

_RIGHT_TO_LEFT = {"R", "AL"}
_DIGITS = {"EN", "AN"}


@cache
def fonts() -> tuple[TTFont, ...]:
    """Registers the fonts; those that have characters of their own, the plain one first."""
    for name in (_JAPANESE, _KOREAN, _CHINESE):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    found = []
    for file in sorted(resources.files(_PACKAGE).iterdir(), key=lambda file: file.name):
        match = _FILE.fullmatch(file.name)
        if match is None:
            continue
        with resources.as_file(file) as path:
            # Shaping Latin letters would only make ligatures, which searches do not find.
            font = TTFont(match[1], str(path), shapable=match[1] != PLAIN)
        pdfmetrics.registerFont(font)
        found.append(font)
    return tuple(sorted(found, key=lambda font: (font.fontName != PLAIN, font.fontName)))


def marked_up(text: str) -> str:
    """Text as markup of reportlab's paragraphs, every character in a font that has it."""
    return "<br/>".join(
        "".join(
            f'<font name="{name}">{escape(part, quote=False)}</font>'
            for name, part in _by_font(_as_seen(line))
        )
        for line in _lines(text)
    )


def _lines(text: str) -> Iterator[str]:
    """Lines; those from right to left are broken here, because reportlab breaks them wrongly."""
    for line in text.split("\n"):
        words = line.split(" ")
        if _is_right_to_left(line) and len(words) > WORDS_A_LINE:
            for start in range(0, len(words), WORDS_A_LINE):
                yield " ".join(words[start : start + WORDS_A_LINE])
        else:
            yield line


def _as_seen(line: str) -> str:
    """A line with words from right to left in the order in which they are seen.

    HarfBuzz turns the letters of each word. Neighbouring words of that direction
    are turned here, which is the whole of the Unicode bidirectional algorithm
    (UAX 9) for a name or a note in one or two languages without brackets.
    """
    if not any(_is_right_to_left(word) for word in line.split(" ")):
        return line
    words = [
        (direction, list(some))
        for direction, some in groupby(line.split(" "), key=_is_right_to_left)
    ]
    turned = [some[::-1] if direction else some for direction, some in words]
    if _starts_right_to_left(line):
        turned.reverse()
    return " ".join(word for some in turned for word in some)


def _is_right_to_left(word: str) -> bool:
    return any(unicodedata.bidirectional(one) in _RIGHT_TO_LEFT for one in word)


def _starts_right_to_left(line: str) -> bool:
    for one in line:
        direction = unicodedata.bidirectional(one)
        if direction in _RIGHT_TO_LEFT:
            return True
        if direction == "L":
            return False
    return False


def _by_font(text: str) -> list[tuple[str, str]]:
    """Runs of text and the names of their fonts."""
    east = _eastern(text)
    found: list[tuple[str, str]] = []
    for one in text:
        # Blanks and marks stay with what they stand beside, as far as its font has them.
        name = found[-1][0] if found and _has(found[-1][0], one) else _font_of(one, east)
        if found and found[-1][0] == name:
            found[-1] = name, found[-1][1] + one
        else:
            found.append((name, one))
    return found


def _has(name: str, character: str) -> bool:
    return _neutral(character) and any(
        ord(character) in font.face.charToGlyph for font in fonts() if font.fontName == name
    )


def _neutral(character: str) -> bool:
    return character == " " or unicodedata.category(character) in {"Mn", "Mc", "Cf"}


def _font_of(character: str, east: str) -> str:
    for font in fonts():
        if ord(character) in font.face.charToGlyph:
            return str(font.fontName)
    return east


def _eastern(text: str) -> str:
    """Whose characters Han ones are, as the rest of the text tells."""
    names = {unicodedata.name(one, "").split(" ")[0] for one in text}
    if names & {"HANGUL"}:
        return _KOREAN
    return _JAPANESE if names & {"HIRAGANA", "KATAKANA"} else _CHINESE
