"""Pictures that say how they were taken, and what somebody wrote of them."""

from typing import Any
from xml.sax.saxutils import escape

from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from tests.support import pictures

GPS = {1: "S", 2: (33.0, 51.0, 30.0), 3: "E", 4: (151.0, 12.0, 54.0)}
"""Sydney."""

CANON: dict[str, Any] = {
    "Make": "Canon",
    "Model": "Canon EOS R5",
    "DateTime": "2026:03:09 08:00:00",
    "DateTimeOriginal": "2026:03:01 23:30:15",
    "SubsecTimeOriginal": "25",
    "OffsetTimeOriginal": "+10:00",
    "LensModel": "RF50mm F1.2 L USM",
    "ExposureTime": 0.004,
    "FNumber": 2.8,
    "ISOSpeedRatings": 400,
    "FocalLength": 50.0,
    "FocalLengthIn35mmFilm": 50,
    "Flash": 16,
}

_OF_THE_FILE = {"Make", "Model", "DateTime", "Orientation"}


def exif(tags: dict[str, Any], gps: dict[int, Any] | None = None) -> Image.Exif:
    """EXIF data with these tags, by their names in the standard."""
    data = Image.Exif()
    details: dict[int, Any] = {}
    for name, value in tags.items():
        (data if name in _OF_THE_FILE else details)[ExifTags.Base[name].value] = _fraction(value)
    data[ExifTags.IFD.Exif.value] = details
    if gps:
        data[ExifTags.IFD.GPSInfo.value] = {
            tag: tuple(map(_fraction, value)) if isinstance(value, tuple) else value
            for tag, value in gps.items()
        }
    return data


def _fraction(value: Any) -> Any:
    return IFDRational(round(value * 1000), 1000) if isinstance(value, float) else value


def photograph(
    format_: str = "JPEG",
    tags: dict[str, Any] | None = None,
    *,
    gps: dict[int, Any] | None = None,
    seed: int | None = None,
    **options: Any,
) -> bytes:
    """A picture that was taken so; by a `CANON` in Sydney's time unless tags are given."""
    image = pictures.picture() if seed is None else pictures.drawing(seed)
    data = exif(CANON if tags is None else tags, gps).tobytes()
    return pictures.encoded(image, format_, exif=data, **options)


def xmp(
    title: str = "", description: str = "", keywords: tuple[str, ...] = (), rating: str = ""
) -> bytes:
    """An XMP packet as Lightroom writes it."""
    bag = "".join(f"<rdf:li>{escape(word)}</rdf:li>" for word in keywords)
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmp:Rating="{escape(rating)}">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title>
<dc:description><rdf:Alt><rdf:li xml:lang="de">Deutsch</rdf:li><rdf:li xml:lang="x-default"
>{escape(description)}</rdf:li></rdf:Alt></dc:description>
<dc:subject><rdf:Bag>{bag}</rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta>
{" " * 200}<?xpacket end="w"?>""".encode()
