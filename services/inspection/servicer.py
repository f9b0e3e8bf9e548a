"""`argus.inspection.v1.InspectionService`: translate, call, translate."""

import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc
from argus.inspection.v1 import inspection_pb2 as pb
from argus.inspection.v1 import inspection_pb2_grpc
from google.api import httpbody_pb2

from services.inspection import translate as to
from services.inspection.job_desk import JobDesk
from services.inspection.jobs.watching import JobWatch
from services.inspection.reference_library import ReferenceLibrary
from services.inspection.review.exporting import ExportFormat, Exporting
from services.inspection.review.judging import Judging
from services.inspection.scoring.inspector import Inspector
from services.inspection.scoring.words_inspector import ZeroShotInspector, ZeroShotRequest
from services.inspection.telemetry import inspections
from services.runtime.errors import ArgusError
from services.runtime.identity import require_user
from services.runtime.request import current_call
from services.runtime.status import to_status
from services.runtime.streaming import answer_each
from services.runtime.validation import validate_request

Context = grpc.aio.ServicerContext[Any, Any]


WINDOW = 8
"""Most items of one stream under way; the next is read when one is answered."""

_log = logging.getLogger(__name__)

DEFAULT_SETS = 50
DEFAULT_IMAGES = 100
DEFAULT_FEEDBACK = 100
DEFAULT_QUEUE = 20
DEFAULT_VERSIONS = 20
DEFAULT_JOBS = 20

_FORMATS = {
    pb.ExportFeedbackRequest.FORMAT_UNSPECIFIED: ExportFormat.COCO,
    pb.ExportFeedbackRequest.COCO: ExportFormat.COCO,
    pb.ExportFeedbackRequest.CSV: ExportFormat.CSV,
    pb.ExportFeedbackRequest.HTML: ExportFormat.HTML,
}


