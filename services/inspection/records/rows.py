"""Rows of schema `inspection`, and the domain's objects."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import asyncpg
import numpy as np

from services.inspection.model import (
    Augmentation,
    Box,
    CalibrationSettings,
    Feedback,
    FloatArray,
    InspectionRecord,
    Scorer,
    Sensitivity,
    SkippedImage,
    Threshold,
    Version,
)

FIRST_PAGE = (datetime.max.replace(tzinfo=UTC), "ffffffff-ffff-ffff-ffff-ffffffffffff")
"""A time and id after all that there are, for lists that begin with the newest."""


def id_or_null(text: str) -> str | None:
    """The id; NULL if it is empty."""
    return text or None


def id_or_empty(value: object) -> str:
    """The id; empty if it is NULL."""
    return "" if value is None else str(value)


def skipped_json(skipped: Sequence[SkippedImage]) -> list[dict[str, Any]]:
    """Images that were left out, as `jsonb`."""
    return [asdict(image) for image in skipped]


def settings_json(settings: CalibrationSettings) -> dict[str, Any]:
    """Settings as `jsonb`."""
    return asdict(settings)


def settings_of(json: dict[str, Any]) -> CalibrationSettings:
    """Settings from `jsonb`."""
    return CalibrationSettings(
        **json
        | {
            "scorer": Scorer(json["scorer"]),
            "augmentation": Augmentation(json["augmentation"]),
        }
    )


def threshold_json(threshold: Threshold) -> dict[str, Any]:
    """A threshold as `jsonb`."""
    return asdict(threshold)


def sensitivity_json(rows: Sequence[Sensitivity]) -> list[dict[str, Any]]:
    """What a version finds, as `jsonb`."""
    return [asdict(row) for row in rows]


def version_of(row: asyncpg.Record) -> Version:
    """The version of a row of `versions`."""
    return Version(
        set_id=str(row["set_id"]),
        version=row["version"],
        created_at=row["created_at"],
        image_ids=tuple(map(str, row["image_ids"])),
        settings=settings_of(row["settings"]),
        model_version=row["model_version"],
        threshold=Threshold(**row["threshold"]),
        held_out=tuple(row["held_out"]),
        coreset_size=row["coreset_size"],
        artifact_name=row["artifact_name"],
        artifact_sha256=row["artifact_sha256"],
        artifact_bytes=row["artifact_bytes"],
        base_version=row["base_version"],
        has_head=row["has_head"],
        sensitivity=tuple(Sensitivity(**one) for one in row["sensitivity"]),
    )


def descriptor_bytes(descriptor: FloatArray) -> bytes:
    """A descriptor as half-precision numbers, little-endian."""
    return descriptor.astype("<f2").tobytes()


def inspection_of(row: asyncpg.Record) -> InspectionRecord:
    """The inspection of a row of `inspections`."""
    return InspectionRecord(
        inspection_id=str(row["id"]),
        user_id=str(row["user_id"]),
        set_id=str(row["set_id"]),
        version=row["version"],
        image_id=id_or_empty(row["image_id"]),
        score=row["score"],
        threshold=row["threshold"],
        p_value=row["p_value"],
        target=row["target"],
        anomalous=row["anomalous"],
        off_distribution=row["off_distribution"],
        descriptor=np.frombuffer(row["descriptor"], "<f2").astype(np.float32),
        created_at=row["created_at"],
    )


def region_json(region: Box | None) -> dict[str, float] | None:
    """A region as `jsonb`."""
    return None if region is None else asdict(region)


def region_of(json: dict[str, float] | None) -> Box | None:
    """A region from `jsonb`."""
    return None if json is None else Box(**json)


def feedback_of(row: asyncpg.Record) -> Feedback:
    """The feedback of a row of `feedback`."""
    return Feedback(
        feedback_id=str(row["id"]),
        user_id=str(row["user_id"]),
        action=row["action"],
        note=row["note"],
        created_at=row["created_at"],
        image_id=id_or_empty(row["image_id"]),
        inspection_id=id_or_empty(row["inspection_id"]),
        set_id=id_or_empty(row["set_id"]),
        region=region_of(row["region"]),
        label=row["label"],
    )
