"""File names as they are kept."""

from typing import Any

import pytest

from services.runtime.filters import parse_filter
from services.runtime.text import kept_content_type, kept_filter
from services.storage.errors import FilenameInvalid
from services.storage.filenames import clean_filename, content_disposition
from services.storage.filter_sql import FILTER_FIELDS, to_sql


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("cat.png", "cat.png"),
        ("photos/2026/cat.png", "cat.png"),
        ("C:\\Users\\me\\cat.png", "cat.png"),
        ("../../etc/passwd", "passwd"),
        (" cat\r\nSet-Cookie: x\x00.png ", "catSet-Cookie: x.png"),
        ("gnp\u202etac.png", "gnptac.png"),
        ("Ku\u0308che.jpg", "K\u00fcche.jpg"),
        ("猫.jpg", "猫.jpg"),
        ("\ufeffcat.png", "cat.png"),
        ("a\u2067b\u2069\u2028c.png", "abc.png"),
        ("x" * 300 + "/cat.png", "cat.png"),
    ],
)
def test_folders_and_control_characters_are_dropped(given: str, kept: str) -> None:
    assert clean_filename(given) == kept


@pytest.mark.parametrize(
    "name",
    [
        "می\u200cخواهم.png",
        "👨\u200d👩\u200d👧 trip.png",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f.png",
        "\u2764\ufe0f\u200d\U0001f525.png",
        "ක\u0dca\u200dෂ.png",
        "ന\u0d4d\u200d.png",
        "ᠠ\u180b\u180e.png",
        "葛\U000e0100.png",
        "ไทย\u200bแลนด์.png",
        "אבג\u200f (1).png",
        "\u0600١.png",
    ],
    ids=ascii,
)
def test_what_people_write_is_kept(name: str) -> None:
    assert clean_filename(name) == name


def test_a_long_name_is_refused_without_its_folders() -> None:
    assert len(clean_filename("f/" + "é" * 255)) == 255
    with pytest.raises(FilenameInvalid, match="256 characters"):
        clean_filename("f/" + "é" * 256)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("filename = 'cat.png '", "cat.png"),
        ("filename = 'trip/\u202ecat.png'", "cat.png"),
        ("filename != '👨\u200d👩 Ku\u0308che.png'", "👨\u200d👩 K\u00fcche.png"),
        ("filename = '..'", ".."),
        ("labels.place = 'Ko\u0308ln '", "K\u00f6ln "),
        ("content_type = 'image/jpg'", "image/jpeg"),
        ("sha256 = 'ABC'", "abc"),
        ("state = INDEXED", "INDEXED"),
    ],
)
def test_a_filter_compares_with_what_is_kept(given: str, kept: str) -> None:
    for text in (given, f"NOT {given}", f"({given} OR labels:a) AND labels:b"):
        where = kept_filter(parse_filter(text, FILTER_FIELDS))
        assert where is not None
        parameters: list[Any] = []
        to_sql(where, parameters)
        assert kept in parameters or {"place": kept} in parameters


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("image/jpg", "image/jpeg"),
        ("IMAGE/JPEG", "image/jpeg"),
        ("image/png; charset=binary", "image/png"),
        ("image/x-ms-bmp", "image/bmp"),
        (" image/webp ;q=1", "image/webp"),
        ("text/plain", "text/plain"),
    ],
)
def test_media_types_go_by_their_registered_names(given: str, kept: str) -> None:
    assert kept_content_type(given) == kept


@pytest.mark.parametrize(
    "given", ["folder/", "\x00", "..", "a/.", "  ", "\u200b", "\u3164", "\ufe0f\u200d", "\u202e"]
)
def test_a_name_of_nothing_is_refused(given: str) -> None:
    with pytest.raises(FilenameInvalid) as caught:
        clean_filename(given)

    assert caught.value.field == "filename"


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("cat.png", 'inline; filename="cat.png"'),
        ("my cat (1).png", 'inline; filename="my cat (1).png"'),
        ('a"b\\c%20.png', "inline; filename=\"a_b_c_20.png\"; filename*=UTF-8''a%22b%5Cc%2520.png"),
        ("é.png", "inline; filename=\"_.png\"; filename*=UTF-8''%C3%A9.png"),
        ("猫😀", "inline; filename=\"__\"; filename*=UTF-8''%E7%8C%AB%F0%9F%98%80"),
    ],
)
def test_a_download_is_named_for_every_client(name: str, header: str) -> None:
    assert content_disposition(name) == header
    assert header.isascii()
