"""What is sent on of an inspection: JSON of the Standard Webhooks specification's shape.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: `type`,
`timestamp`, `data`. `data` has the names of the contract's JSON.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from services.inspection.model import FrameProblem, InspectionRecord, Region
from services.inspection.scoring.part_inspector import InspectedPart, InspectedView
from services.inspection.verdict.confidence import confidence

INSPECTED = "argus.inspection"
PART = "argus.part"
TEST = "argus.test"
MOST_REGIONS = 32

_DECIMALS = 5


def inspection_event(record: InspectionRecord) -> str:
    """What was found, without pictures; a few kilobytes at most."""
    found = record.findings
    return _event(
        INSPECTED,
        record.created_at,
        {
            "inspectionId": record.inspection_id,
            "referenceSetId": record.set_id,
            "version": record.version,
            "triggerId": record.trigger_id,
            "partInspectionId": record.part_inspection_id,
            "imageId": record.image_id,
            "verdict": record.verdict.value,
            "score": record.score,
            "threshold": record.threshold,
            "pValue": record.p_value,
            "confidence": confidence(record.p_value, record.target),
            "offDistribution": record.off_distribution,
            "frameProblems": [_problem(one) for one in record.frame_problems],
            "regions": [_region(one) for one in (found.regions if found else [])[:MOST_REGIONS]],
        },
    )


def part_event(part: InspectedPart, now: datetime) -> str:
    """What a part came to, and which of its views to what."""
    return _event(
        PART,
        now,
        {
            "partInspectionId": part.part_inspection_id,
            "referenceSetId": part.set_id,
            "triggerId": part.trigger_id,
            "verdict": part.verdict.value,
            "views": [_view(one) for one in part.views],
        },
    )


def trial_event(set_id: str, now: datetime) -> str:
    """What tells a receiver nothing but that it is reached."""
    return _event(TEST, now, {"referenceSetId": set_id})


def _event(kind: str, time: datetime, data: Mapping[str, Any]) -> str:
    stamp = time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps(
        {"type": kind, "timestamp": stamp, "data": data},
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )


def _view(one: InspectedView) -> dict[str, Any]:
    found = one.inspection.record if one.inspection else None
    return {
        "referenceSetId": one.view.set_id,
        "displayName": one.view.display_name,
        "inspectionId": found.inspection_id if found else "",
        # Empty: it was not shown, or could not be inspected.
        "verdict": found.verdict.value if found else "",
    }


def _problem(problem: FrameProblem) -> dict[str, Any]:
    return {"reason": problem.reason.value, "measured": problem.measured, "limit": problem.limit}


def _region(region: Region) -> dict[str, Any]:
    box = region.box
    return {
        "box": {
            "left": round(box.left, _DECIMALS),
            "top": round(box.top, _DECIMALS),
            "right": round(box.right, _DECIMALS),
            "bottom": round(box.bottom, _DECIMALS),
        },
        "score": region.score,
        "area": round(region.area, _DECIMALS),
    }
