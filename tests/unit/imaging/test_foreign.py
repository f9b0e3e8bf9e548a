"""What is not taken is refused with its name, by a service and by a client alike."""

from dataclasses import replace
from pathlib import Path

import pytest

from argus_client import foreign as clients
from argus_client.errors import ClientError
from argus_client.reading import fingerprint_of
from services.imaging import foreign as services
from services.imaging.decode import ImageLimits, decode
from services.imaging.errors import ImageUnsupported
from tests.unit.imaging import tiffs

REST = bytes(range(1, 200)) * 3


def at(offset: int, magic: bytes) -> bytes:
    return (b"\x07" * offset + magic + REST)[:600]


def ftyp(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\1" + brand + b"miaf" + REST


EXAMPLES: list[tuple[bytes, str]] = [
    *((at(offset, magic), name) for offset, magic, name in services.SIGNATURES),
    *((ftyp(brand), name) for brand, name in services.BRANDS.items()),
    (ftyp(b"isom"), "a video or a picture in an ISO media file"),
    *((magic + b"\n4 4\n255\n" + REST, "a Netpbm picture (PPM, PGM, PBM, PAM or PFM)")
      for magic in (b"P1", b"P4", b"P5", b"P6", b"P7", b"PF", b"Pf")),
    (b'<svg xmlns="http://www.w3.org/2000/svg">' + REST, "SVG"),
    (b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>\n<!-- drawn -->\n<!DOCTYPE svg PUBLIC '
     b'"-//W3C//DTD SVG 1.1//EN">\n<svg width="4">' + REST, "SVG"),
    (b"\n <SVG/>" + REST, "SVG"),
    (b"<!DOCTYPE html>\n<html><body>Sign in" + REST, "a web page"),
    (b"<html lang=en>" + REST, "a web page"),
    (b"<!doctype html><body><svg width=4></svg>" + REST, "a web page"),
]  # fmt: skip
"""One of each kind of file, and its name."""

REQUIRED = (
    "JPEG XL", "JPEG 2000", "JPEG XR", "Photoshop", "PDF", "OpenEXR", "DICOM", "SVG", "RAF",
    "CR3", "ORF", "RW2", "CRW", "QOI", "a web page",
)  # fmt: skip


def test_the_examples_have_what_people_have() -> None:
    for name in REQUIRED:
        assert any(name in known for _, known in EXAMPLES), name


@pytest.mark.parametrize(("data", "name"), EXAMPLES)
def test_what_is_not_taken_is_refused_with_its_name(data: bytes, name: str) -> None:
    with pytest.raises(ImageUnsupported) as refused:
        decode(data, ImageLimits())
    assert refused.value.message.startswith(f"this is {name}, which is not decoded")
    with pytest.raises(ClientError) as told:
        fingerprint_of(data)
    assert str(told.value).startswith(f"this is {name}, which Argus does not read")


@pytest.mark.parametrize(
    ("tags", "name"),
    [({50706: 1}, "DNG"), ({262: 32803}, "raw file"), ({262: 34892}, "raw")],
)
def test_a_raw_file_that_looks_like_tiff_is_named(tags: dict[int, int], name: str) -> None:
    directory = tiffs.picture(24, 16, bytes(24 * 16))
    further = {number: (tiffs.LONG, [value]) for number, value in tags.items()}
    data = tiffs.tiff(replace(directory, tags={**directory.tags, **further}))
    with pytest.raises(ImageUnsupported, match=name):
        decode(data, ImageLimits())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"P6",
        b"Pixel",
        b"<svgx",
        b"<note><svg >",
        b"words <svg >",
        b"<p>words</p>",
        b"<?xml version='1.0'?><note/>",
        REST,
    ],
)
def test_what_nobody_knows_has_no_name(data: bytes) -> None:
    assert services.foreign(data) == clients.foreign(data) == ""


def test_a_client_knows_what_a_service_knows() -> None:
    copies = [Path(str(one.__file__)).read_text().split('"""', 2)[2] for one in (services, clients)]
    assert copies[0] == copies[1]
