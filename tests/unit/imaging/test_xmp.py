"""What XMP says of a picture in words."""

import pytest

from services.imaging.decode import ImageLimits, decode
from services.imaging.xmp import MOST_BYTES, Described, XmpUnreadable, read_xmp
from tests.support.captures import xmp
from tests.support.pictures import encoded, picture


def test_reads_what_programs_write() -> None:
    packet = xmp("Old  town", "By the\r\nriver & sea", ("Prague", "Alt-\u00d6tting", "Prague"), "4")
    assert read_xmp(packet) == Described(
        title="Old town",
        description="By the\nriver & sea",
        keywords=("Prague", "Alt-\u00d6tting"),
        rating=4,
    )
    assert read_xmp(packet + bytes(20)) == read_xmp(packet)
    assert read_xmp(xmp()) == Described(description="Deutsch")


@pytest.mark.parametrize(
    ("written", "rating"),
    [("0", None), ("5", 5), ("-1", -1), ("2.5", 2), ("6", None), ("nan", None), ("x", None)],
)
def test_ratings_are_stars(written: str, rating: int | None) -> None:
    assert read_xmp(xmp(rating=written)).rating == rating


def test_a_property_may_be_an_element_or_an_attribute() -> None:
    packet = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
        xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
        <rdf:Description dc:title="a title"/><rdf:Description><xmp:Rating>3</xmp:Rating>
        <dc:description>plain</dc:description></rdf:Description></rdf:RDF>"""
    assert read_xmp(packet) == Described("a title", "plain", (), 3)


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"no XML",
        b"<a><b></a>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        b'<?xml version="1.0" encoding="no-such"?><x/>',
        b"\xff\xfe\x00",
        b" " * (MOST_BYTES + 1),
    ],
)
def test_what_is_no_xmp_is_said_to_be_none(packet: bytes) -> None:
    with pytest.raises(XmpUnreadable):
        read_xmp(packet)


@pytest.mark.parametrize("format_", ["JPEG", "WEBP", "TIFF", "AVIF"])
def test_is_found_in_files(format_: str) -> None:
    packet = xmp("a title", rating="2")
    options = {"tiffinfo": {700: packet}} if format_ == "TIFF" else {"xmp": packet}
    found = decode(encoded(picture(), format_, **options), ImageLimits()).xmp
    assert found is not None
    assert read_xmp(found).title == "a title"


def test_is_found_in_png() -> None:
    from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415

    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", xmp("a title").decode())
    found = decode(encoded(picture(), "PNG", pnginfo=info), ImageLimits()).xmp
    assert found is not None
    assert read_xmp(found).title == "a title"
