"""Inspections and what they find, as the contract has them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from argus.inspection.v1 import inspection_pb2 as pb

from services.inspection.line.lane import Turn
from services.inspection.messages.values import (
    Shown,
    box_message,
    canonical,
    duration_message,
    point_messages,
)
from services.inspection.model import (
    Alignment,
    FrameProblem,
    InspectionRecord,
    NearestImage,
    NearestPatch,
    Region,
    Verdict,
)
from services.inspection.pictures.overlay import OverlayFormat
from services.inspection.scoring.inspector import DEFAULT_NEAREST, Inspection, InspectionRequest
from services.inspection.scoring.stages import Stage
from services.runtime.idempotency import resource_id

_VERDICTS = {
    Verdict.NORMAL: pb.InspectResponse.NORMAL,
    Verdict.ANOMALOUS: pb.InspectResponse.ANOMALOUS,
    Verdict.UNINSPECTABLE: pb.InspectResponse.UNINSPECTABLE,
}
OVERLAYS = {
    pb.InspectRequest.OVERLAY_FORMAT_UNSPECIFIED: None,
    pb.InspectRequest.PNG: OverlayFormat.PNG,
    pb.InspectRequest.WEBP: OverlayFormat.WEBP,
}


def request_from(message: pb.InspectRequest, user_id: str) -> InspectionRequest:
    """What is to be inspected against a set."""
    return InspectionRequest(
        user_id=user_id,
        set_id=canonical(message.reference_set_id),
        version=message.version,
        image=message.image,
        image_id=canonical(message.image_id),
        heatmap=message.heatmap,
        overlay=OVERLAYS[message.overlay],
        nearest_limit=message.nearest_limit or DEFAULT_NEAREST,
        request_id=message.request_id,
        trigger_id=message.trigger_id,
    )


def stored_request(
    message: pb.InspectStoredRequest, image_id: str, user_id: str
) -> pb.InspectRequest:
    """The request to inspect one of several stored images."""
    request = pb.InspectRequest(
        image_id=image_id,
        version=message.version,
        heatmap=message.heatmap,
        overlay=message.overlay,
        nearest_limit=message.nearest_limit,
        previews=message.previews,
    )
    if message.HasField("zero_shot"):
        request.zero_shot.CopyFrom(message.zero_shot)
    else:
        request.reference_set_id = message.reference_set_id
    if message.request_id:
        # The same for the same image, and for no other.
        request.request_id = resource_id(f"InspectStored {image_id}", user_id, message.request_id)
    return request


def shown_in(regions: Sequence[Region], nearest: Sequence[NearestImage]) -> Iterator[str]:
    """Ids of the normal images that an inspection names."""
    yield from (one.image_id for one in nearest)
    yield from (one.nearest.image_id for one in regions if one.nearest is not None)


def turn_of(item: pb.InspectImagesRequest, read_at: float, *, now: datetime) -> Turn:
    """Since when an item's time runs, and how long it has.

    Args:
        item: Which.
        read_at: When it was read, by the lane's clock.
        now: The present, aware.
    """
    turn = Turn(read_at)
    if item.HasField("budget"):
        turn.budget_s = item.budget.ToNanoseconds() / 1e9
    if item.HasField("capture_time"):
        taken = item.capture_time.ToDatetime(tzinfo=UTC)
        turn.since -= max((now - taken).total_seconds(), 0.0)
    return turn


def answer_item(
    response: pb.InspectImagesResponse, item: pb.InspectImagesRequest, turn: Turn, now: float
) -> None:
    """Says which item an answer is of, and what time it took; `now` by the lane's clock."""
    response.item_id, response.trigger_id = item.item_id, item.request.trigger_id
    response.waited.CopyFrom(duration_message(turn.waited_s))
    response.elapsed.CopyFrom(duration_message(now - turn.since))


def inspection_message(
    inspection: Inspection, shown: Shown, *, trigger_id: str = ""
) -> pb.InspectResponse:
    """What was found, with what shows the normal images that it names."""
    record, spent_s = inspection.record, inspection.spent_s
    return verdict_message(
        record,
        confidence=inspection.confidence,
        heatmap=inspection.heatmap,
        heatmap_scale=inspection.heatmap_scale,
        overlay=inspection.overlay,
        regions=[region_message(region, shown) for region in inspection.regions],
        nearest=[nearest_message(one, shown) for one in inspection.nearest],
        trigger_id=trigger_id,
        timings=pb.Timings(
            fetch=duration_message(spent_s.get(Stage.FETCH, 0.0)),
            features=duration_message(spent_s.get(Stage.FEATURES, 0.0)),
            score=duration_message(spent_s.get(Stage.SCORE, 0.0)),
            draw=duration_message(spent_s.get(Stage.DRAW, 0.0)),
            total=duration_message(inspection.total_s),
        ),
    )


def verdict_message(record: InspectionRecord, **found: Any) -> pb.InspectResponse:  # noqa: ANN401 - the message's other fields
    """What is remembered of an inspection, and what else was found."""
    return pb.InspectResponse(
        inspection_id=record.inspection_id,
        score=record.score,
        threshold=record.threshold,
        verdict=verdict_value(record.verdict),
        p_value=record.p_value,
        off_distribution=record.off_distribution,
        version=record.version,
        reference_set_id=record.set_id,
        image_id=record.image_id,
        frame_problems=[_problem(one) for one in record.frame_problems],
        alignment=None if record.alignment is None else _alignment(record.alignment),
        **found,
    )


def _alignment(alignment: Alignment) -> pb.Alignment:
    return pb.Alignment(
        shift_x=alignment.shift_x,
        shift_y=alignment.shift_y,
        rotation_degrees=alignment.rotation_degrees,
        confidence=alignment.confidence,
    )


def verdict_value(verdict: Verdict) -> pb.InspectResponse.Verdict:
    """What something came to."""
    return _VERDICTS[verdict]


def _problem(problem: FrameProblem) -> pb.FrameProblem:
    return pb.FrameProblem(
        reason=problem.reason.value,
        measured=problem.measured,
        limit=problem.limit,
        typical=problem.typical,
    )


def region_message(region: Region, shown: Shown) -> pb.Region:
    """A part of an image."""
    return pb.Region(
        box=box_message(region.box),
        polygon=point_messages(region.polygon),
        score=region.score,
        area=region.area,
        nearest=_nearest_patch(region.nearest, shown) if region.nearest else None,
    )


def nearest_message(image: NearestImage, shown: Shown) -> pb.NearestImage:
    """A normal image."""
    return pb.NearestImage(
        image_id=image.image_id, distance=image.distance, preview=shown.get(image.image_id)
    )


def _nearest_patch(patch: NearestPatch, shown: Shown) -> pb.NearestPatch:
    return pb.NearestPatch(
        image_id=patch.image_id,
        box=box_message(patch.box),
        distance=patch.distance,
        preview=shown.get(patch.image_id),
    )
