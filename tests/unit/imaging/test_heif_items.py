"""EXIF and XMP of HEIC files, whole and damaged."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pi_heif import HeifFile

from services.imaging.decode import ImageLimits, decode
from services.imaging.heif_items import Described, described, without_descriptions
from tests.support.pictures import heic

CALM = """
import sys
from services.imaging.decode import ImageLimits, decode
print(decode(sys.stdin.buffer.read(), ImageLimits()).image.size)
"""


@pytest.mark.parametrize("orientation", range(1, 9))
def test_they_are_what_the_decoder_says_that_they_are(orientation: int) -> None:
    info = HeifFile(heic(orientation))[0].info
    found = described(heic(orientation))
    assert found.exif
    assert found.exif == info["exif"].removeprefix(b"Exif\0\0")
    assert found.xmp == info["xmp"]


def test_the_decoder_sees_none_and_its_picture_is_untouched() -> None:
    more = heic() + (12).to_bytes(4, "big") + b"mdatcdsc"
    hidden = without_descriptions(more)
    assert hidden.endswith(b"mdatcdsc")
    assert len(hidden) == len(more)
    assert HeifFile(heic())[0].info["exif"]
    image = HeifFile(hidden)[0]
    assert (image.info["exif"], image.info["metadata"]) == (None, [])
    assert image.to_pillow().tobytes() == HeifFile(heic())[0].to_pillow().tobytes()


@pytest.mark.parametrize(
    ("what", "instead"),
    [(b"mime\0", b"mim\xff\0"), (b"\0Exif\0", b"\xff\xff\xff\xff\xff\0"), (b"meta\0", b"\0eta\0")],
)
def test_damaged_ones_do_not_end_the_process(what: bytes, instead: bytes) -> None:
    damaged = heic().replace(what, instead, 1)
    assert damaged != heic()
    done = subprocess.run(
        [sys.executable, "-c", CALM], input=damaged, capture_output=True, check=False
    )
    assert done.returncode in {0, 1}, "a signal ended it"


def test_what_cannot_be_read_leaves_the_picture() -> None:
    damaged = heic().replace(b"iloc", b"ilox", 1).replace(b"ilox\0", b"iloc\7", 1)
    assert described(damaged) == Described()
    no_xmp = heic().replace(b"mime", b"mimE", 1)
    assert described(no_xmp).xmp is None
    assert described(no_xmp).exif == described(heic()).exif
    assert decode(no_xmp, ImageLimits()).xmp is None


@given(
    st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=6),
    st.integers(0, 9000),
)
def test_any_damage_is_none_or_something(changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(heic())
    for at, value in changes:
        data[at] = value
    for one in (bytes(data), bytes(data[:cut])):
        found = described(one)
        assert found.exif is None or found.exif[:2] in {b"II", b"MM"}
        assert len(without_descriptions(one)) == len(one)
