"""Inspections and labelled images made for tests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from services.inspection.model import Box, InspectionRecord, LabelledImage

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def record(
    number: int, descriptor: Sequence[float] = (1.0, 0.0), **changes: Any
) -> InspectionRecord:
    """An inspection that is not sure at all, unless changed."""
    made = InspectionRecord(
        inspection_id=f"inspection-{number:04}",
        user_id="user",
        set_id="set",
        version=1,
        image_id=f"image-{number:04}",
        score=1.0,
        threshold=1.0,
        p_value=0.05,
        target=0.05,
        anomalous=False,
        off_distribution=False,
        descriptor=np.array(descriptor, dtype=np.float32),
        created_at=NOON,
    )
    return replace(made, **changes)


def labelled(
    number: int,
    *,
    defective: bool,
    anomalous: bool,
    label: str = "",
    note: str = "",
    region: Box | None = None,
    score: float | None = None,
) -> LabelledImage:
    """An image that somebody judged."""
    return LabelledImage(
        image_id=f"image-{number:04}",
        user_id="user",
        defective=defective,
        label=label,
        note=note,
        region=region,
        told_at=NOON,
        inspection=record(number, anomalous=anomalous, score=score or (2.0 if anomalous else 0.5)),
    )
