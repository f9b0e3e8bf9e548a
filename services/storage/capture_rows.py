"""How a picture was taken, as `image_uploads` keeps it, and the words that images are found by."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from services.imaging.capture import Capture, Location
from services.runtime.words import neighbours_of
from services.storage.model import Verified
from services.storage.taking_over import labels_and_note

MOST_WORDS = 4096
"""Different words of an image's texts, with their pairs; a note of 4,000 characters has fewer."""


def capture_value(capture: Capture | None) -> dict[str, Any] | None:
    """What is kept beside the time; what is not said is left out."""
    if capture is None:
        return None
    location = capture.location
    said = {
        "utc_offset_s": (
            None if capture.utc_offset is None else int(capture.utc_offset.total_seconds())
        ),
        "camera": capture.camera or None,
        "lens": capture.lens or None,
        "exposure_time_s": capture.exposure_time_s,
        "f_number": capture.f_number,
        "iso": capture.iso,
        "focal_length_mm": capture.focal_length_mm,
        "focal_length_35mm": capture.focal_length_35mm,
        "flash": capture.flash,
        "location": None if location is None else [location.latitude, location.longitude],
    }
    return {name: value for name, value in said.items() if value is not None}


def capture_of(time: datetime | None, kept: Mapping[str, Any] | None) -> Capture | None:
    """What was kept."""
    if kept is None:
        return None
    offset, location = kept.get("utc_offset_s"), kept.get("location")
    return Capture(
        time=time,
        utc_offset=None if offset is None else timedelta(seconds=offset),
        camera=kept.get("camera", ""),
        lens=kept.get("lens", ""),
        exposure_time_s=kept.get("exposure_time_s"),
        f_number=kept.get("f_number"),
        iso=kept.get("iso"),
        focal_length_mm=kept.get("focal_length_mm"),
        focal_length_35mm=kept.get("focal_length_35mm"),
        flash=kept.get("flash"),
        location=None if location is None else Location(*location),
    )


def text_words(note: str, capture: Capture | None) -> list[str]:
    """What `note:`, `camera:` and `lens:` of a filter find, each as `field:word`."""
    texts = {"note": note}
    if capture is not None:
        texts |= {"camera": capture.camera, "lens": capture.lens}
    found = [
        f"{field}:{word}" for field, text in texts.items() for word in sorted(neighbours_of(text))
    ]
    return found[:MOST_WORDS]


def said_of(labels: Mapping[str, str], note: str, verified: Verified) -> tuple[dict[str, str], str]:
    """Labels and note of a verified image, by its owner and, if asked for, its file."""
    if verified.described is None:
        return dict(labels), note
    return labels_and_note(labels, note, verified.described)
