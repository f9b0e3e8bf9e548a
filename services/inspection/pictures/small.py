"""Small pictures of inspected images for reports."""

import io

from PIL import Image, ImageDraw

from services.imaging.decode import ImageLimits
from services.inspection.model import Box, Findings
from services.inspection.pictures.kept_grid import anomaly_map_of
from services.inspection.pictures.overlay import OverlayFormat, overlay_picture
from services.inspection.pictures.picture import drawable

SIDE = 420
"""Pixels of the longer side."""

QUALITY = 84
TOLD = (255, 255, 255)
TOLD_EDGE = (179, 38, 30)


def small_picture(
    image: bytes,
    limits: ImageLimits,
    *,
    findings: Findings | None,
    threshold: float,
    told: Box | None,
) -> bytes:
    """An image as a JPEG of at most 420 x 420 pixels.

    Args:
        image: Encoded.
        limits: What it may measure.
        findings: Whose heat map is drawn over it, if that was kept.
        threshold: That it was held against.
        told: Where people say that a defect is; framed.

    Raises:
        InvalidInput: it breaks a limit or cannot be read.
    """
    picture = drawable(image, limits)
    if findings is not None and findings.grid is not None:
        drawn = overlay_picture(
            picture,
            anomaly_map_of(findings.grid, threshold),
            threshold,
            findings.regions,
            OverlayFormat.PNG,
        )
        picture = Image.open(io.BytesIO(drawn)).convert("RGB")
    picture.thumbnail((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    if told is not None:
        _frame(picture, told)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _frame(picture: Image.Image, box: Box) -> None:
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    left, top = round(box.left * width), round(box.top * height)
    right = max(left + 1, round(box.right * width) - 1)
    bottom = max(top + 1, round(box.bottom * height) - 1)
    draw.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline=TOLD_EDGE, width=3)
    draw.rectangle((left, top, right, bottom), outline=TOLD, width=1)
