"""Text as people write it: what is kept of it, and whether any of it can be seen.

Names and labels of images are stored in one normal form. Storage and search bring the values of a
filter into the same form, so that a filter finds an image by the name that the client sent.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping

from services.runtime.filters import LABELS, And, Comparison, Filter, Not, Or

# Blanks, controls, formats, selectors and fillers: nothing of them is seen by itself. The contract
# has the same characters for names.
_UNSEEN = re.compile(
    "[\0-\x20\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f"
    "\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000e0000-\U000e0fff]*"
)

# Controls and line ends, which break what a name is written into; what orders other characters
# anew, so that a name seems another (embeddings, overrides, isolates and their deprecated kin);
# byte order marks and annotations. Joiners, selectors and tags are part of words and of emoji.
_DROPPED = re.compile(
    "[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)

# What text of people's has not, since the contract refuses it; records from before may have it.
_HARMFUL = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb]"
)

_TYPES: Mapping[str, str] = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/x-bmp": "image/bmp",
    "image/x-ms-bmp": "image/bmp",
    "image/tif": "image/tiff",
    "image/x-tiff": "image/tiff",
    "image/heif": "image/heic",
    "image/heic-sequence": "image/heic",
    "image/heif-sequence": "image/heic",
}


def is_blank(text: str) -> bool:
    """Whether a text has no visible character."""
    return _UNSEEN.fullmatch(text) is not None


def harmless(text: str) -> str:
    """Text that people wrote, for a file or a page that others open.

    What a terminal obeys or what reorders other characters becomes U+FFFD; line breaks stay.
    """
    return _HARMFUL.sub("\ufffd", text)


def kept_filename(text: str) -> str:
    """A file name without folders, and without characters that would mislead or break it.

    In Unicode's composed form; empty if nothing is left that can be seen.
    """
    base = text.replace("\\", "/").rpartition("/")[2]
    kept = unicodedata.normalize("NFC", _DROPPED.sub("", base)).strip()
    return "" if is_blank(kept) or kept in {".", ".."} else kept


def kept_label(text: str) -> str:
    """A label's value in Unicode's composed form, so that what looks alike is alike."""
    return unicodedata.normalize("NFC", text)


def kept_note(text: str) -> str:
    """A note in Unicode's composed form, its lines ended as one system does."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def kept_content_type(text: str) -> str:
    """A media type by its registered name, without parameters."""
    name = text.partition(";")[0].strip().lower()
    return _TYPES.get(name, name)


_KEPT: Mapping[str, Callable[[str], str]] = {
    "filename": lambda text: kept_filename(text) or text,
    "content_type": kept_content_type,
    "sha256": str.lower,
    LABELS: kept_label,
    "camera": kept_label,
    "lens": kept_label,
    "note": kept_note,
}


def kept_filter(where: Filter | None) -> Filter | None:
    """A filter of images whose values are in the form in which they are kept."""
    return None if where is None else _kept(where)


def _kept(where: Filter) -> Filter:
    match where:
        case And(terms):
            return And(tuple(_kept(term) for term in terms))
        case Or(terms):
            return Or(tuple(_kept(term) for term in terms))
        case Not(term):
            return Not(_kept(term))
        case Comparison(field, key, op, value) if field in _KEPT:
            return Comparison(field, key, op, _KEPT[field](value))
        case _:
            return where
