"""What was found, with the names of the contract's JSON."""

from collections.abc import Mapping
from typing import Any

from services.inspection.model import Alignment, Box, FrameProblem, NearestImage, Region
from services.inspection.scoring.inspector import Inspection


def as_json(inspection: Inspection) -> dict[str, Any]:
    """An inspection as `argus inspect --format json` has it, without the pictures' bytes.

    Without what only a mesh gives: previews, and how long parts of it took.
    """
    record = inspection.record
    aligned = {} if record.alignment is None else {"alignment": _alignment(record.alignment)}
    return {
        "inspectionId": record.inspection_id,
        "score": record.score,
        "threshold": record.threshold,
        "verdict": record.verdict.value,
        "confidence": inspection.confidence,
        "pValue": record.p_value,
        "offDistribution": record.off_distribution,
        "frameProblems": [_problem(one) for one in record.frame_problems],
        "version": record.version,
        "referenceSetId": record.set_id,
        "regions": [_region(one) for one in inspection.regions],
        "nearest": [_nearest(one) for one in inspection.nearest],
        "heatmapScale": inspection.heatmap_scale,
        "totalMs": round(1000 * inspection.total_s, 1),
    } | aligned


def _alignment(alignment: Alignment) -> dict[str, float]:
    return {
        "shiftX": alignment.shift_x,
        "shiftY": alignment.shift_y,
        "rotationDegrees": alignment.rotation_degrees,
        "confidence": alignment.confidence,
    }


def _problem(problem: FrameProblem) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "reason": problem.reason.value, "measured": problem.measured, "limit": problem.limit,
    }  # fmt: skip
    if problem.typical is not None:
        answer["typical"] = problem.typical
    return answer


def _region(region: Region) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "box": _box(region.box),
        "polygon": [{"x": x, "y": y} for x, y in region.polygon],
        "score": region.score,
        "area": region.area,
    }
    if (near := region.nearest) is not None:
        answer["nearest"] = {
            "imageId": near.image_id, "box": _box(near.box), "distance": near.distance,
        }  # fmt: skip
    return answer


def _nearest(image: NearestImage) -> dict[str, Any]:
    return {"imageId": image.image_id, "distance": image.distance}


def _box(box: Box) -> Mapping[str, float]:
    return {"left": box.left, "top": box.top, "right": box.right, "bottom": box.bottom}
