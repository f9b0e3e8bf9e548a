"""Rows of schema `inspection`, and the domain's objects."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import asyncpg
import numpy as np

from services.inspection.model import (
    EACH_ITS_OWN,
    Alignment,
    Augmentation,
    BankChoice,
    Banks,
    Box,
    CalibrationSettings,
    Feedback,
    FloatArray,
    FrameChecks,
    FrameLimit,
    FrameProblem,
    FrameReason,
    InspectionRecord,
    Mark,
    MarkScore,
    PartFigure,
    PartFigures,
    PartRule,
    Polygon,
    Registration,
    Scorer,
    Sensitivity,
    SkippedImage,
    Threshold,
    Version,
)

FIRST_PAGE = (datetime.max.replace(tzinfo=UTC), "ffffffff-ffff-ffff-ffff-ffffffffffff")
"""A time and id after all that there are, for lists that begin with the newest."""


_EVERYWHERE = Box(0, 0, 1, 1)


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
    json = asdict(settings)
    if settings.part_rule == EACH_ITS_OWN:
        # As earlier releases read them, too.
        del json["part_rule"]
    if settings.registration is Registration.NONE:
        del json["registration"]
    return json


def settings_of(json: dict[str, Any]) -> CalibrationSettings:
    """Settings from `jsonb`."""
    return CalibrationSettings(
        **json
        | {
            "scorer": Scorer(json["scorer"]),
            "augmentation": Augmentation(json["augmentation"]),
            # Settings that were kept before there were any have none.
            "regions_of_interest": polygons_of(json.get("regions_of_interest")),
            "part_rule": part_rule_of(json.get("part_rule", {})),
            # Settings that were kept before there was a choice have none.
            "banks": Banks(json.get("banks", Banks.AUTO)),
            "registration": Registration(json.get("registration", Registration.NONE)),
        }
    )


def part_rule_json(rule: PartRule) -> dict[str, Any]:
    """Which images show the same part, as `jsonb`."""
    return asdict(rule)


def part_rule_of(json: dict[str, Any]) -> PartRule:
    """Which images show the same part, from `jsonb`."""
    return PartRule(**json)


def part_figures_json(figures: PartFigures | None) -> dict[str, Any] | None:
    """What to expect of new and of known parts, as `jsonb`."""
    return None if figures is None else asdict(figures)


def _part_figures_of(json: dict[str, Any] | None) -> PartFigures | None:
    if json is None:
        return None
    new, known = (
        PartFigure(**one | {"threshold": Threshold(**one["threshold"])})
        for one in (json["new"], json["known"])
    )
    return PartFigures(new, known)


def threshold_json(threshold: Threshold) -> dict[str, Any]:
    """A threshold as `jsonb`."""
    json = asdict(threshold)
    if not threshold.part_count:
        # As earlier releases read them, too.
        del json["part_count"], json["parts_known"]
    return json


def sensitivity_json(rows: Sequence[Sensitivity]) -> list[dict[str, Any]]:
    """What a version finds, as `jsonb`."""
    return [asdict(row) for row in rows]


def marks_json(marks: Sequence[MarkScore] | None) -> list[list[Any]] | None:
    """Painted defects and their scores as `jsonb`, without windows; NULL if they are not known."""
    if marks is None:
        return None
    return [
        [one.mark.kind, one.mark.size, one.mark.size_px, one.mark.contrast, one.score]
        for one in marks
    ]


def marks_of(json: Sequence[Sequence[Any]] | None) -> tuple[MarkScore, ...] | None:
    """Painted defects from `jsonb`, without windows."""
    if json is None:
        return None
    return tuple(
        MarkScore(Mark(kind, size, size_px, contrast, _EVERYWHERE), score)
        for kind, size, size_px, contrast, score in json
    )


def banks_json(choice: BankChoice | None) -> dict[str, Any] | None:
    """How many banks a version has, as `jsonb`."""
    return None if choice is None else asdict(choice)


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
        frame_checks=checks_of(row["frame_checks"]),
        held_out_parts=tuple(row["held_out_parts"]),
        part_figures=_part_figures_of(row["part_figures"]),
        marks=marks_of(row["marks"]),
        banks=None if row["banks"] is None else BankChoice(**row["banks"]),
        reference_image_id=id_or_empty(row["reference_image_id"]),
    )


def descriptor_bytes(descriptor: FloatArray) -> bytes:
    """A descriptor as half-precision numbers, little-endian."""
    return descriptor.astype("<f2").tobytes()


def descriptor_of(content: bytes) -> FloatArray:
    """A descriptor from what `descriptor_bytes` made."""
    return np.frombuffer(content, "<f2").astype(np.float32)


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
        descriptor=descriptor_of(row["descriptor"]),
        created_at=row["created_at"],
        frame_problems=problems_of(row["frame_problems"]),
        part_inspection_id=id_or_empty(row["part_inspection_id"]),
        alignment=alignment_of(row["alignment"]),
    )


def problems_json(problems: Sequence[FrameProblem]) -> list[dict[str, Any]] | None:
    """What is wrong with a frame, as `jsonb`; NULL for nothing."""
    return [asdict(one) for one in problems] or None


def problems_of(json: Sequence[dict[str, Any]] | None) -> tuple[FrameProblem, ...]:
    """What is wrong with a frame, from `jsonb`."""
    return tuple(FrameProblem(**one | {"reason": FrameReason(one["reason"])}) for one in json or ())


def alignment_json(alignment: Alignment | None) -> dict[str, Any] | None:
    """How an image lies against the reference, as `jsonb`."""
    return None if alignment is None else asdict(alignment)


def alignment_of(json: dict[str, Any] | None) -> Alignment | None:
    """How an image lies against the reference, from `jsonb`."""
    return None if json is None else Alignment(**json)


def checks_json(checks: FrameChecks | None) -> dict[str, Any] | None:
    """What frames must be like, as `jsonb`."""
    return None if checks is None else asdict(checks)


def checks_of(json: dict[str, Any] | None) -> FrameChecks | None:
    """What frames must be like, from `jsonb`."""
    if json is None:
        return None
    limits = [FrameLimit(**one | {"reason": FrameReason(one["reason"])}) for one in json["limits"]]
    return FrameChecks(**json | {"limits": tuple(limits)})


def region_json(region: Box | None) -> dict[str, float] | None:
    """A region as `jsonb`."""
    return None if region is None else asdict(region)


def region_of(json: dict[str, float] | None) -> Box | None:
    """A region from `jsonb`."""
    return None if json is None else Box(**json)


def polygons_json(polygons: Sequence[Polygon]) -> list[list[tuple[float, float]]]:
    """Outlines as `jsonb`."""
    return [list(polygon) for polygon in polygons]


def polygons_of(json: list[list[list[float]]] | None) -> tuple[Polygon, ...]:
    """Outlines from `jsonb`."""
    return tuple(tuple((x, y) for x, y in polygon) for polygon in json or ())


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
        polygons=polygons_of(row["polygons"]),
    )
