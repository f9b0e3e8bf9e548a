"""Between the contract's messages about views of a part and the domain's objects."""

from collections.abc import Mapping

from argus.inspection.v1 import inspection_pb2 as pb

from services.inspection.messages.inspections import OVERLAYS, inspection_message, verdict_value
from services.inspection.messages.values import Shown, canonical, canonical_all
from services.inspection.scoring.part_inspector import (
    Frame,
    InspectedPart,
    InspectedView,
    PartRequest,
)
from services.runtime.errors import ArgusError
from services.runtime.status import to_status


def part_request_from(message: pb.InspectPartRequest, user_id: str) -> PartRequest:
    """What part is to be inspected."""
    return PartRequest(
        user_id=user_id,
        set_id=canonical(message.reference_set_id),
        frames=[
            Frame(canonical_all(one.reference_set_ids), one.image, canonical(one.image_id))
            for one in message.frames
        ],
        heatmap=message.heatmap,
        overlay=OVERLAYS[message.overlay],
        request_id=message.request_id,
        trigger_id=message.trigger_id,
    )


def part_message(
    part: InspectedPart, request: pb.InspectPartRequest, why: Mapping[str, ArgusError], shown: Shown
) -> pb.InspectPartResponse:
    """What was found of a part.

    Args:
        part: Which.
        request: What was asked for.
        why: What views failed with, by the ids of their sets.
        shown: What shows the normal images that it names.
    """
    return pb.InspectPartResponse(
        verdict=verdict_value(part.verdict),
        views=[_view(one, why, shown, request.trigger_id) for one in part.views],
        target_false_alarm_rate=part.target,
        reference_set_id=canonical(request.reference_set_id),
        part_inspection_id=part.part_inspection_id,
        trigger_id=request.trigger_id,
    )


def _view(
    one: InspectedView, why: Mapping[str, ArgusError], shown: Shown, trigger_id: str
) -> pb.ViewInspection:
    message = pb.ViewInspection(
        reference_set_id=one.view.set_id, display_name=one.view.display_name, frame=one.frame
    )
    if one.inspection is not None:
        message.inspection.CopyFrom(
            inspection_message(one.inspection, shown, trigger_id=trigger_id)
        )
    elif one.error is not None:
        message.error.CopyFrom(to_status(why[one.view.set_id]))
    return message
