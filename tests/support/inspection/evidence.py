"""What is known of a version, made for tests of reports."""

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from services.inspection.evidence.gathered import Gathered, Judged
from services.inspection.learning.sensitivity import sensitivity_of
from services.inspection.model import (
    Box,
    CalibrationSettings,
    LabelledImage,
    Mark,
    MarkScore,
    Version,
)
from services.inspection.reference_set import ReferenceSet
from services.inspection.verdict.drift import drift_of
from services.inspection.verdict.thresholds import estimate
from tests.support.inspection.findings import NOON, labelled

OWNER = "11111111-1111-4111-8111-111111111111"
HELD_OUT = tuple(0.5 + number / 40 for number in range(40))
"""Scores from 0.5 to 1.475."""

THRESHOLD = estimate(HELD_OUT, 0.05)


def marks(score: float = 1.0) -> tuple[MarkScore, ...]:
    """Two defects of each kind, size and contrast; larger and clearer ones score higher."""
    everywhere = Box(0, 0, 1, 1)
    return tuple(
        MarkScore(Mark(kind, size, 240 * size, contrast, everywhere), score * size * contrast * 4)
        for kind in ("scratch", "spot")
        for size in (1 / 80, 1 / 6)
        for contrast in (2.0, 5.0)
        for _ in range(2)
    )


def a_version(painted: Sequence[MarkScore] = ()) -> Version:
    return Version(
        set_id="22222222-2222-4222-8222-222222222222",
        version=3,
        created_at=NOON,
        image_ids=("learnt-0001",),
        settings=CalibrationSettings(model="compact", size=192),
        model_version="compact-1",
        threshold=THRESHOLD,
        held_out=HELD_OUT,
        coreset_size=8000,
        artifact_name="a",
        artifact_sha256="ab" * 32,
        artifact_bytes=1234,
        sensitivity=tuple(sensitivity_of(painted, THRESHOLD.value)),
        marks=tuple(painted),
    )


def judged(
    number: int, score: float, *, defective: bool, label: str = "", **changes: Any
) -> LabelledImage:
    anomalous = score > THRESHOLD.value
    return labelled(
        number, defective=defective, anomalous=anomalous, label=label, score=score, **changes
    )


JUDGED = (
    judged(1, 0.6, defective=False),
    judged(2, 0.9, defective=False),
    judged(3, 1.9, defective=False, note="a shadow"),
    judged(4, 0.7, defective=True, label="crack", note="too <b>faint</b> to see"),
    judged(5, 1.2, defective=True, label="crack"),
    judged(6, 2.5, defective=True, label="crack"),
    judged(7, 3.0, defective=True, label="dent"),
)


def known(
    images: Sequence[LabelledImage] = JUDGED,
    painted: Sequence[MarkScore] | None = None,
    *,
    name: str = "Tiles",
    **changes: Any,
) -> Gathered:
    painted = marks() if painted is None else painted
    version = a_version(painted)
    found = ReferenceSet(version.set_id, OWNER, name, NOON, 3, 12, changed=False)
    made = Gathered(
        found,
        NOON,
        OWNER,
        judged_at_all=len(images) + 3,
        version=version,
        judged=Judged(THRESHOLD, images),
        learnt_from=1,
        inspected=1000,
        anomalous=60,
        marks=painted,
        drift=drift_of(version.set_id, 3, HELD_OUT, HELD_OUT),
    )
    return replace(made, **changes)


def jpeg(level: int = 90) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.full((60, 80, 3), level, np.uint8)).save(out, "JPEG")
    return out.getvalue()
