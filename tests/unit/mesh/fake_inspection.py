"""An inspection service that answers what a test tells it to, on a real socket."""

import hashlib
import re
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from queue import Queue
from typing import Any, NoReturn
from uuid import uuid4

import grpc
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from argus.inspection.v1 import inspection_pb2, inspection_pb2_grpc
from argus.installation.v1 import installation_pb2, installation_pb2_grpc
from argus.search.v1 import (
    duplicates_pb2,
    reindex_pb2_grpc,
    saved_pb2_grpc,
    search_pb2,
    search_pb2_grpc,
)
from argus.storage.v1 import (
    image_pb2,
    image_pb2_grpc,
    retention_pb2,
    retention_pb2_grpc,
    upload_pb2,
    video_pb2_grpc,
)
from google.api import httpbody_pb2
from google.protobuf import any_pb2, duration_pb2, timestamp_pb2
from google.rpc import error_details_pb2, status_pb2

from tests.support.fake_store import FakeStore
from tests.unit.mesh.fake_index import FakeIndex
from tests.unit.mesh.fake_operators import FakeOperators
from tests.unit.mesh.fake_saved import FakeSaved
from tests.unit.mesh.fake_videos import FakeVideos

ME = str(uuid4())
SOMEBODY = str(uuid4())
IMAGE = b"\x89PNG\r\n\x1a\n and what follows"


def status(code: grpc.StatusCode, reason: str, message: str) -> status_pb2.Status:
    """A status with a documented reason."""
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason=reason, domain="argus.internal"))
    return status_pb2.Status(code=code.value[0], message=message, details=[detail])


def refuse(context: Any, code: grpc.StatusCode, reason: str, message: str) -> NoReturn:
    """Ends a call as the services do."""
    details = status(code, reason, message).SerializeToString()
    context.set_trailing_metadata((("grpc-status-details-bin", details),))
    context.abort(code, message)
    raise AssertionError


