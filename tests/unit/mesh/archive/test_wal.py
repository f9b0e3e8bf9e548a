import pytest

from mesh.archive.moment import in_words, moment_of
from mesh.archive.wal import SEGMENT_BYTES, position, segment, segments
from mesh.errors import MeshError


def test_positions_and_names_are_postgresqls() -> None:
    assert position("16/B374D848") == 0x16_B374D848
    assert segment(1, position("0/2000028")) == "000000010000000000000002"
    assert segment(3, position("16/B374D848")) == "0000000300000016000000B3"
    assert segment(1, position("1/0")) == "000000010000000100000000"


def test_a_range_has_every_file_once_also_across_the_end_of_an_id() -> None:
    start, end = position("0/FE000010"), position("1/1000000")
    assert segments(1, start, end) == [
        "0000000100000000000000FE",
        "0000000100000000000000FF",
        "000000010000000100000000",
    ]
    assert len(segments(1, 0, SEGMENT_BYTES)) == 1
    assert len(segments(1, 0, SEGMENT_BYTES + 1)) == 2


@pytest.mark.parametrize("text", ["2026-11-28T21:00:00Z", "2026-11-28T22:00:00+01:00"])
def test_moments_have_a_time_zone(text: str) -> None:
    assert in_words(moment_of(text)) == "2026-11-28T21:00:00Z"


@pytest.mark.parametrize("text", ["2026-11-28T21:00:00", "yesterday", "", "2026-13-01T00:00:00Z"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(MeshError, match=r"no moment|time zone"):
        moment_of(text)
