"""The RPC method about views of a part: translate, call, translate."""

from argus.inspection.v1 import inspection_pb2 as pb

from services.inspection.messages.inspections import shown_in
from services.inspection.messages.values import Shown
from services.inspection.messages.views import part_message, part_request_from
from services.inspection.ports import Previews
from services.inspection.scoring.part_inspector import PartInspector
from services.inspection.telemetry import inspections
from services.runtime.identity import require_user
from services.runtime.item_errors import explained
from services.runtime.telemetry_contract import OUTCOME


class ViewMethods:
    """Some of the RPC methods; the contract documents them."""

    _part_inspector: PartInspector
    _previews: Previews

    async def InspectPart(
        self, request: pb.InspectPartRequest, context: object
    ) -> pb.InspectPartResponse:
        found = await self._part_inspector.inspect(
            part_request_from(request, require_user().user_id)
        )
        shown: Shown = {}
        if request.previews:
            inspected = [one.inspection for one in found.views if one.inspection is not None]
            shown = (
                await self._previews.of(
                    image_id for one in inspected for image_id in shown_in(one.regions, one.nearest)
                )
                or {}
            )
        why = {
            one.view.set_id: explained(one.error) for one in found.views if one.error is not None
        }
        for error in why.values():
            inspections.add(1, {OUTCOME: error.reason})
        return part_message(found, request, why, shown)
