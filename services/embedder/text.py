"""What happens to text before it is tokenized, whatever the model."""

import re
import unicodedata

FORM = "2"
"""Version of what this module makes of a text; a remembered vector is of one form."""

# The longest token of the vocabularies in use is far shorter, so that what is cut away
# lies beyond the context.
MAX_CHARACTERS_PER_TOKEN = 64

_CONTROLS = re.compile("[\0-\x1f\x7f-\x9f]")
# Within words, and seen by nobody: soft hyphen, zero-width space, word joiner, byte order mark.
_WITHIN_WORDS = re.compile("[\xad\u200b\u2060\ufeff]")
# Two of these letters are a flag; the name of one says nothing.
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)


def bounded(text: str, context_length: int) -> tuple[str, bool]:
    """Brings text into the form that vocabularies know, and cuts what no context could hold.

    Compatibility forms become the usual letters (Unicode's NFKC, such as full-width ones), white
    space is collapsed. Tokenizers read the whole text before they cut it; a megabyte would take
    them seconds.

    Returns:
        The text to tokenize, and whether its end was cut.
    """
    limit = context_length * MAX_CHARACTERS_PER_TOKEN
    words = _collapsed(_CONTROLS.sub(" ", text))
    cut = len(words) > limit
    if not words.isascii():
        words = unicodedata.normalize("NFKC", _WITHIN_WORDS.sub("", words[:limit]))
        words = _collapsed(words)
    return words[:limit], cut or len(words) > limit


def spelled_out(text: str) -> str:
    """Text with the names of its emoji and symbols in their place, such as `cat face`.

    For vocabularies without them, to which all of them are one and the same unknown word.
    """
    if text.isascii():
        return text
    return _collapsed("".join(map(_spelled, text)))


def _collapsed(text: str) -> str:
    return " ".join(text.split())


def _spelled(character: str) -> str:
    if unicodedata.category(character) != "So" or ord(character) in _FLAG_LETTERS:
        return character
    name = unicodedata.name(character, "")
    return f" {name.lower()} " if name else character
