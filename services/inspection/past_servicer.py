"""RPC methods about past inspections and thresholds: translate, call, translate."""

from argus.inspection.v1 import inspection_pb2 as pb

from services.inspection.messages import past
from services.inspection.messages.inspections import OVERLAYS, shown_in
from services.inspection.messages.pages import time_page_position, time_page_token
from services.inspection.messages.values import canonical, moment_from
from services.inspection.messages.versions import version_message
from services.inspection.model import PastInspection
from services.inspection.ports import Previews
from services.inspection.review.looking_back import LookingBack
from services.inspection.review.thresholding import Around, Thresholding
from services.runtime.identity import require_user

DEFAULT_INSPECTIONS = 50
DEFAULT_BINS = 50
DEFAULT_RECENT = 1000


class PastMethods:
    """Some of the RPC methods; the contract documents them."""

    _looking_back: LookingBack
    _thresholding: Thresholding
    _previews: Previews

    async def ListInspections(
        self, request: pb.ListInspectionsRequest, context: object
    ) -> pb.ListInspectionsResponse:
        user_id, size = require_user().user_id, request.page_size or DEFAULT_INSPECTIONS
        set_id, image_id = canonical(request.reference_set_id), canonical(request.image_id)
        since, until = moment_from(request, "since"), moment_from(request, "until")
        part_id = canonical(request.part_inspection_id)
        query = (
            user_id, "inspections", set_id, str(request.version), image_id, str(request.verdict),
            str(since), str(until), *([part_id] if part_id else []),
        )  # fmt: skip
        found = await self._looking_back.page(
            user_id,
            set_id=set_id,
            version=request.version,
            image_id=image_id,
            verdict=past.verdict_from(request.verdict),
            part_inspection_id=part_id,
            since=since,
            until=until,
            before=time_page_position(request.page_token, *query),
            limit=size + 1,
        )
        shown = await self._previews.of(_own_image(one, user_id) for one in found[:size]) or {}
        last = found[size - 1].record if len(found) > size else None
        return pb.ListInspectionsResponse(
            inspections=[past.listed_message(one, shown) for one in found[:size]],
            next_page_token=time_page_token(
                (last.created_at, last.inspection_id) if last else None, *query
            ),
        )

    async def GetInspection(
        self, request: pb.GetInspectionRequest, context: object
    ) -> pb.PastInspection:
        user_id = require_user().user_id
        recalled = await self._looking_back.recall(
            canonical(request.inspection_id),
            user_id,
            heatmap=request.heatmap,
            overlay=OVERLAYS[request.overlay],
        )
        ids = {_own_image(recalled.past, user_id)}
        found = recalled.past.record.findings
        if found is not None and recalled.may_see_set:
            ids.update(shown_in(found.regions, found.nearest))
        return past.recalled_message(recalled, await self._previews.of(ids) or {})

    async def GetScoreHistogram(
        self, request: pb.GetScoreHistogramRequest, context: object
    ) -> pb.GetScoreHistogramResponse:
        histogram = await self._thresholding.histogram(
            canonical(request.reference_set_id),
            require_user().user_id,
            request.version,
            _around(request),
            bins=request.bins or DEFAULT_BINS,
        )
        return past.histogram_message(histogram)

    async def PreviewThreshold(
        self, request: pb.PreviewThresholdRequest, context: object
    ) -> pb.PreviewThresholdResponse:
        previews = await self._thresholding.preview(
            canonical(request.reference_set_id),
            require_user().user_id,
            request.version,
            _around(request),
            values=request.thresholds,
            targets=request.target_false_alarm_rates,
        )
        return past.previews_message(previews)

    async def SetThreshold(self, request: pb.SetThresholdRequest, context: object) -> pb.Version:
        made = await self._thresholding.set(
            canonical(request.reference_set_id),
            require_user().user_id,
            request.version,
            value=request.value if request.WhichOneof("threshold") == "value" else None,
            target=request.target_false_alarm_rate,
            use=request.use if request.HasField("use") else True,
            request_id=request.request_id,
        )
        return version_message(made)


def _own_image(inspection: PastInspection, user_id: str) -> str:
    """The inspected image if it is the user's; empty otherwise."""
    record = inspection.record
    return record.image_id if record.user_id == user_id else ""


def _around(request: pb.GetScoreHistogramRequest | pb.PreviewThresholdRequest) -> Around:
    return Around(moment_from(request, "since"), request.limit or DEFAULT_RECENT)
