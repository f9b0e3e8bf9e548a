"""Kinds of files that videos come in, by their first bytes."""

import pytest

from services.storage.videos.containers import (
    AVI,
    CONTENT_TYPES,
    MATROSKA,
    MOV,
    MPEG_PS,
    MPEG_TS,
    OGG,
    Container,
    kept_type,
    sniff,
)

REST = bytes(2000)
PACKET = b"\x47" + bytes(187)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\0\0\0\x18ftypisom" + REST, MOV),
        (b"\0\0\0\x14ftypqt  " + REST, MOV),
        (b"\0\0\0\x08wide\0\0\0\x08mdat" + REST, MOV),
        (b"\x1a\x45\xdf\xa3" + REST, MATROSKA),
        (b"RIFF\0\0\0\0AVI LIST" + REST, AVI),
        (b"\x00\x00\x01\xba" + REST, MPEG_PS),
        (PACKET * 4, MPEG_TS),
        (b"OggS" + REST, OGG),
    ],
)
def test_a_video_is_known_by_its_first_bytes(head: bytes, expected: Container) -> None:
    assert sniff(head) is expected


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\0\0\0\x18ftypheic" + REST,
        b"\0\0\0\x18ftypavif" + REST,
        b"RIFF\0\0\0\0WEBPVP8 " + REST,
        b"RIFF\0\0\0\0WAVEfmt " + REST,
        PACKET + bytes(188) + PACKET,
        b"#EXTM3U\nhttp://169.254.169.254/" + REST,
        b"ffconcat version 1.0\nfile /etc/passwd" + REST,
    ],
)
def test_pictures_sounds_and_playlists_are_no_videos(head: bytes) -> None:
    assert sniff(head) is None


def test_types_that_several_names_stand_for_are_kept_under_one() -> None:
    assert kept_type("video/x-m4v") == "video/mp4"
    assert kept_type("video/avi") == "video/x-msvideo"
    assert kept_type("image/png") == "image/png"
    assert {kept_type(one) for one in CONTENT_TYPES} == CONTENT_TYPES