class FakeInspection(inspection_pb2_grpc.InspectionServiceServicer):
    """Sets, and scores by what an image's bytes contain: `bad` is anomalous, `broken` fails,
    `busy` is refused the first time."""

    def __init__(self) -> None:
        self.sets: list[inspection_pb2.ReferenceSet] = []
        self.views: list[inspection_pb2.ReferenceSet] = []
        self.parts: list[inspection_pb2.InspectPartRequest] = []
        """Parts that were to be inspected."""
        self.members: dict[str, list[str]] = {}
        self.versions: list[inspection_pb2.Version] = []
        self.calibrated: list[inspection_pb2.CalibrateReferenceSetRequest] = []
        self.part_rules: list[inspection_pb2.PartRule] = []
        """Which images show the same part, as was said."""
        self.proposal = inspection_pb2.PartProposal()
        """What comparing pictures finds."""
        self.progress: list[inspection_pb2.Job] = []
        """What a watched job shows; the first is what whoever starts it gets."""
        self.listed: list[inspection_pb2.Job] = []
        self.reviews: list[Any] = []
        """Requests for head trainings and comparisons."""
        self.resumed: list[str] = []
        """Cursors that watches were begun with."""
        self.break_watch_after = 0
        """Messages after which the first watch breaks; never if 0."""
        self.breaks_with = (grpc.StatusCode.UNAVAILABLE, "", "restarting")
        """What a stream breaks with: code, reason and message."""
        self.feedback: list[inspection_pb2.SubmitFeedbackRequest] = []
        self.given: list[inspection_pb2.Feedback] = []
        """Feedback that is there."""
        self.waiting: list[inspection_pb2.ReviewItem] = []
        """The review queue."""
        self.queued: list[Any] = []
        """Requests about the review queue that change something."""
        self.stats = inspection_pb2.GetStatsResponse()
        self.past: list[inspection_pb2.PastInspection] = []
        self.asked: list[Any] = []
        """Requests about past inspections and thresholds."""
        self.exported: list[inspection_pb2.ExportFeedbackRequest] = []
        self.previewed = inspection_pb2.PreviewThresholdResponse()
        self.inspections: set[str] = set()
        self.streams: list[list[inspection_pb2.InspectImagesRequest]] = []
        self.break_after = 0
        """Answers after which the first stream breaks; never if 0."""
        self.refusal: tuple[grpc.StatusCode, str, str] | None = None
        """What every item gets."""
        self.most_under_way = 0
        self.sinks: dict[str, inspection_pb2.ResultSink] = {}
        """Where results go, by set."""
        self.undelivered: list[inspection_pb2.ResultDelivery] = []
        self.test_problem = ""
        """Why a test does not arrive; it does if empty."""

    def add_set(
        self, name: str, *, owner: str = ME, version: int = 1, **more: Any
    ) -> inspection_pb2.ReferenceSet:
        """A set that is there."""
        made = inspection_pb2.ReferenceSet(
            reference_set_id=str(uuid4()),
            display_name=name,
            user_id=owner,
            current_version=version,
            state=inspection_pb2.ReferenceSet.READY
            if version
            else inspection_pb2.ReferenceSet.EMPTY,
            **more,
        )
        self.sets.append(made)
        return made

    def _set(self, set_id: str, context: Any) -> inspection_pb2.ReferenceSet:
        for one in (*self.sets, *self.views):
            if one.reference_set_id == set_id:
                one.image_count = len(self.members.get(set_id, ()))
                return one
        refuse(context, grpc.StatusCode.NOT_FOUND, "REFERENCE_SET_NOT_FOUND", "no such set")

    def CreateReferenceSet(self, request: Any, context: Any) -> inspection_pb2.ReferenceSet:
        if request.view_of:
            return self.add_view(self._set(request.view_of, context), request.display_name, 0)
        return self.add_set(request.display_name, version=0)

    def add_view(
        self, parent: inspection_pb2.ReferenceSet, name: str, version: int = 1
    ) -> inspection_pb2.ReferenceSet:
        """A view of a set; it is a set of its own, which is not listed."""
        made = self.add_set(name, version=version, view_of=parent.reference_set_id)
        self.sets.remove(made)
        self.views.append(made)
        parent.views.add(
            reference_set_id=made.reference_set_id,
            display_name=name,
            state=made.state,
            current_version=version,
        )
        return made

    def InspectPart(self, request: Any, context: Any) -> inspection_pb2.InspectPartResponse:
        self.parts.append(request)
        if self.refusal:
            refuse(context, *self.refusal)
        found = self._set(request.reference_set_id, context)
        views = [(one.reference_set_id, one.display_name) for one in found.views]
        if found.current_version:
            views.insert(0, (found.reference_set_id, found.display_name))
        named = {
            one: place
            for place, frame in enumerate(request.frames)
            for one in frame.reference_set_ids
        }
        rest = [place for place, frame in enumerate(request.frames) if not frame.reference_set_ids]
        answer = inspection_pb2.InspectPartResponse(
            verdict=inspection_pb2.InspectResponse.NORMAL,
            target_false_alarm_rate=0.02,
            reference_set_id=request.reference_set_id,
            part_inspection_id=str(uuid4()),
        )
        for view_id, name in views:
            frame = named.get(view_id, rest[0] if rest else -1)
            view = answer.views.add(reference_set_id=view_id, display_name=name, frame=frame)
            verdict = inspection_pb2.InspectResponse.UNINSPECTABLE
            if frame >= 0:
                shown = request.frames[frame]
                inspect = inspection_pb2.InspectRequest(overlay=request.overlay)
                setattr(inspect, shown.WhichOneof("source"), shown.image or shown.image_id)
                one = self._answer(
                    inspection_pb2.InspectImagesRequest(request=inspect), again=False
                )
                if one.HasField("error"):
                    view.error.CopyFrom(one.error)
                else:
                    view.inspection.CopyFrom(one.inspection)
                    verdict = one.inspection.verdict
            if answer.verdict != inspection_pb2.InspectResponse.ANOMALOUS and verdict > 1:
                answer.verdict = verdict
        return answer

    def ListReferenceSets(
        self, request: Any, context: Any
    ) -> inspection_pb2.ListReferenceSetsResponse:
        # One on a page, so that whoever lists must turn them.
        at = int(request.page_token or 0)
        return inspection_pb2.ListReferenceSetsResponse(
            reference_sets=self.sets[at : at + 1],
            next_page_token=str(at + 1) if at + 1 < len(self.sets) else "",
        )

    def GetReferenceSet(self, request: Any, context: Any) -> inspection_pb2.ReferenceSet:
        return self._set(request.reference_set_id, context)

    def RenameReferenceSet(self, request: Any, context: Any) -> inspection_pb2.ReferenceSet:
        found = self._set(request.reference_set_id, context)
        found.display_name = request.display_name
        return found

    def DeleteReferenceSet(
        self, request: Any, context: Any
    ) -> inspection_pb2.DeleteReferenceSetResponse:
        self.sets.remove(self._set(request.reference_set_id, context))
        return inspection_pb2.DeleteReferenceSetResponse()

    def AddReferenceImages(self, request: Any, context: Any) -> inspection_pb2.ReferenceSet:
        members = self.members.setdefault(request.reference_set_id, [])
        members += [one for one in request.image_ids if one not in members]
        return self._set(request.reference_set_id, context)

    def RemoveReferenceImages(self, request: Any, context: Any) -> inspection_pb2.ReferenceSet:
        members = self.members.get(request.reference_set_id, [])
        members[:] = [one for one in members if one not in request.image_ids]
        return self._set(request.reference_set_id, context)

    def CalibrateReferenceSet(self, request: Any, context: Any) -> inspection_pb2.Job:
        if self.refusal:
            refuse(context, *self.refusal)
        self.calibrated.append(request)
        return self.progress[0]

    def SetPartRule(self, request: Any, context: Any) -> inspection_pb2.ReferenceSet:
        self.part_rules.append(request.rule)
        found = self._set(request.reference_set_id, context)
        found.part_rule.CopyFrom(request.rule)
        return found

    def ProposeParts(self, request: Any, context: Any) -> inspection_pb2.PartProposal:
        proposal = inspection_pb2.PartProposal()
        proposal.CopyFrom(self.proposal)
        if request.HasField("rule"):
            proposal.rule.CopyFrom(request.rule)
        return proposal

    def TrainHead(self, request: Any, context: Any) -> inspection_pb2.Job:
        return self._review(request, context)

    def CompareVersions(self, request: Any, context: Any) -> inspection_pb2.Job:
        return self._review(request, context)

    def _review(self, request: Any, context: Any) -> inspection_pb2.Job:
        if self.refusal:
            refuse(context, *self.refusal)
        self.reviews.append(request)
        return self.progress[0]

    def GetJob(self, request: Any, context: Any) -> inspection_pb2.Job:
        for one in self.listed:
            if one.job_id == request.job_id:
                return one
        refuse(context, grpc.StatusCode.NOT_FOUND, "JOB_NOT_FOUND", "no such job")

    def ListJobs(self, request: Any, context: Any) -> inspection_pb2.ListJobsResponse:
        # One on a page, so that whoever lists must turn them.
        at = int(request.page_token or 0)
        return inspection_pb2.ListJobsResponse(
            jobs=self.listed[at : at + 1],
            next_page_token=str(at + 1) if at + 1 < len(self.listed) else "",
        )

    def WatchJob(self, request: Any, context: Any) -> Iterator[inspection_pb2.WatchJobResponse]:
        self.resumed.append(request.after_cursor)
        start = int(request.after_cursor or 0)
        for number, job in enumerate(self.progress[start:], start + 1):
            yield inspection_pb2.WatchJobResponse(job=job, cursor=str(number))
            yield inspection_pb2.WatchJobResponse(job=job, cursor=str(number), heartbeat=True)
            if len(self.resumed) == 1 and number == self.break_watch_after:
                self._break(context)

    def CancelJob(self, request: Any, context: Any) -> inspection_pb2.Job:
        return inspection_pb2.Job(job_id=request.job_id, state=inspection_pb2.Job.CANCELLED)

    def ListVersions(self, request: Any, context: Any) -> inspection_pb2.ListVersionsResponse:
        return inspection_pb2.ListVersionsResponse(versions=self.versions)

    def InspectImages(
        self, request_iterator: Any, context: Any
    ) -> Iterator[inspection_pb2.InspectImagesResponse]:
        seen: list[inspection_pb2.InspectImagesRequest] = []
        self.streams.append(seen)
        arrived: Queue[inspection_pb2.InspectImagesRequest | None] = Queue()

        def take() -> None:
            # Eagerly, so that it shows how many are under way at once.
            with suppress(grpc.RpcError):
                for item in request_iterator:
                    arrived.put(item)
            arrived.put(None)

        threading.Thread(target=take, daemon=True).start()
        while (item := arrived.get()) is not None:
            self.most_under_way = max(self.most_under_way, arrived.qsize() + 1)
            again = any(one.item_id == item.item_id for one in chain(*self.streams))
            seen.append(item)
            yield self._answer(item, again=again)
            if len(self.streams) == 1 and len(seen) == self.break_after:
                self._break(context)

    def _break(self, context: Any) -> NoReturn:
        code, reason, message = self.breaks_with
        if reason:
            refuse(context, code, reason, message)
        context.abort(code, message)
        raise AssertionError

    def _answer(
        self, item: inspection_pb2.InspectImagesRequest, *, again: bool
    ) -> inspection_pb2.InspectImagesResponse:
        image = item.request.image
        error = None
        if self.refusal:
            error = status(*self.refusal)
        elif b"broken" in image:
            code = grpc.StatusCode.INVALID_ARGUMENT
            error = status(code, "IMAGE_UNREADABLE", "The image is cut off.")
        elif b"busy" in image and not again:
            error = status(grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", "Too much.")
        if error:
            return inspection_pb2.InspectImagesResponse(item_id=item.item_id, error=error)
        bad = b"bad" in image
        return inspection_pb2.InspectImagesResponse(
            item_id=item.item_id,
            inspection=inspection_pb2.InspectResponse(
                inspection_id=str(uuid4()),
                image_id=item.request.image_id,
                score=3.0 if bad else 1.0,
                threshold=2.0,
                verdict=inspection_pb2.InspectResponse.ANOMALOUS
                if bad
                else inspection_pb2.InspectResponse.NORMAL,
                confidence=0.97 if bad else 0.5,
                p_value=0.001 if bad else 0.4,
                off_distribution=b"other" in image,
                regions=[inspection_pb2.Region(score=3.0)] if bad else [],
                version=item.request.version or 1,
                overlay=b"overlay of " + image if item.request.overlay else b"",
                heatmap=b"heat of " + image if item.request.heatmap else b"",
                timings=inspection_pb2.Timings(total=duration_pb2.Duration(nanos=12_400_000)),
            ),
        )

    def SubmitFeedback(self, request: Any, context: Any) -> inspection_pb2.Feedback:
        code = grpc.StatusCode.NOT_FOUND
        if request.image_id:
            refuse(context, code, "IMAGE_NOT_FOUND", "no such image")
        if request.inspection_id not in self.inspections:
            refuse(context, code, "INSPECTION_NOT_FOUND", "no such inspection")
        self.feedback.append(request)
        return inspection_pb2.Feedback(
            action=request.action, label=request.label, inspection_id=request.inspection_id
        )

    def DeleteFeedback(self, request: Any, context: Any) -> inspection_pb2.DeleteFeedbackResponse:
        kept = [one for one in self.given if one.feedback_id != request.feedback_id]
        if len(kept) == len(self.given):
            code = grpc.StatusCode.NOT_FOUND
            refuse(context, code, "FEEDBACK_NOT_FOUND", "no such feedback")
        self.given = kept
        return inspection_pb2.DeleteFeedbackResponse()

    def ListFeedback(self, request: Any, context: Any) -> inspection_pb2.ListFeedbackResponse:
        return inspection_pb2.ListFeedbackResponse(
            feedback=[one for one in self.given if one.image_id == request.image_id]
        )

    def ListInspections(self, request: Any, context: Any) -> inspection_pb2.ListInspectionsResponse:
        self.asked.append(request)
        # One on a page, so that whoever lists must turn them.
        at = int(request.page_token or 0)
        return inspection_pb2.ListInspectionsResponse(
            inspections=self.past[at : at + 1],
            next_page_token=str(at + 1) if at + 1 < len(self.past) else "",
        )

    def GetInspection(self, request: Any, context: Any) -> inspection_pb2.PastInspection:
        self.asked.append(request)
        for one in self.past:
            if one.inspection.inspection_id == request.inspection_id:
                return one
        code = grpc.StatusCode.NOT_FOUND
        refuse(context, code, "INSPECTION_NOT_FOUND", "no such inspection")

    def PreviewThreshold(
        self, request: Any, context: Any
    ) -> inspection_pb2.PreviewThresholdResponse:
        self.asked.append(request)
        return self.previewed

    def SetThreshold(self, request: Any, context: Any) -> inspection_pb2.Version:
        self.asked.append(request)
        return inspection_pb2.Version(
            version=7,
            threshold=inspection_pb2.Threshold(
                value=request.value or 1.5,
                target_false_alarm_rate=request.target_false_alarm_rate or 0.04,
                false_alarm_rate_low=0.01,
                false_alarm_rate_high=0.09,
                held_out_count=60,
                set_by_person=True,
            ),
        )

    def SetResultSink(self, request: Any, context: Any) -> inspection_pb2.SetResultSinkResponse:
        if self.refusal:
            refuse(context, *self.refusal)
        new = request.new_secret or request.reference_set_id not in self.sinks
        self.sinks[request.reference_set_id] = sink = inspection_pb2.ResultSink()
        sink.CopyFrom(request.sink)
        if sink.HasField("redis_stream"):
            sink.redis_stream.key = f"argus:results:{request.reference_set_id}"
            new = False
        secret = "whsec_c2VjcmV0" if new else ""
        return inspection_pb2.SetResultSinkResponse(sink=sink, secret=secret)

    def GetResultSink(self, request: Any, context: Any) -> inspection_pb2.ResultSink:
        if request.reference_set_id not in self.sinks:
            code = grpc.StatusCode.NOT_FOUND
            refuse(context, code, "RESULT_SINK_NOT_FOUND", "They are not sent on.")
        return self.sinks[request.reference_set_id]

    def DeleteResultSink(
        self, request: Any, context: Any
    ) -> inspection_pb2.DeleteResultSinkResponse:
        self.sinks.pop(request.reference_set_id, None)
        return inspection_pb2.DeleteResultSinkResponse()

    def TestResultSink(self, request: Any, context: Any) -> inspection_pb2.ResultDelivery:
        self.GetResultSink(request, context)
        sent = inspection_pb2.ResultDelivery(delivery_id=str(uuid4()))
        if self.test_problem:
            self.undelivered.append(sent)
            sent.problem = self.test_problem
        return sent

    def ListResultDeliveries(
        self, request: Any, context: Any
    ) -> inspection_pb2.ListResultDeliveriesResponse:
        self.GetResultSink(request, context)
        return inspection_pb2.ListResultDeliveriesResponse(deliveries=self.undelivered)

    def RetryResultDeliveries(self, request: Any, context: Any) -> inspection_pb2.ResultSink:
        return self.GetResultSink(request, context)

    def ListReviewQueue(self, request: Any, context: Any) -> inspection_pb2.ListReviewQueueResponse:
        begin = int(request.page_token or 0)
        end = begin + min(request.page_size, 2)
        more = str(end) if end < len(self.waiting) else ""
        return inspection_pb2.ListReviewQueueResponse(
            items=self.waiting[begin:end], next_page_token=more
        )

    def ClaimReviewItems(
        self, request: Any, context: Any
    ) -> inspection_pb2.ClaimReviewItemsResponse:
        self.queued.append(request)
        return inspection_pb2.ClaimReviewItemsResponse(
            claim_id=SOMEBODY if self.waiting else "",
            items=self.waiting[: request.limit],
            expire_time=timestamp_pb2.Timestamp(seconds=1_767_225_600),
        )

    def SkipReviewItem(self, request: Any, context: Any) -> inspection_pb2.SkipReviewItemResponse:
        self.queued.append(request)
        return inspection_pb2.SkipReviewItemResponse()

    def UnskipReviewItem(
        self, request: Any, context: Any
    ) -> inspection_pb2.UnskipReviewItemResponse:
        self.queued.append(request)
        return inspection_pb2.UnskipReviewItemResponse()

    def ReleaseReviewItems(
        self, request: Any, context: Any
    ) -> inspection_pb2.ReleaseReviewItemsResponse:
        self.queued.append(request)
        return inspection_pb2.ReleaseReviewItemsResponse()

    def GetStats(self, request: Any, context: Any) -> Any:
        return self.stats

    def ExportVersion(self, request: Any, context: Any) -> Iterator[Any]:
        yield httpbody_pb2.HttpBody(data=f"version {request.version}".encode())

    def ExportFeedback(self, request: Any, context: Any) -> Iterator[Any]:
        self.exported.append(request)
        yield httpbody_pb2.HttpBody(data=b"file,")
        yield httpbody_pb2.HttpBody(data=b"label\n")
        if self.refusal:
            refuse(context, *self.refusal)


class FakeAuth(auth_pb2_grpc.AuthServiceServicer):
    """Says who calls."""

    def GetMe(self, request: Any, context: Any) -> auth_pb2.User:
        return auth_pb2.User(user_id=ME, email="me@example.org")


class FakeImages(image_pb2_grpc.ImageServiceServicer):
    """Images by their digests: all are stored already, unless there is an object store.

    With one, what an image's bytes contain decides: `broken` is refused when it is complete,
    `lost` fails when it is indexed.
    """

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}
        self.filters: list[str] = []
        self.orders: list[str] = []
        self.labels: dict[str, str] = {}
        """Labels of images that are stored already."""
        self.uploads: list[image_pb2.CreateUploadRequest] = []
        self.store: FakeStore | None = None
        self.stored: dict[str, image_pb2.Image] = {}
        """What is listed, edited and deleted, if there is anything."""
        self.trash: dict[str, image_pb2.Image] = {}
        self.watches: list[list[image_pb2.WatchImagesResponse | grpc.StatusCode]] = []
        """What each watch tells; a code ends it."""
        self.watched_after: list[str] = []
        self._lock = threading.Lock()

    def CreateUpload(self, request: Any, context: Any) -> image_pb2.CreateUploadResponse:
        with self._lock:
            if self.store is None or request.sha256 in self.ids:
                image_id = self.ids.setdefault(request.sha256, str(uuid4()))
                image = image_pb2.Image(image_id=image_id, labels=self.labels)
                return image_pb2.CreateUploadResponse(image=image)
            self.uploads.append(request)
        image_id = str(uuid4())
        upload = image_pb2.PresignedRequest(url=f"{self.store.url}/{image_id}", method="PUT")
        image = image_pb2.Image(image_id=image_id, state=image_pb2.Image.PENDING)
        return image_pb2.CreateUploadResponse(image=image, upload=upload)

    def CompleteUpload(self, request: Any, context: Any) -> image_pb2.Image:
        content = self._content(request.image_id)
        if b"broken" in content:
            code = grpc.StatusCode.INVALID_ARGUMENT
            refuse(context, code, "IMAGE_UNREADABLE", "The image is cut off.")
        with self._lock:
            kept = self.ids.setdefault(hashlib.sha256(content).hexdigest(), request.image_id)
        return image_pb2.Image(image_id=kept, state=image_pb2.Image.UPLOADED)

    def BatchGetImages(self, request: Any, context: Any) -> image_pb2.BatchGetImagesResponse:
        answer = image_pb2.BatchGetImagesResponse()
        if self.stored:
            there = [self.stored[one] for one in request.image_ids if one in self.stored]
            return image_pb2.BatchGetImagesResponse(images=there)
        for image_id in request.image_ids:
            lost = b"lost" in self._content(image_id)
            image = answer.images.add(image_id=image_id)
            image.state = image_pb2.Image.FAILED if lost else image_pb2.Image.INDEXED
            image.failure.message = "It cannot be embedded." if lost else ""
        return answer

    def _content(self, image_id: str) -> bytes:
        assert self.store is not None
        return self.store.objects[f"/{image_id}"]

    def GetImage(self, request: Any, context: Any) -> image_pb2.Image:
        return self.stored[request.image_id]

    def UpdateImage(self, request: Any, context: Any) -> image_pb2.Image:
        image = self.stored[request.image.image_id]
        for path in request.update_mask.paths:
            if path == "capture.location":
                image.capture.ClearField("location")
            else:
                setattr(image, path, getattr(request.image, path))
        return image

    def ImportImages(
        self, request_iterator: Any, context: Any
    ) -> Iterator[image_pb2.ImportImagesResponse]:
        content, spec = b"", upload_pb2.UploadSpec()
        for part in request_iterator:
            if part.HasField("spec"):
                content, spec = b"", part.spec
            content += part.chunk.data
            if part.HasField("finish"):
                yield self._imported(part.item_id, spec, content)

    def _imported(
        self, item_id: str, spec: upload_pb2.UploadSpec, content: bytes
    ) -> image_pb2.ImportImagesResponse:
        assert self.store is not None
        answer = image_pb2.ImportImagesResponse(item_id=item_id)
        image_id, sha256 = str(uuid4()), hashlib.sha256(content).hexdigest()
        with self._lock:
            self.store.puts += 1
            self.uploads.append(
                image_pb2.CreateUploadRequest(
                    filename=spec.filename,
                    labels=spec.labels,
                    note=spec.note,
                    keep_location=spec.keep_location,
                    take_description=spec.take_description,
                )
            )
            if b"broken" in content:
                code = grpc.StatusCode.INVALID_ARGUMENT
                answer.error.CopyFrom(status(code, "IMAGE_UNREADABLE", "The image is cut off."))
                return answer
            self.store.objects[f"/{image_id}"] = content
            kept = self.ids.setdefault(sha256, image_id)
        answer.imported.image.image_id = kept
        answer.imported.image.state = image_pb2.Image.UPLOADED
        answer.imported.existing = kept != image_id
        return answer

    def _known(self, digests: list[str]) -> image_pb2.ListImagesResponse:
        answer = image_pb2.ListImagesResponse()
        with self._lock:
            for sha256 in digests:
                if self.store is None or sha256 in self.ids:
                    image_id = self.ids.setdefault(sha256, str(uuid4()))
                    answer.images.add(image_id=image_id, sha256=sha256, labels=self.labels)
        return answer

    def ListImages(self, request: Any, context: Any) -> image_pb2.ListImagesResponse:
        if request.filter.startswith("(sha256"):
            return self._known(re.findall(r"[0-9a-f]{64}", request.filter))
        self.filters.append(request.filter)
        self.orders.append(request.order_by)
        if self.stored or request.deleted:
            images = list((self.trash if request.deleted else self.stored).values())
            size = request.page_size or len(images)
            start = int(request.page_token or 0)
            more = str(start + size) if start + size < len(images) else ""
            return image_pb2.ListImagesResponse(
                images=images[start : start + size],
                next_page_token=more,
                total_size=len(images) if request.with_total else 0,
            )
        return image_pb2.ListImagesResponse(
            images=[
                image_pb2.Image(image_id=image_id, state=image_pb2.Image.INDEXED)
                for digest, image_id in self.ids.items()
                if f'"{digest}"' in request.filter or "labels." in request.filter
            ]
        )

    def BatchDeleteImages(self, request: Any, context: Any) -> image_pb2.BatchDeleteImagesResponse:
        deleted = [one for one in request.image_ids if one in self.stored]
        for one in deleted:
            image = self.stored.pop(one)
            if not request.permanently:
                self.trash[one] = image
        return image_pb2.BatchDeleteImagesResponse(image_ids=deleted)

    def DeleteImagesByFilter(
        self, request: Any, context: Any
    ) -> image_pb2.DeleteImagesByFilterResponse:
        found = [one for one, image in self.stored.items() if image.labels.get("line") == "3"]
        if request.dry_run:
            return image_pb2.DeleteImagesByFilterResponse(remaining_count=len(found))
        assert request.expected_count == len(found)
        # As a mesh that deletes one at a time.
        del self.stored[found[0]]
        return image_pb2.DeleteImagesByFilterResponse(
            deleted_count=1, remaining_count=len(found) - 1
        )

    def GetUsage(self, request: Any, context: Any) -> image_pb2.GetUsageResponse:
        return image_pb2.GetUsageResponse(
            pending=image_pb2.Usage(image_count=2, size_bytes=999, max_image_count=2000),
            kept=image_pb2.Usage(
                image_count=1234, size_bytes=5_600_000, max_size_bytes=20_000_000_000
            ),
        )

    def BatchUndeleteImages(
        self, request: Any, context: Any
    ) -> image_pb2.BatchUndeleteImagesResponse:
        found = [self.trash.pop(one) for one in request.image_ids if one in self.trash]
        self.stored |= {image.image_id: image for image in found}
        return image_pb2.BatchUndeleteImagesResponse(images=found)

    def BatchUpdateLabels(self, request: Any, context: Any) -> image_pb2.BatchUpdateLabelsResponse:
        images = [self.stored[one] for one in request.image_ids]
        for image in images:
            for key in request.remove:
                image.labels.pop(key, None)
            image.labels.update(request.set)
        return image_pb2.BatchUpdateLabelsResponse(images=images)

    def ListLabels(self, request: Any, context: Any) -> image_pb2.ListLabelsResponse:
        values = Counter(
            image.labels[request.key]
            for image in self.stored.values()
            if request.key in image.labels
        )
        counted = [image_pb2.LabelValue(value=v, image_count=n) for v, n in values.items()]
        key = image_pb2.LabelKey(key=request.key, value_count=len(counted), values=counted)
        return image_pb2.ListLabelsResponse(keys=[key])

    def WatchImages(self, request: Any, context: Any) -> Iterator[image_pb2.WatchImagesResponse]:
        self.watched_after.append(request.after_cursor)
        for told in self.watches.pop(0):
            if isinstance(told, grpc.StatusCode):
                refuse(context, told, "UNAVAILABLE", "The mesh restarts.")
            yield told


