"""The kinds of files that videos come in, told by their first bytes."""

from dataclasses import dataclass

HEAD_BYTES = 1024
"""How much of a file is enough to tell."""


@dataclass(frozen=True, slots=True)
class Container:
    """A kind of file.

    Attributes:
        demuxer: FFmpeg's name of what reads it, and nothing else is let at the bytes: FFmpeg also
            knows playlists, which name other files and addresses.
        content_types: The media types that such a file may be declared as.
    """

    demuxer: str
    content_types: frozenset[str]


MOV = Container("mov", frozenset({"video/mp4", "video/quicktime"}))
MATROSKA = Container("matroska", frozenset({"video/webm", "video/x-matroska"}))
AVI = Container("avi", frozenset({"video/x-msvideo"}))
MPEG_PS = Container("mpeg", frozenset({"video/mpeg"}))
MPEG_TS = Container("mpegts", frozenset({"video/mp2t"}))
OGG = Container("ogg", frozenset({"video/ogg"}))

CONTENT_TYPES = frozenset().union(
    *(one.content_types for one in (MOV, MATROSKA, AVI, MPEG_PS, MPEG_TS, OGG))
)
"""All media types that are taken."""

_SAME_TYPES = {
    "video/x-m4v": "video/mp4",
    "video/avi": "video/x-msvideo",
    "video/msvideo": "video/x-msvideo",
    "video/matroska": "video/x-matroska",
}
_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"})
_PICTURES = frozenset({b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis"})
_MAGIC = {b"\x1a\x45\xdf\xa3": MATROSKA, b"\x00\x00\x01\xba": MPEG_PS, b"OggS": OGG}
_TS_PACKET = 188


def kept_type(content_type: str) -> str:
    """The registered name of a media type that has several."""
    return _SAME_TYPES.get(content_type, content_type)


def sniff(head: bytes) -> Container | None:
    """The kind of a file that begins with these bytes; None if it is none of them."""
    if head[4:8] in _BOXES:
        return None if head[4:8] == b"ftyp" and head[8:12] in _PICTURES else MOV
    if head.startswith(b"RIFF"):
        return AVI if head[8:12] == b"AVI " else None
    for magic, container in _MAGIC.items():
        if head.startswith(magic):
            return container
    packets = head[0 : 3 * _TS_PACKET : _TS_PACKET]
    return MPEG_TS if packets == b"\x47\x47\x47" else None
