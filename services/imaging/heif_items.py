"""EXIF and XMP of a HEIC file, which are items beside the picture (ISO/IEC 14496-12, 8.11).

They are read here, because the decoder's own reading of damaged ones ends the process: it gets the
file without any reference from an item to the picture that it describes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

_DESCRIBES = b"cdsc"
_TIFF = (b"II*\0", b"MM\0*")
_MAX_ITEMS = 1000
_MAX_EXTENTS = 64


@dataclass(frozen=True, slots=True)
class Described:
    """What items beside the picture say; None where there are none that can be read."""

    exif: bytes | None = None
    """A TIFF structure."""
    xmp: bytes | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    in_items: bool
    """Whether in the box `idat`, else in the file."""
    extents: tuple[tuple[int, int], ...]
    """Offset and length of each."""


def without_descriptions(data: bytes) -> bytes:
    """The file in which no item describes another, as far as readers can tell."""
    try:
        metas = [where for kind, where in _boxes(data, 0, len(data)) if kind == b"meta"]
    except ValueError:
        metas = []
    # Where boxes are damaged, nobody knows what is picture and what is not.
    for start, end in metas or [(0, len(data))]:
        hidden = data[start:end].replace(_DESCRIBES, b"skip")
        data = b"".join([data[:start], hidden, data[end:]])
    return data


def described(data: bytes) -> Described:
    """Finds EXIF and XMP, the first of each. Damage is none."""
    try:
        return _described(data)
    except (ValueError, IndexError):
        return Described()


def _described(data: bytes) -> Described:
    where = next((where for kind, where in _boxes(data, 0, len(data)) if kind == b"meta"), None)
    meta = dict(_boxes(data, where[0] + 4, where[1])) if where else {}
    if b"iinf" not in meta or b"iloc" not in meta:
        return Described()
    places = dict(_places(data[slice(*meta[b"iloc"])]))
    items = data[slice(*meta[b"idat"])] if b"idat" in meta else b""
    found: dict[bytes, bytes] = {}
    for item_id, kind in _items(data, *meta[b"iinf"]):
        if kind in {b"Exif", b"mime"} and kind not in found and item_id in places:
            content = _content(places[item_id], data, items)
            if content:
                found[kind] = content
    return Described(_tiff(found.get(b"Exif", b"")), found.get(b"mime"))


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Kinds of boxes, and from where to where their contents are."""
    while start + 8 <= end:
        size, kind = _number(data, start, 4), data[start + 4 : start + 8]
        content = start + 8
        if size == 1:
            size, content = _number(data, content, 8), content + 8
        stop = end if size == 0 else start + size
        if not content <= stop <= end:
            raise ValueError(f"a box that ends at {stop}, between {content} and {end}")
        yield kind, (content, stop)
        start = stop


def _items(data: bytes, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Ids and kinds of the items that `iinf` lists."""
    head = 6 if data[start] == 0 else 8
    for count, (kind, (at, _)) in enumerate(_boxes(data, start + head, end)):
        if kind != b"infe" or data[at] not in {2, 3}:
            continue
        if count == _MAX_ITEMS:
            raise ValueError("too many items")
        width = 2 if data[at] == 2 else 4
        kind_at = at + 4 + width + 2
        yield _number(data, at + 4, width), data[kind_at : kind_at + 4]


def _places(iloc: bytes) -> Iterator[tuple[int, _Place]]:
    """Where items are, by id."""
    version = iloc[0]
    offset_size, length_size = iloc[4] >> 4, iloc[4] & 15
    base_size, index_size = iloc[5] >> 4, iloc[5] & 15 if version else 0
    id_size = 2 if version < 2 else 4
    count, at = _number(iloc, 6, id_size), 6 + id_size
    if count > _MAX_ITEMS:
        raise ValueError("too many items")
    for _ in range(count):
        item_id, at = _number(iloc, at, id_size), at + id_size
        method = 0
        if version:
            method, at = _number(iloc, at, 2) & 15, at + 2
        base, at = _number(iloc, at + 2, base_size), at + 2 + base_size
        pieces, at = _number(iloc, at, 2), at + 2
        if pieces > _MAX_EXTENTS:
            raise ValueError("too many pieces of an item")
        extents = []
        for _ in range(pieces):
            at += index_size
            offset, at = _number(iloc, at, offset_size), at + offset_size
            length, at = _number(iloc, at, length_size), at + length_size
            extents.append((base + offset, length))
        if method in {0, 1}:
            yield item_id, _Place(method == 1, tuple(extents))


def _content(place: _Place, data: bytes, items: bytes) -> bytes:
    source = items if place.in_items else data
    if any(offset + length > len(source) for offset, length in place.extents):
        return b""
    return b"".join(source[offset : offset + length] for offset, length in place.extents)


def _tiff(exif: bytes) -> bytes | None:
    """The TIFF structure behind the number that says where it begins, or where it begins truly."""
    if len(exif) < 8:
        return None
    at = 4 + _number(exif, 0, 4)
    if exif[at : at + 4] in _TIFF:
        return exif[at:]
    found = [place for mark in _TIFF if (place := exif.find(mark, 0, 64)) >= 0]
    return exif[min(found) :] if found else None


def _number(data: bytes, at: int, size: int) -> int:
    if at < 0 or at + size > len(data):
        raise ValueError("it ends too soon")
    return int.from_bytes(data[at : at + size], "big")