class FakeSearch(search_pb2_grpc.SearchServiceServicer):
    """Answers the matches that a test gives."""

    def __init__(self) -> None:
        self.matches: list[search_pb2.Match] = []
        self.answer: search_pb2.SearchImagesResponse | None = None
        """The whole answer, in place of the matches alone."""
        self.cutoff: search_pb2.Cutoff | None = None
        self.requests: list[search_pb2.SearchImagesRequest] = []
        self.duplicates: list[duplicates_pb2.DuplicateCluster] = []
        self.asked_for_duplicates: list[duplicates_pb2.FindDuplicatesRequest] = []
        self.break_duplicates_after = 0
        """Clusters after which the first stream breaks; never if 0."""
        self.streams: list[search_pb2.StreamMatchesRequest] = []
        self.breaks_after = 0
        """The match behind which the first stream breaks; 0: none does."""
        self.maps: list[search_pb2.GetMapResponse] = []
        """What is answered one after another; the last one for ever."""
        self.asked_for_maps: list[search_pb2.GetMapRequest] = []

    def GetMap(self, request: Any, context: Any) -> search_pb2.GetMapResponse:
        self.asked_for_maps.append(request)
        return self.maps.pop(0) if len(self.maps) > 1 else self.maps[0]

    def StreamMatches(
        self, request: Any, context: Any
    ) -> Iterator[search_pb2.StreamMatchesResponse]:
        self.streams.append(request)
        start = int(request.cursor or 0)
        end = min(len(self.matches), start + (request.limit or len(self.matches)))
        for number in range(start, end):
            if number and number == self.breaks_after and len(self.streams) == 1:
                refuse(context, grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", "The mesh restarts.")
            yield search_pb2.StreamMatchesResponse(
                match=self.matches[number], cursor=str(number + 1)
            )

    def SearchImages(self, request: Any, context: Any) -> search_pb2.SearchImagesResponse:
        self.requests.append(request)
        return self.answer or search_pb2.SearchImagesResponse(
            matches=self.matches, cutoff=self.cutoff
        )

    def FindDuplicates(
        self, request: Any, context: Any
    ) -> Iterator[duplicates_pb2.FindDuplicatesResponse]:
        self.asked_for_duplicates.append(request)
        yield duplicates_pb2.FindDuplicatesResponse(progress=duplicates_pb2.DuplicatesProgress())
        yield duplicates_pb2.FindDuplicatesResponse(
            summary=duplicates_pb2.DuplicatesSummary(
                image_count=9,
                cluster_count=len(self.duplicates),
                duplicate_count=sum(len(one.images) - 1 for one in self.duplicates),
                duplicate_bytes=3 * 2**20,
                without_embedding_count=1,
            )
        )
        begin = int(request.after_cursor or 0)
        for number, cluster in enumerate(self.duplicates[begin:], start=begin + 1):
            yield duplicates_pb2.FindDuplicatesResponse(cluster=cluster, cursor=str(number))
            if number == self.break_duplicates_after and not begin:
                context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")


class FakeInstallation(installation_pb2_grpc.InstallationServiceServicer):
    """Answers the installation that a test gives."""

    def __init__(self) -> None:
        self.installation = installation_pb2.Installation(name="Line 3", version="1.2.3")

    def GetInstallation(self, request: Any, context: Any) -> installation_pb2.Installation:
        return self.installation


class FakeRetention(retention_pb2_grpc.RetentionServiceServicer):
    """Retention rules in a list."""

    def __init__(self) -> None:
        self.rules: list[retention_pb2.RetentionRule] = []
        self.due = 0
        """Images that go at once by any rule."""

    def ListRetentionRules(
        self, request: Any, context: Any
    ) -> retention_pb2.ListRetentionRulesResponse:
        return retention_pb2.ListRetentionRulesResponse(retention_rules=self.rules)

    def SetRetentionRule(self, request: Any, context: Any) -> retention_pb2.RetentionRule:
        rule = retention_pb2.RetentionRule(
            label_key=request.label_key,
            label_value=request.label_value if request.HasField("label_value") else None,
            keep_days=request.keep_days,
            image_count=10,
            due_count=self.due,
        )
        if not request.validate_only:
            rule.retention_rule_id = str(uuid4())
            self.rules.append(rule)
        return rule

    def DeleteRetentionRule(
        self, request: Any, context: Any
    ) -> retention_pb2.DeleteRetentionRuleResponse:
        self.rules = [
            one for one in self.rules if one.retention_rule_id != request.retention_rule_id
        ]
        return retention_pb2.DeleteRetentionRuleResponse()


@dataclass
class FakeMesh:
    """The services, and where they listen."""

    target: str
    inspection: FakeInspection
    images: FakeImages
    search: FakeSearch
    installation: FakeInstallation
    operators: FakeOperators
    retention: FakeRetention
    videos: FakeVideos
    saved: FakeSaved
    index: FakeIndex


@contextmanager
def fake_mesh() -> Iterator[FakeMesh]:
    """Serves the fakes on a free port."""
    server = grpc.server(ThreadPoolExecutor(max_workers=8))
    inspection = FakeInspection()  # type: ignore[abstract] # its other methods are not called
    search = FakeSearch()
    images = FakeImages()  # type: ignore[abstract] # its other methods are not called
    auth = FakeAuth()  # type: ignore[abstract] # its other methods are not called
    inspection_pb2_grpc.add_InspectionServiceServicer_to_server(inspection, server)
    image_pb2_grpc.add_ImageServiceServicer_to_server(images, server)
    search_pb2_grpc.add_SearchServiceServicer_to_server(search, server)
    installation = FakeInstallation()  # type: ignore[abstract] # its other method is not called
    installation_pb2_grpc.add_InstallationServiceServicer_to_server(installation, server)
    auth_pb2_grpc.add_AuthServiceServicer_to_server(auth, server)
    videos = FakeVideos()
    video_pb2_grpc.add_VideoServiceServicer_to_server(videos, server)
    retention = FakeRetention()
    retention_pb2_grpc.add_RetentionServiceServicer_to_server(retention, server)
    operators = FakeOperators()
    operators.add_to(server)
    saved = FakeSaved()  # type: ignore[abstract] # its other method is not called
    saved_pb2_grpc.add_SavedSearchServiceServicer_to_server(saved, server)
    index = FakeIndex()
    reindex_pb2_grpc.add_IndexServiceServicer_to_server(index, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield FakeMesh(
            f"127.0.0.1:{port}",
            inspection,
            images,
            search,
            installation,
            operators,
            retention,
            videos,
            saved,
            index,
        )
    finally:
        server.stop(grace=None).wait()
