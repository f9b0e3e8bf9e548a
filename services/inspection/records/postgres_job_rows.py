"""Rows of `inspection.jobs`, and jobs."""

from dataclasses import asdict
from typing import Any

import asyncpg

from services.inspection.job import (
    Advice,
    Calibrated,
    CalibrationRequest,
    Comparison,
    ComparisonRequest,
    HeadTraining,
    HeadTrainingRequest,
    Job,
    JobKind,
    JobRequest,
    JobResult,
    JobState,
    Side,
    Wanted,
)
from services.inspection.model import Counts, SkippedImage
from services.inspection.records.rows import settings_of


def job_of(row: asyncpg.Record) -> Job:
    """The job of a row of `jobs`."""
    kind = JobKind(row["kind"])
    return Job(
        job_id=str(row["id"]),
        set_id=str(row["set_id"]),
        user_id=str(row["user_id"]),
        state=JobState(row["state"]),
        stage=row["stage"],
        request=_request_of(kind, row["request"]),
        created_at=row["created_at"],
        ended_at=row["ended_at"],
        images_done=row["images_done"],
        images_total=row["images_total"],
        result=None if row["result"] is None else _result_of(kind, row["result"]),
        error_reason=row["error_reason"],
        error_message=row["error_message"],
        skipped=tuple(SkippedImage(**skipped) for skipped in row["skipped"]),
        attempts=row["attempts"],
        crashes=row["crashes"],
        revision=row["revision"],
    )


def request_json(request: JobRequest) -> dict[str, Any]:
    """What was asked for, as `jsonb`."""
    return asdict(request)


def result_json(result: JobResult) -> dict[str, Any]:
    """What came of a job, as `jsonb`."""
    return asdict(result)


def wanted_of(json: list[dict[str, Any]] | None) -> tuple[Wanted, ...]:
    """What a head training asked for, from `jsonb`; earlier releases asked for nothing."""
    return tuple(Wanted(**one | {"advice": Advice(one["advice"])}) for one in json or ())


def _request_of(kind: JobKind, json: dict[str, Any]) -> JobRequest:
    match kind:
        case JobKind.CALIBRATION:
            return CalibrationRequest(**json | {"settings": settings_of(json["settings"])})
        case JobKind.HEAD_TRAINING:
            return HeadTrainingRequest(**json)
        case JobKind.COMPARISON:
            return ComparisonRequest(**json)


def _result_of(kind: JobKind, json: dict[str, Any]) -> JobResult:
    match kind:
        case JobKind.CALIBRATION:
            return Calibrated(**json)
        case JobKind.HEAD_TRAINING:
            return HeadTraining(**json | {"wanted": wanted_of(json.get("wanted"))})
        case JobKind.COMPARISON:
            return Comparison(**json | {side: _side_of(json[side]) for side in ("a", "b")})


def _side_of(json: dict[str, Any]) -> Side:
    return Side(Counts(**json["counts"]), json["auroc"])
