"""What XMP says of a picture in words (ISO 16684-1): in the file itself, or in one beside it.

Titles, descriptions, keywords and ratings are read, in the properties that Lightroom, darktable,
digiKam, Capture One, Bridge and exiftool write. Everything else is left alone.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_BYTES = 4 * 2**20
"""Bytes of XMP that are read; programs keep whole histories in it."""
MOST_KEYWORDS = 500

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_RATING = "{http://ns.adobe.com/xap/1.0/}Rating"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_UNPRINTABLE = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_LINES = re.compile(r"[ \t]*(?:\r\n|\r|\n|\u2028|\u2029)")


@dataclass(frozen=True, slots=True)
class Described:
    """What somebody wrote of a picture.

    Attributes:
        title: One line; empty if there is none.
        description: Perhaps of several lines.
        keywords: Each once, in their order.
        rating: 1 to 5; None if there is none. -1 is "rejected".
    """

    title: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    rating: int | None = None


class XmpUnreadable(ValueError):
    """It is no XMP; the message says why."""


def read_xmp(packet: bytes) -> Described:
    """Reads an XMP packet, or a file of one.

    Raises:
        XmpUnreadable: It is too long, no XML, or has entities or a document type.
    """
    if len(packet) > MOST_BYTES:
        raise XmpUnreadable(f"it has {len(packet)} bytes; at most {MOST_BYTES} are read")
    try:
        # Packets have white space behind them, to be edited in place; programs also leave NULs.
        root: Element = fromstring(packet.strip(b"\0 \t\r\n"), forbid_dtd=True)
    except DefusedXmlException:
        raise XmpUnreadable("it has a document type or entities, which XMP has not") from None
    except (ParseError, ValueError, LookupError) as error:
        raise XmpUnreadable(f"it is no XML: {error}") from None
    about = list(root.iter(f"{_RDF}Description"))
    return Described(
        title=" ".join(_worded(about, f"{_DC}title").split()),
        description=_worded(about, f"{_DC}description"),
        keywords=_keywords(about),
        rating=_rating(about),
    )


def _worded(about: "list[Element]", name: str) -> str:
    """A property in the language that counts: `x-default`, or else the first one."""
    found = [(item.get(_LANGUAGE, ""), _clean(item.text or "")) for item in _items(about, name)]
    said = [one for one in found if one[1]]
    default = next((text for language, text in said if language == "x-default"), "")
    return default or (said[0][1] if said else _simple(about, name))


def _keywords(about: "list[Element]") -> tuple[str, ...]:
    found: dict[str, None] = {}
    for item in _items(about, f"{_DC}subject"):
        word = " ".join(_clean(item.text or "").split())
        if word:
            found[word] = None
    return tuple(found)[:MOST_KEYWORDS]


def _rating(about: "list[Element]") -> int | None:
    try:
        value = float(_simple(about, _RATING))
    except ValueError:
        return None
    # Some programs write 2.5; none has more than five stars.
    if not math.isfinite(value) or not (1 <= value <= 5 or value == -1):
        return None
    return int(value)


def _items(about: "list[Element]", name: str) -> "Iterator[Element]":
    """The items of a property that is an array of RDF."""
    for description in about:
        for found in description.findall(name):
            yield from found.iter(f"{_RDF}li")


def _simple(about: "list[Element]", name: str) -> str:
    """A property that is text: an attribute of what it is said of, or an element in it."""
    for description in about:
        written = description.get(name)
        if written is None:
            element = description.find(name)
            written = None if element is None else element.text
        if written and _clean(written):
            return _clean(written)
    return ""


def _clean(text: str) -> str:
    return _LINES.sub("\n", _UNPRINTABLE.sub("", text)).strip()
