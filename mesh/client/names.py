"""Names of files and things, as they may be shown, sent and saved."""

import re
import unicodedata

MAX_SAVED_BYTES = 143
"""Longest file name that is written: what encrypted folders of Linux and of NAS devices take."""

UNPRINTABLE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # controls, the escape character among them
    "\u2028\u2029"  # line and paragraph separators
    "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates of direction
    "\u206a-\u206f\ufeff\ufff9-\ufffb"  # deprecated format characters, byte order mark, annotations
    "\ud800-\udfff"  # bytes of a file name or an argument that are not UTF-8
    "]"
)
"""What a terminal would obey instead of show, what turns the direction of the text around it,
and what is not UTF-8."""
_KEPT_CATEGORIES = frozenset("LMN")


def printable(text: str) -> str:
    """The text as one line that is safe on a terminal and is valid UTF-8.

    Each unprintable character becomes U+FFFD. Joiners and the marks of
    right-to-left scripts are none: words need them.
    """
    return UNPRINTABLE.sub("\ufffd", text)


def safe_name(name: str, *, ending: str = "", max_bytes: int = MAX_SAVED_BYTES) -> str:
    """A file name that stays in its folder, on any file system and in any shell.

    Args:
        name: What to make it of, in any script.
        ending: Put behind it as it is.
        max_bytes: At most so many bytes with the ending; a longer name loses its middle, so
            that its number and suffix stay.
    """
    kept = "".join(
        c if unicodedata.category(c)[0] in _KEPT_CATEGORIES or c in "._-" else "_" for c in name
    )
    return _without_middle(kept.lstrip(".-") or "image", max_bytes - len(ending.encode())) + ending


def _without_middle(name: str, max_bytes: int) -> str:
    encoded = name.encode()
    if len(encoded) <= max_bytes:
        return name
    half = (max_bytes - 1) // 2
    head, tail = encoded[:half], encoded[-half:]
    return f"{head.decode(errors='ignore')}_{tail.decode(errors='ignore')}"
