"""What pictures say of how they were taken."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.imaging.capture import Capture, Location, capture_of
from services.imaging.decode import ImageLimits, decode
from tests.support.captures import CANON, GPS, exif, photograph
from tests.support.pictures import heic


def said(tags: dict[str, Any], gps: dict[int, Any] | None = None) -> Capture | None:
    return capture_of(exif(tags, gps).tobytes())


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_every_format_says_how_it_was_taken(format_: str) -> None:
    found = capture_of(decode(photograph(format_, gps=GPS), ImageLimits()).exif)
    assert found is not None
    assert found.time == datetime(2026, 3, 1, 13, 30, 15, 250_000, UTC)
    assert found.utc_offset == timedelta(hours=10)
    assert (found.camera, found.lens) == ("Canon EOS R5", "RF50mm F1.2 L USM")
    assert found.exposure_time_s == pytest.approx(0.004)
    assert found.f_number == pytest.approx(2.8)
    assert (found.iso, found.focal_length_mm, found.focal_length_35mm) == (400, 50, 50)
    assert found.flash is False
    assert found.location is not None
    assert found.location.latitude == pytest.approx(-33.858333, abs=1e-6)
    assert found.location.longitude == pytest.approx(151.215, abs=1e-6)


def test_heic_says_what_its_exif_data_say() -> None:
    assert decode(heic(), ImageLimits()).exif is not None


def test_a_clock_without_a_zone_is_taken_for_utc_and_told_apart() -> None:
    found = said({"DateTimeOriginal": "2026:03:01 23:30:15"})
    assert found == Capture(time=datetime(2026, 3, 1, 23, 30, 15, tzinfo=UTC))
    digitized = said({"DateTimeDigitized": "2026:03:01 23:30:15", "OffsetTime": "-03:30"})
    assert digitized is not None
    assert digitized.time == datetime(2026, 3, 2, 3, 0, 15, tzinfo=UTC)
    assert digitized.utc_offset == -timedelta(hours=3, minutes=30)


@pytest.mark.parametrize(
    "tags",
    [
        {"DateTime": "2026:03:01 23:30:15"},
        {"DateTimeOriginal": "0000:00:00 00:00:00"},
        {"DateTimeOriginal": "    :  :     :  :  "},
        {"DateTimeOriginal": "2026:02:30 10:00:00"},
        {"DateTimeOriginal": "yesterday"},
        {"Make": "  ", "Model": "\0"},
        {"FNumber": 0.0, "ExposureTime": 0.0, "FocalLength": 0.0, "ISOSpeedRatings": 0},
        {},
    ],
)
def test_blanks_say_nothing(tags: dict[str, Any]) -> None:
    assert said(tags) is None


@pytest.mark.parametrize("zone", ["+99:00", "10", "Z", "   :  ", "+10:75"])
def test_a_zone_that_is_none_is_not_known(zone: str) -> None:
    found = said({"DateTimeOriginal": "2026:03:01 23:30:15", "OffsetTimeOriginal": zone})
    assert found is not None
    assert found.utc_offset is None


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Canon", "Canon EOS R5", "Canon EOS R5"),
        ("NIKON CORPORATION", "NIKON Z 9", "NIKON Z 9"),
        ("Apple", "iPhone 15 Pro", "Apple iPhone 15 Pro"),
        ("", "DSC-W1", "DSC-W1"),
        ("SONY", "", "SONY"),
        ("Sharp", "K\x1b[31m1", "Sharp K [31m1"),
    ],
)
def test_the_make_is_said_once(make: str, model: str, camera: str) -> None:
    found = said({"Make": make, "Model": model})
    assert found is not None
    assert found.camera == camera


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {2: (33.0, 0.0, 0.0), 4: (10.0, 0.0, 0.0)},
        {1: "N", 2: (33.0, 0.0, 0.0)},
    ],
)
def test_a_place_that_is_none_is_not_said(gps: dict[int, Any]) -> None:
    assert said({}, gps) is None


def test_a_place_in_degrees_alone() -> None:
    found = said({}, {1: "n", 2: (48.5,), 3: "W", 4: (4.25,)})
    assert found == Capture(location=Location(48.5, -4.25))


@given(st.binary(max_size=300), st.integers(0, 200))
def test_nothing_in_exif_harms(noise: bytes, at: int) -> None:
    whole = exif(CANON, GPS).tobytes()
    capture_of(whole[:at] + noise + whole[at + len(noise) :])
    capture_of(noise)
    capture_of(whole[:at])