class InspectionServicer(inspection_pb2_grpc.InspectionServiceServicer):
    """The RPC methods; the contract documents them."""

    def __init__(
        self,
        library: ReferenceLibrary,
        inspector: Inspector,
        zero_shot: ZeroShotInspector,
        *,
        jobs: JobDesk,
        watch: JobWatch,
        judging: Judging,
        exporting: Exporting,
    ) -> None:
        self._library = library
        self._inspector = inspector
        self._zero_shot = zero_shot
        self._judging = judging
        self._jobs = jobs
        self._watch = watch
        self._exporting = exporting

    async def CreateReferenceSet(
        self, request: pb.CreateReferenceSetRequest, context: Context
    ) -> pb.ReferenceSet:
        return to.set_message(
            await self._library.create(
                _caller(), request.display_name, request_id=request.request_id
            )
        )

    async def ListReferenceSets(
        self, request: pb.ListReferenceSetsRequest, context: Context
    ) -> pb.ListReferenceSetsResponse:
        user_id, size = _caller(), request.page_size or DEFAULT_SETS
        before = to.time_page_position(request.page_token, user_id, "sets")
        found = await self._library.list(user_id, before=before, limit=size + 1)
        last = found[size - 1] if len(found) > size else None
        return pb.ListReferenceSetsResponse(
            reference_sets=[to.set_message(one) for one in found[:size]],
            next_page_token=to.time_page_token(
                (last.created_at, last.set_id) if last else None, user_id, "sets"
            ),
        )

    async def GetReferenceSet(
        self, request: pb.GetReferenceSetRequest, context: Context
    ) -> pb.ReferenceSet:
        set_id = to.canonical(request.reference_set_id)
        return to.set_message(await self._library.get(set_id, _caller()))

    async def DeleteReferenceSet(
        self, request: pb.DeleteReferenceSetRequest, context: Context
    ) -> pb.DeleteReferenceSetResponse:
        await self._library.delete(to.canonical(request.reference_set_id), _caller())
        return pb.DeleteReferenceSetResponse()

    async def ShareReferenceSet(
        self, request: pb.ShareReferenceSetRequest, context: Context
    ) -> pb.ReferenceSet:
        set_id, users = to.canonical(request.reference_set_id), to.canonical_all(request.user_ids)
        role = to.role_from(request.role)
        return to.set_message(await self._library.share(set_id, _caller(), users, role))

    async def UnshareReferenceSet(
        self, request: pb.UnshareReferenceSetRequest, context: Context
    ) -> pb.ReferenceSet:
        set_id, users = to.canonical(request.reference_set_id), to.canonical_all(request.user_ids)
        return to.set_message(await self._library.unshare(set_id, _caller(), users))

    async def AddReferenceImages(
        self, request: pb.AddReferenceImagesRequest, context: Context
    ) -> pb.ReferenceSet:
        set_id, ids = to.canonical(request.reference_set_id), to.canonical_all(request.image_ids)
        return to.set_message(await self._library.add_images(set_id, _caller(), ids))

    async def RemoveReferenceImages(
        self, request: pb.RemoveReferenceImagesRequest, context: Context
    ) -> pb.ReferenceSet:
        set_id, ids = to.canonical(request.reference_set_id), to.canonical_all(request.image_ids)
        return to.set_message(await self._library.remove_images(set_id, _caller(), ids))

    async def ListReferenceImages(
        self, request: pb.ListReferenceImagesRequest, context: Context
    ) -> pb.ListReferenceImagesResponse:
        set_id, size = to.canonical(request.reference_set_id), request.page_size or DEFAULT_IMAGES
        after = to.place_page_position(request.page_token, set_id, "images")
        found = await self._library.images(set_id, _caller(), after=after, limit=size + 1)
        last = found[size - 1][0] if len(found) > size else 0
        return pb.ListReferenceImagesResponse(
            image_ids=[image_id for _, image_id in found[:size]],
            next_page_token=to.place_page_token(last, set_id, "images"),
        )

    async def ListProposedImages(
        self, request: pb.ListProposedImagesRequest, context: Context
    ) -> pb.ListProposedImagesResponse:
        set_id, size = to.canonical(request.reference_set_id), request.page_size or DEFAULT_IMAGES
        after = to.time_page_position(request.page_token, set_id, "proposals")
        found = await self._library.proposed_images(set_id, _caller(), after=after, limit=size + 1)
        last = found[size - 1][:2] if len(found) > size else None
        return pb.ListProposedImagesResponse(
            image_ids=[image_id for _, _, image_id in found[:size]],
            next_page_token=to.time_page_token(last, set_id, "proposals"),
        )

    async def CalibrateReferenceSet(
        self, request: pb.CalibrateReferenceSetRequest, context: Context
    ) -> pb.Job:
        job = await self._jobs.calibrate(
            to.canonical(request.reference_set_id),
            _caller(),
            target=request.target_false_alarm_rate or None,
            settings=to.settings_from(request.settings) if request.HasField("settings") else None,
            from_scratch=request.from_scratch,
            request_id=request.request_id,
        )
        return to.job_message(job)

    async def TrainHead(self, request: pb.TrainHeadRequest, context: Context) -> pb.Job:
        job = await self._jobs.train(
            to.canonical(request.reference_set_id),
            _caller(),
            request.version,
            request_id=request.request_id,
        )
        return to.job_message(job)

    async def CompareVersions(self, request: pb.CompareVersionsRequest, context: Context) -> pb.Job:
        job = await self._jobs.compare(
            to.canonical(request.reference_set_id),
            _caller(),
            request.version_a,
            request.version_b,
            request_id=request.request_id,
        )
        return to.job_message(job)

    async def GetJob(self, request: pb.GetJobRequest, context: Context) -> pb.Job:
        set_id, job_id = to.canonical(request.reference_set_id), to.canonical(request.job_id)
        return to.job_message(await self._jobs.get(set_id, job_id, _caller()))

    async def ListJobs(self, request: pb.ListJobsRequest, context: Context) -> pb.ListJobsResponse:
        user_id, size = _caller(), request.page_size or DEFAULT_JOBS
        set_id, kind = to.canonical(request.reference_set_id), to.kind_from(request.kind)
        query = (user_id, "jobs", set_id, kind or "")
        found = await self._jobs.list(
            set_id,
            user_id,
            kind=kind,
            before=to.time_page_position(request.page_token, *query),
            limit=size + 1,
        )
        last = found[size - 1] if len(found) > size else None
        return pb.ListJobsResponse(
            jobs=[to.job_message(one) for one in found[:size]],
            next_page_token=to.time_page_token(
                (last.created_at, last.job_id) if last else None, *query
            ),
        )

    async def WatchJob(
        self, request: pb.WatchJobRequest, context: Context
    ) -> AsyncIterator[pb.WatchJobResponse]:
        watched = self._watch.watch(
            to.canonical(request.reference_set_id),
            to.canonical(request.job_id),
            _caller(),
            after_cursor=request.after_cursor,
        )
        async with aclosing(watched):
            async for sighting in watched:
                yield to.watch_message(sighting)

    async def CancelJob(self, request: pb.CancelJobRequest, context: Context) -> pb.Job:
        set_id, job_id = to.canonical(request.reference_set_id), to.canonical(request.job_id)
        return to.job_message(await self._jobs.cancel(set_id, job_id, _caller()))

    async def ListVersions(
        self, request: pb.ListVersionsRequest, context: Context
    ) -> pb.ListVersionsResponse:
        set_id, size = to.canonical(request.reference_set_id), request.page_size or DEFAULT_VERSIONS
        before = to.place_page_position(request.page_token, set_id, "versions")
        found = await self._library.versions(set_id, _caller(), before=before, limit=size + 1)
        last = found[size - 1].version if len(found) > size else 0
        return pb.ListVersionsResponse(
            versions=[to.version_message(one) for one in found[:size]],
            next_page_token=to.place_page_token(last, set_id, "versions"),
        )

    async def UseVersion(self, request: pb.UseVersionRequest, context: Context) -> pb.ReferenceSet:
        set_id = to.canonical(request.reference_set_id)
        return to.set_message(await self._library.use_version(set_id, _caller(), request.version))

    async def DeleteVersion(
        self, request: pb.DeleteVersionRequest, context: Context
    ) -> pb.DeleteVersionResponse:
        set_id = to.canonical(request.reference_set_id)
        await self._library.delete_version(set_id, _caller(), request.version)
        return pb.DeleteVersionResponse()

    async def Inspect(self, request: pb.InspectRequest, context: Context) -> pb.InspectResponse:
        return await self._inspect(request, _caller())

    async def InspectImages(
        self, request_iterator: AsyncIterator[pb.InspectImagesRequest], context: Context
    ) -> AsyncIterator[pb.InspectImagesResponse]:
        user_id = _caller()

        async def answer(item: pb.InspectImagesRequest) -> pb.InspectImagesResponse:
            try:
                validate_request(item)
                found = await self._inspect(item.request, user_id)
                return pb.InspectImagesResponse(item_id=item.item_id, inspection=found)
            except Exception as error:  # noqa: BLE001 - one item's failure harms no other
                explained = _explained(error)
                inspections.add(1, {"outcome": explained.reason})
                return pb.InspectImagesResponse(item_id=item.item_id, error=to_status(explained))

        async for response in answer_each(request_iterator, answer, window=WINDOW):
            yield response

    async def SubmitFeedback(
        self, request: pb.SubmitFeedbackRequest, context: Context
    ) -> pb.Feedback:
        said = to.said_from(request, _caller())
        return to.feedback_message(await self._judging.submit(said))

    async def ListFeedback(
        self, request: pb.ListFeedbackRequest, context: Context
    ) -> pb.ListFeedbackResponse:
        user_id, size = _caller(), request.page_size or DEFAULT_FEEDBACK
        set_id, image_id = to.canonical(request.reference_set_id), to.canonical(request.image_id)
        query = (user_id, "feedback", set_id, image_id)
        found = await self._judging.page(
            user_id,
            set_id=set_id,
            image_id=image_id,
            before=to.time_page_position(request.page_token, *query),
            limit=size + 1,
        )
        last = found[size - 1] if len(found) > size else None
        return pb.ListFeedbackResponse(
            feedback=[to.feedback_message(one) for one in found[:size]],
            next_page_token=to.time_page_token(
                (last.created_at, last.feedback_id) if last else None, *query
            ),
        )

    async def ListReviewQueue(
        self, request: pb.ListReviewQueueRequest, context: Context
    ) -> pb.ListReviewQueueResponse:
        user_id, set_id = _caller(), to.canonical(request.reference_set_id)
        query = (user_id, "queue", set_id)
        at, skip = to.snapshot_page_position(request.page_token, *query)
        page = await self._judging.queue(
            user_id, set_id, at=at, skip=skip, limit=request.page_size or DEFAULT_QUEUE
        )
        return pb.ListReviewQueueResponse(
            items=[to.review_message(item) for item in page.items],
            next_page_token=to.snapshot_page_token(page.at, page.next_skip, *query),
        )

    async def GetStats(self, request: pb.GetStatsRequest, context: Context) -> pb.GetStatsResponse:
        set_id = to.canonical(request.reference_set_id)
        if set_id:
            await self._library.get(set_id, _caller())
        return to.stats_message(await self._judging.stats(_caller(), set_id, request.version))

    async def ExportFeedback(
        self, request: pb.ExportFeedbackRequest, context: Context
    ) -> AsyncIterator[httpbody_pb2.HttpBody]:
        set_id = to.canonical(request.reference_set_id)
        exported = self._exporting.export(set_id, _caller(), _FORMATS[request.format])
        async for content_type, chunk in exported:
            yield httpbody_pb2.HttpBody(content_type=content_type, data=chunk)

    async def _inspect(self, request: pb.InspectRequest, user_id: str) -> pb.InspectResponse:
        if request.HasField("zero_shot"):
            words = request.zero_shot
            found = await self._zero_shot.inspect(
                ZeroShotRequest(
                    inspection=to.request_from(request, user_id),
                    object=words.object,
                    normal_texts=tuple(words.normal_texts),
                    defect_texts=tuple(words.defect_texts),
                    model=words.model,
                )
            )
        else:
            found = await self._inspector.inspect(to.request_from(request, user_id))
        return to.inspection_message(found)


def _explained(error: Exception) -> ArgusError:
    """What an item is told of an error, as a call would be."""
    if isinstance(error, ArgusError):
        return error
    _log.error("an item of a stream failed", exc_info=error)
    call = current_call()
    return ArgusError(f"internal error; quote request id {call.request_id if call else ''}")


def _caller() -> str:
    return require_user().user_id
