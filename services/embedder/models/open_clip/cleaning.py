"""How OpenCLIP cleans words before they are tokenized (`open_clip.tokenizer`)."""

import html
import string
from collections.abc import Callable, Mapping

import ftfy

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def _basic(text: str) -> str:
    """Undoes broken encodings and HTML entities."""
    return html.unescape(html.unescape(ftfy.fix_text(text))).strip()


def _whitespace(text: str) -> str:
    return " ".join(_basic(text).split())


def _lower(text: str) -> str:
    return _whitespace(text).lower()


def _canonicalize(text: str) -> str:
    """Lower case, no punctuation, underscores as spaces."""
    words = _basic(text).replace("_", " ").translate(_NO_PUNCTUATION).lower()
    return " ".join(words.split())


CLEANERS: Mapping[str, Callable[[str], str]] = {
    "lower": _lower,
    "whitespace": _whitespace,
    "canonicalize": _canonicalize,
}
