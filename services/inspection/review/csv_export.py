"""Labelled images as a table (RFC 4180) that spreadsheets open without running what is in it."""

import csv
import io
from collections.abc import Iterable

from services.inspection.model import LabelledImage
from services.runtime.text import harmless

HEADER = (
    "image_id",
    "defective",
    "label",
    "region_left",
    "region_top",
    "region_right",
    "region_bottom",
    "note",
    "told_at",
    "verdict",
    "score",
    "threshold",
    "p_value",
    "reference_set_id",
    "version",
    "inspection_id",
    "inspected_at",
    "off_distribution",
    "frame_problems",
)

# OWASP, "CSV Injection": what spreadsheets take for the beginning of a formula,
# in full width too.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_text(labelled: Iterable[LabelledImage], *, header: bool = True) -> str:
    """A line for each labelled image, lines ended by CR LF.

    Text of people's that a spreadsheet would take for a formula begins with an
    apostrophe, and has no control characters. Regions are fractions of width and height;
    empty if nobody drew one.

    Args:
        labelled: In the order of the lines.
        header: Whether the first line names the columns.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    if header:
        writer.writerow(HEADER)
    writer.writerows(_row(one) for one in labelled)
    return out.getvalue()


def _row(one: LabelledImage) -> list[str | float | int]:
    box, inspection = one.region, one.inspection
    return [
        one.image_id,
        "true" if one.defective else "false",
        _as_text(one.label),
        *((box.left, box.top, box.right, box.bottom) if box else ("",) * 4),
        _as_text(one.note),
        one.told_at.isoformat(),
        inspection.verdict.value,
        inspection.score,
        inspection.threshold,
        inspection.p_value,
        inspection.set_id,
        inspection.version,
        inspection.inspection_id,
        inspection.created_at.isoformat(),
        "true" if inspection.off_distribution else "false",
        " ".join(problem.reason for problem in inspection.frame_problems),
    ]


def _as_text(text: str) -> str:
    shown = harmless(text)
    return f"'{shown}" if shown.lstrip(" ").startswith(FORMULA_STARTS) else shown
