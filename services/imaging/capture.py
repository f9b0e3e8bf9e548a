"""When, with what and where a picture was taken, as its EXIF data say (CIPA DC-008, EXIF 3.0).

What is damaged, blank or out of all bounds is treated as not said: a camera without a clock writes
zeros, and a picture is taken with any EXIF data at all.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from services.imaging.tiff_directory import Directories, Directory

MOST_CHARACTERS = 128
"""Of the name of a camera or a lens; what is longer is cut."""

_MAKE, _MODEL, _EXIF, _GPS = 271, 272, 34665, 34853
_EXPOSURE_TIME, _F_NUMBER, _ISO, _FLASH, _FOCAL_LENGTH = 33434, 33437, 34855, 37385, 37386
_FOCAL_LENGTH_35MM, _LENS_MODEL = 41989, 42036
# Times, each with its fraction of a second and its offset from UTC: when it was taken, and when it
# was digitized, which is the same for a camera. The time of the last change (306) says neither.
_TIMES = ((36867, 37521, 36881), (36868, 37522, 36882))
_OFFSET = 36880
_LATITUDE, _LONGITUDE = (1, 2), (3, 4)

_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d)[ T](\d\d):(\d\d):(\d\d)")
_ZONE = re.compile(r"([+-])(\d\d):(\d\d)")
_UNPRINTABLE = re.compile("[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffd]+")


@dataclass(frozen=True, slots=True)
class Location:
    """A place on Earth, in degrees of WGS 84; the south and the west are negative."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Capture:
    """How a picture was taken; what is not said is None, or empty.

    Attributes:
        time: When, aware. If `utc_offset` is None, the camera's clock taken for UTC.
        utc_offset: What the clock was ahead of UTC; None if the file does not say.
        camera: Make and model of the camera, the make once.
        lens: Model of the lens.
        exposure_time_s: Seconds of exposure.
        f_number: Aperture.
        iso: Sensitivity.
        focal_length_mm: Focal length in mm.
        focal_length_35mm: The focal length in mm that has the same field of view on 35 mm film.
        flash: Whether the flash fired.
        location: Where.
    """

    time: datetime | None = None
    utc_offset: timedelta | None = None
    camera: str = ""
    lens: str = ""
    exposure_time_s: float | None = None
    f_number: float | None = None
    iso: int | None = None
    focal_length_mm: float | None = None
    focal_length_35mm: int | None = None
    flash: bool | None = None
    location: Location | None = None


def capture_of(exif: bytes | None) -> Capture | None:
    """What EXIF data say; None if they say nothing of this.

    Args:
        exif: A TIFF structure, with or without the `Exif` mark of JPEG in front.
    """
    if not exif:
        return None
    try:
        directories = Directories(exif.removeprefix(b"Exif\x00\x00"))
    except ValueError:
        return None
    first = next(iter(directories), None)
    if first is None:
        return None
    details = directories.pointed_to(first, _EXIF) or Directory(first.order, {})
    gps = directories.pointed_to(first, _GPS)
    time, utc_offset = _time(details)
    found = Capture(
        time=time,
        utc_offset=utc_offset,
        camera=_camera(_text(first, _MAKE), _text(first, _MODEL)),
        lens=_text(details, _LENS_MODEL),
        exposure_time_s=_number(details, _EXPOSURE_TIME, 1e-7, 1e6),
        f_number=_number(details, _F_NUMBER, 0.1, 1e3),
        iso=_integer(details, _ISO, 1, 10_000_000),
        focal_length_mm=_number(details, _FOCAL_LENGTH, 0.1, 1e5),
        focal_length_35mm=_integer(details, _FOCAL_LENGTH_35MM, 1, 65_535),
        flash=_flash(details),
        location=None if gps is None else _location(gps),
    )
    return None if found == Capture() else found


def _camera(make: str, model: str) -> str:
    """`Canon` and `Canon EOS R5` are one camera, the `Canon EOS R5`."""
    first = make.split(" ", maxsplit=1)[0].casefold()
    if not make or model.casefold().startswith(first):
        return model
    return f"{make} {model}".strip()[:MOST_CHARACTERS]


def _time(details: Directory) -> tuple[datetime | None, timedelta | None]:
    for tag, fraction, zone in _TIMES:
        found = _TIME.fullmatch(_text(details, tag))
        if found is None:
            continue
        offset = _offset(_text(details, zone) or _text(details, _OFFSET))
        digits = _text(details, fraction)
        microseconds = int(f"{digits}000000"[:6]) if digits.isascii() and digits.isdigit() else 0
        try:
            year, month, day, hour, minute, second = map(int, found.groups())
            clocks = UTC if offset is None else timezone(offset)
            clock = datetime(year, month, day, hour, minute, second, microseconds, clocks)
            return clock.astimezone(UTC), offset
        except (ValueError, OverflowError):
            continue
    return None, None


def _offset(text: str) -> timedelta | None:
    found = _ZONE.fullmatch(text)
    if found is None:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    # The furthest there are (UTC-12 to UTC+14).
    if offset > timedelta(hours=14) or int(found[3]) > 59:
        return None
    return -offset if found[1] == "-" else offset


def _flash(details: Directory) -> bool | None:
    fired = details.number(_FLASH, -1)
    return None if fired < 0 else bool(fired & 1)


def _location(gps: Directory) -> Location | None:
    latitude = _degrees(gps, *_LATITUDE, negative="S", most=90)
    longitude = _degrees(gps, *_LONGITUDE, negative="W", most=180)
    # Receivers without reception write zeros.
    if latitude is None or longitude is None or (latitude, longitude) == (0, 0):
        return None
    return Location(latitude, longitude)


def _degrees(gps: Directory, reference: int, tag: int, *, negative: str, most: int) -> float | None:
    parts = gps.rationals(tag)
    side = _text(gps, reference).upper()
    if not 1 <= len(parts) <= 3 or not side:
        return None
    degrees = math.fsum(part / 60.0**place for place, part in enumerate(parts))
    if not 0 <= degrees <= most:
        return None
    return -degrees if side == negative else degrees


def _number(directory: Directory, tag: int, least: float, most: float) -> float | None:
    value = next(iter(directory.rationals(tag)), math.nan)
    return value if least <= value <= most else None


def _integer(directory: Directory, tag: int, least: int, most: int) -> int | None:
    value = directory.number(tag, least - 1)
    return value if least <= value <= most else None


def _text(directory: Directory, tag: int) -> str:
    content = directory.content(tag).split(b"\0")[0][: MOST_CHARACTERS * 4]
    try:
        text = content.decode()
    except UnicodeDecodeError:
        # ASCII is what it is to be; older programs write what their country has.
        text = content.decode("latin-1")
    return " ".join(_UNPRINTABLE.sub(" ", text).split())[:MOST_CHARACTERS].strip()
