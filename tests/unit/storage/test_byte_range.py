"""Ranges of bytes, as RFC 9110 has them."""

import pytest

from services.storage.byte_range import ByteRange, asked_range, header_range
from services.storage.errors import RangeNotSatisfiable


@pytest.mark.parametrize(
    ("header", "offset", "length"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=2-5", 2, 4),
        ("bytes=2-", 2, 8),
        ("bytes=-3", 7, 3),
        ("bytes=-30", 0, 10),
        ("bytes=9-99", 9, 1),
        ("Bytes = 0-", 0, 10),
    ],
)
def test_a_header_says_which_bytes(header: str, offset: int, length: int) -> None:
    found = header_range(header, 10)
    assert found == ByteRange(offset, length)
    assert found.content_range(10) == f"bytes {offset}-{offset + length - 1}/10"


@pytest.mark.parametrize(
    "header", ["", "bytes", "bytes=-", "bytes=5-2", "bytes=0-1,3-4", "lines=0-1", "bytes=a-b"]
)
def test_what_is_no_single_range_is_all(header: str) -> None:
    assert header_range(header, 10) is None


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0"])
def test_what_is_behind_the_end_is_refused(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        header_range(header, 10)


def test_fields_say_which_bytes() -> None:
    assert asked_range(0, 0, 10) is None
    assert asked_range(0, 10, 10) is None
    assert asked_range(0, 4, 10) == ByteRange(0, 4)
    assert asked_range(4, 0, 10) == ByteRange(4, 6)
    assert asked_range(4, 100, 10) == ByteRange(4, 6)
    with pytest.raises(RangeNotSatisfiable):
        asked_range(10, 1, 10)
