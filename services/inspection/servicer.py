"""`argus.inspection.v1.InspectionService`: translate, call, translate."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import grpc
from argus.inspection.v1 import inspection_pb2 as pb
from argus.inspection.v1 import inspection_pb2_grpc
from argus.storage.v1.image_pb2 import ImagePreview
from google.api import httpbody_pb2

from services.inspection.job_desk import JobDesk
from services.inspection.jobs.watching import JobWatch
from services.inspection.line.lane import MOST_WAITING, Lane, Turn
from services.inspection.line.sink_desk import ResultSinkDesk
from services.inspection.messages.exports import export_headers, version_export_headers
from services.inspection.messages.inspections import (
    answer_item,
    inspection_message,
    request_from,
    shown_in,
    stored_request,
    turn_of,
)
from services.inspection.messages.jobs import job_message, kind_from, watch_message
from services.inspection.messages.pages import (
    place_page_position,
    place_page_token,
    time_page_position,
    time_page_token,
)
from services.inspection.messages.parts import part_rule_from
from services.inspection.messages.sets import set_message
from services.inspection.messages.settings import settings_from
from services.inspection.messages.values import canonical, canonical_all
from services.inspection.messages.versions import version_message
from services.inspection.offline.version_export import VersionExport
from services.inspection.part_desk import PartDesk
from services.inspection.part_servicer import PartMethods
from services.inspection.past_servicer import PastMethods
from services.inspection.ports import Previews
from services.inspection.reference_library import ReferenceLibrary
from services.inspection.review.exporting import ExportFormat, Exporting
from services.inspection.review.judging import Judging
from services.inspection.review.looking_back import LookingBack
from services.inspection.review.review_desk import ReviewDesk
from services.inspection.review.thresholding import Thresholding
from services.inspection.review_servicer import ReviewMethods
from services.inspection.scoring.inspector import Inspector
from services.inspection.scoring.part_inspector import PartInspector
from services.inspection.scoring.words_inspector import ZeroShotInspector, ZeroShotRequest
from services.inspection.sharing import Sharing
from services.inspection.sharing_servicer import SharingMethods
from services.inspection.sink_servicer import SinkMethods
from services.inspection.telemetry import frame_wait_s, frames_dropped, inspections
from services.inspection.view_servicer import ViewMethods
from services.runtime.identity import require_user
from services.runtime.item_errors import explained
from services.runtime.status import to_status
from services.runtime.streaming import answer_each
from services.runtime.telemetry_contract import OUTCOME, STAGE
from services.runtime.validation import validate_request

Context = grpc.aio.ServicerContext[Any, Any]


WINDOW = 8
"""Most items of one stream under way. The next is read when one is answered, or to wait for its
turn."""

DEFAULT_SETS = 50
DEFAULT_IMAGES = 100
DEFAULT_VERSIONS = 20
DEFAULT_JOBS = 20

_FORMATS = {
    pb.ExportFeedbackRequest.FORMAT_UNSPECIFIED: ExportFormat.COCO,
    pb.ExportFeedbackRequest.COCO: ExportFormat.COCO,
    pb.ExportFeedbackRequest.CSV: ExportFormat.CSV,
    pb.ExportFeedbackRequest.HTML: ExportFormat.HTML,
    pb.ExportFeedbackRequest.PDF: ExportFormat.PDF,
}


class InspectionServicer(
    PartMethods,
    PastMethods,
    ReviewMethods,
    SharingMethods,
    SinkMethods,
    ViewMethods,
    inspection_pb2_grpc.InspectionServiceServicer,
):
    """The RPC methods; the contract documents them."""

    def __init__(
        self,
        library: ReferenceLibrary,
        inspector: Inspector,
        zero_shot: ZeroShotInspector,
        *,
        part_inspector: PartInspector,
        jobs: JobDesk,
        watch: JobWatch,
        judging: Judging,
        desk: ReviewDesk,
        looking_back: LookingBack,
        thresholding: Thresholding,
        exporting: Exporting,
        version_export: VersionExport,
        previews: Previews,
        sharing: Sharing,
        parts: PartDesk,
        sinks: ResultSinkDesk,
    ) -> None:
        self._library = library
        self._inspector = inspector
        self._zero_shot = zero_shot
        self._part_inspector = part_inspector
        self._judging = judging
        self._desk = desk
        self._looking_back = looking_back
        self._thresholding = thresholding
        self._previews = previews
        self._sharing = sharing
        self._parts = parts
        self._sinks = sinks
        self._jobs = jobs
        self._watch = watch
        self._exporting = exporting
        self._version_export = version_export

    async def CreateReferenceSet(
        self, request: pb.CreateReferenceSetRequest, context: Context
    ) -> pb.ReferenceSet:
        return set_message(
            await self._library.create(
                _caller(),
                request.display_name,
                part_rule=part_rule_from(request.part_rule)
                if request.HasField("part_rule")
                else None,
                view_of=canonical(request.view_of),
                copy_images=request.copy_images,
                request_id=request.request_id,
            )
        )

    async def ListReferenceSets(
        self, request: pb.ListReferenceSetsRequest, context: Context
    ) -> pb.ListReferenceSetsResponse:
        user_id, size = _caller(), request.page_size or DEFAULT_SETS
        before = time_page_position(request.page_token, user_id, "sets")
        found = await self._library.list(user_id, before=before, limit=size + 1)
        last = found[size - 1] if len(found) > size else None
        return pb.ListReferenceSetsResponse(
            reference_sets=[set_message(one) for one in found[:size]],
            next_page_token=time_page_token(
                (last.created_at, last.set_id) if last else None, user_id, "sets"
            ),
        )

    async def GetReferenceSet(
        self, request: pb.GetReferenceSetRequest, context: Context
    ) -> pb.ReferenceSet:
        set_id = canonical(request.reference_set_id)
        return set_message(await self._library.get(set_id, _caller()))

    async def RenameReferenceSet(
        self, request: pb.RenameReferenceSetRequest, context: Context
    ) -> pb.ReferenceSet:
        set_id = canonical(request.reference_set_id)
        return set_message(await self._library.rename(set_id, _caller(), request.display_name))

    async def DeleteReferenceSet(
        self, request: pb.DeleteReferenceSetRequest, context: Context
    ) -> pb.DeleteReferenceSetResponse:
        await self._library.delete(canonical(request.reference_set_id), _caller())
        return pb.DeleteReferenceSetResponse()

    async def AddReferenceImages(
        self, request: pb.AddReferenceImagesRequest, context: Context
    ) -> pb.ReferenceSet:
        set_id, ids = canonical(request.reference_set_id), canonical_all(request.image_ids)
        return set_message(await self._library.add_images(set_id, _caller(), ids))

    async def RemoveReferenceImages(
        self, request: pb.RemoveReferenceImagesRequest, context: Context
    ) -> pb.ReferenceSet:
        set_id, ids = canonical(request.reference_set_id), canonical_all(request.image_ids)
        return set_message(await self._library.remove_images(set_id, _caller(), ids))

    async def ListReferenceImages(
        self, request: pb.ListReferenceImagesRequest, context: Context
    ) -> pb.ListReferenceImagesResponse:
        set_id, size = canonical(request.reference_set_id), request.page_size or DEFAULT_IMAGES
        after = place_page_position(request.page_token, set_id, "images")
        found = await self._library.images(set_id, _caller(), after=after, limit=size + 1)
        last = found[size - 1][0] if len(found) > size else 0
        image_ids = [image_id for _, image_id in found[:size]]
        return pb.ListReferenceImagesResponse(
            image_ids=image_ids,
            previews=await self._previews_of(image_ids),
            next_page_token=place_page_token(last, set_id, "images"),
        )

    async def ListProposedImages(
        self, request: pb.ListProposedImagesRequest, context: Context
    ) -> pb.ListProposedImagesResponse:
        set_id, size = canonical(request.reference_set_id), request.page_size or DEFAULT_IMAGES
        after = time_page_position(request.page_token, set_id, "proposals")
        found = await self._library.proposed_images(set_id, _caller(), after=after, limit=size + 1)
        last = found[size - 1][:2] if len(found) > size else None
        image_ids = [image_id for _, _, image_id in found[:size]]
        return pb.ListProposedImagesResponse(
            image_ids=image_ids,
            previews=await self._previews_of(image_ids),
            next_page_token=time_page_token(last, set_id, "proposals"),
        )

    async def CalibrateReferenceSet(
        self, request: pb.CalibrateReferenceSetRequest, context: Context
    ) -> pb.Job:
        job = await self._jobs.calibrate(
            canonical(request.reference_set_id),
            _caller(),
            target=request.target_false_alarm_rate or None,
            settings=settings_from(request.settings) if request.HasField("settings") else None,
            part_rule=part_rule_from(request.settings.part_rule)
            if request.settings.HasField("part_rule")
            else None,
            from_scratch=request.from_scratch,
            request_id=request.request_id,
        )
        return job_message(job)

    async def TrainHead(self, request: pb.TrainHeadRequest, context: Context) -> pb.Job:
        job = await self._jobs.train(
            canonical(request.reference_set_id),
            _caller(),
            request.version,
            request_id=request.request_id,
        )
        return job_message(job)

    async def CompareVersions(self, request: pb.CompareVersionsRequest, context: Context) -> pb.Job:
        job = await self._jobs.compare(
            canonical(request.reference_set_id),
            _caller(),
            request.version_a,
            request.version_b,
            request_id=request.request_id,
        )
        return job_message(job)

    async def GetJob(self, request: pb.GetJobRequest, context: Context) -> pb.Job:
        set_id, job_id = canonical(request.reference_set_id), canonical(request.job_id)
        return job_message(await self._jobs.get(set_id, job_id, _caller()))

    async def ListJobs(self, request: pb.ListJobsRequest, context: Context) -> pb.ListJobsResponse:
        user_id, size = _caller(), request.page_size or DEFAULT_JOBS
        set_id, kind = canonical(request.reference_set_id), kind_from(request.kind)
        query = (user_id, "jobs", set_id, kind or "")
        found = await self._jobs.list(
            set_id,
            user_id,
            kind=kind,
            before=time_page_position(request.page_token, *query),
            limit=size + 1,
        )
        last = found[size - 1] if len(found) > size else None
        return pb.ListJobsResponse(
            jobs=[job_message(one) for one in found[:size]],
            next_page_token=time_page_token(
                (last.created_at, last.job_id) if last else None, *query
            ),
        )

    async def WatchJob(
        self, request: pb.WatchJobRequest, context: Context
    ) -> AsyncIterator[pb.WatchJobResponse]:
        watched = self._watch.watch(
            canonical(request.reference_set_id),
            canonical(request.job_id),
            _caller(),
            after_cursor=request.after_cursor,
        )
        async with aclosing(watched):
            async for sighting in watched:
                yield watch_message(sighting)

    async def CancelJob(self, request: pb.CancelJobRequest, context: Context) -> pb.Job:
        set_id, job_id = canonical(request.reference_set_id), canonical(request.job_id)
        return job_message(await self._jobs.cancel(set_id, job_id, _caller()))

    async def ListVersions(
        self, request: pb.ListVersionsRequest, context: Context
    ) -> pb.ListVersionsResponse:
        set_id, size = canonical(request.reference_set_id), request.page_size or DEFAULT_VERSIONS
        before = place_page_position(request.page_token, set_id, "versions")
        found = await self._library.versions(set_id, _caller(), before=before, limit=size + 1)
        last = found[size - 1].version if len(found) > size else 0
        return pb.ListVersionsResponse(
            versions=[version_message(one) for one in found[:size]],
            next_page_token=place_page_token(last, set_id, "versions"),
        )

    async def UseVersion(self, request: pb.UseVersionRequest, context: Context) -> pb.ReferenceSet:
        set_id = canonical(request.reference_set_id)
        return set_message(await self._library.use_version(set_id, _caller(), request.version))

    async def DeleteVersion(
        self, request: pb.DeleteVersionRequest, context: Context
    ) -> pb.DeleteVersionResponse:
        set_id = canonical(request.reference_set_id)
        await self._library.delete_version(set_id, _caller(), request.version)
        return pb.DeleteVersionResponse()

    async def Inspect(self, request: pb.InspectRequest, context: Context) -> pb.InspectResponse:
        return await self._inspect(request, _caller())

    async def InspectImages(
        self, request_iterator: AsyncIterator[pb.InspectImagesRequest], context: Context
    ) -> AsyncIterator[pb.InspectImagesResponse]:
        user_id, loop = _caller(), asyncio.get_running_loop()
        lane = Lane(WINDOW, clock=loop.time, dropped=_count_dropped)

        async def answer(
            read: tuple[pb.InspectImagesRequest, float],
        ) -> pb.InspectImagesResponse:
            item, read_at = read
            turn = Turn(read_at)
            try:
                validate_request(item)
                turn = turn_of(item, read_at, now=datetime.now(UTC))
                async with lane.turn(turn, len(item.request.image)) as begun:
                    found = await self._inspect(item.request, user_id, decided=begun.decided)
                response = pb.InspectImagesResponse(inspection=found)
            except Exception as error:  # noqa: BLE001 - one item's failure harms no other
                response = _failed(item.item_id, error)
            frame_wait_s.record(turn.waited_s)
            answer_item(response, item, turn, loop.time())
            return response

        async def timed() -> AsyncIterator[tuple[pb.InspectImagesRequest, float]]:
            async for item in request_iterator:
                yield item, loop.time()
                await lane.readable()

        async for response in answer_each(timed(), answer, window=WINDOW + MOST_WAITING):
            yield response

    async def InspectStored(
        self, request: pb.InspectStoredRequest, context: Context
    ) -> AsyncIterator[pb.InspectImagesResponse]:
        user_id = _caller()
        if not request.HasField("zero_shot"):
            # What is wrong with the set is so for every image.
            set_id = canonical(request.reference_set_id)
            await self._inspector.open(user_id, set_id, request.version)

        async def answer(image_id: str) -> pb.InspectImagesResponse:
            try:
                found = await self._inspect(stored_request(request, image_id, user_id), user_id)
            except Exception as error:  # noqa: BLE001 - one image's failure harms no other
                return _failed(image_id, error)
            return pb.InspectImagesResponse(item_id=image_id, inspection=found)

        image_ids = dict.fromkeys(canonical_all(request.image_ids))
        async for response in answer_each(_each(image_ids), answer, window=WINDOW):
            yield response

    async def ExportFeedback(
        self, request: pb.ExportFeedbackRequest, context: Context
    ) -> AsyncIterator[httpbody_pb2.HttpBody]:
        set_id = canonical(request.reference_set_id)
        exported = self._exporting.export(
            set_id, _caller(), _FORMATS[request.format], request.version
        )
        first = True
        async for content_type, chunk in exported:
            if first:
                await context.send_initial_metadata(export_headers(request.format))
            first = False
            yield httpbody_pb2.HttpBody(content_type=content_type, data=chunk)

    async def ExportVersion(
        self, request: pb.ExportVersionRequest, context: Context
    ) -> AsyncIterator[httpbody_pb2.HttpBody]:
        set_id = canonical(request.reference_set_id)
        exported = self._version_export.export(set_id, _caller(), request.version)
        first = True
        async with aclosing(exported):
            async for piece in exported:
                if first:
                    await context.send_initial_metadata(version_export_headers(request.version))
                first = False
                yield httpbody_pb2.HttpBody(content_type="application/zip", data=piece)

    async def _inspect(
        self,
        request: pb.InspectRequest,
        user_id: str,
        *,
        decided: Callable[[], Awaitable[None]] | None = None,
    ) -> pb.InspectResponse:
        if request.HasField("zero_shot"):
            words = request.zero_shot
            found = await self._zero_shot.inspect(
                ZeroShotRequest(
                    inspection=request_from(request, user_id),
                    object=words.object,
                    normal_texts=tuple(words.normal_texts),
                    defect_texts=tuple(words.defect_texts),
                    model=words.model,
                )
            )
        else:
            found = await self._inspector.inspect(request_from(request, user_id), decided=decided)
        shown = None
        if request.previews:
            shown = await self._previews.of(shown_in(found.regions, found.nearest))
        return inspection_message(found, shown or {}, trigger_id=request.trigger_id)

    async def _previews_of(self, image_ids: Sequence[str]) -> list[ImagePreview]:
        """What shows images, in their order, as far as it can be had."""
        shown = await self._previews.of(image_ids) or {}
        return [shown[image_id] for image_id in image_ids if image_id in shown]


async def _each(image_ids: Iterable[str]) -> AsyncIterator[str]:
    for image_id in image_ids:
        yield image_id


def _failed(item_id: str, error: Exception) -> pb.InspectImagesResponse:
    """Why an item was not inspected."""
    why = explained(error)
    inspections.add(1, {OUTCOME: why.reason})
    return pb.InspectImagesResponse(item_id=item_id, error=to_status(why))


def _count_dropped(stage: str) -> None:
    frames_dropped.add(1, {STAGE: stage})


def _caller() -> str:
    return require_user().user_id
