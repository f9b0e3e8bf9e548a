"""Between the contract's messages and the domain's objects."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from argus.inspection.v1 import inspection_pb2 as pb
from argus.storage.v1.image_pb2 import ImagePreview
from argus.type.v1 import geometry_pb2
from google.protobuf import duration_pb2, timestamp_pb2
from google.protobuf.message import Message
from google.rpc import status_pb2
from google.type import date_pb2

from services.inspection.job import (
    Calibrated,
    CalibrationRequest,
    Comparison,
    ComparisonRequest,
    HeadTraining,
    HeadTrainingRequest,
    Job,
    JobKind,
    JobState,
    Side,
)
from services.inspection.jobs.watching import Sighting
from services.inspection.line.lane import Turn
from services.inspection.model import (
    Alignment,
    Augmentation,
    BankChoice,
    Banks,
    Box,
    CalibrationSettings,
    Counts,
    Drift,
    Feedback,
    FrameChecks,
    FrameProblem,
    InspectionRecord,
    NearestImage,
    NearestPatch,
    PartFigure,
    Polygon,
    Region,
    Registration,
    Role,
    Scorer,
    Sensitivity,
    ShareInvitation,
    StatsRow,
    Threshold,
    Verdict,
    Version,
)
from services.inspection.pictures.overlay import OverlayFormat
from services.inspection.printing.html_writer import POLICY as REPORT_POLICY
from services.inspection.reference_set import ReferenceSet, SetView
from services.inspection.review.judging import Said, Stats
from services.inspection.review.queue import Reason
from services.inspection.review.review_desk import ShownItem
from services.inspection.scoring.inspector import (
    DEFAULT_NEAREST,
    Inspection,
    InspectionRequest,
)
from services.inspection.scoring.stages import Stage
from services.inspection.translate_parts import part_rule_message
from services.inspection.verdict.agreement import agreement_of
from services.inspection.verdict.detection import summary_of
from services.inspection.verdict.intervals import Proportion, wilson
from services.runtime.downloads import SANDBOX, Headers, download_headers
from services.runtime.errors import ArgusError, FailedPrecondition
from services.runtime.idempotency import resource_id
from services.runtime.pages import PageTokenError, decode_page_token, encode_page_token
from services.runtime.status import to_status

_SCORERS = {pb.CalibrationSettings.SCORER_UNSPECIFIED: Scorer.PATCH_CORESET} | {
    pb.CalibrationSettings.Scorer.Value(scorer.value): scorer for scorer in Scorer
}
_AUGMENTATIONS = {pb.CalibrationSettings.AUGMENTATION_UNSPECIFIED: Augmentation.AUTO} | {
    pb.CalibrationSettings.Augmentation.Value(one.value): one for one in Augmentation
}
_VERDICTS = {
    Verdict.NORMAL: pb.InspectResponse.NORMAL,
    Verdict.ANOMALOUS: pb.InspectResponse.ANOMALOUS,
    Verdict.UNINSPECTABLE: pb.InspectResponse.UNINSPECTABLE,
}
_BANKS = {
    pb.CalibrationSettings.BANKS_UNSPECIFIED: Banks.AUTO,
    pb.CalibrationSettings.BANKS_AUTO: Banks.AUTO,
    pb.CalibrationSettings.BANKS_ONE: Banks.ONE,
    pb.CalibrationSettings.BANKS_TWO: Banks.TWO,
}
_REGISTRATIONS = {
    pb.CalibrationSettings.REGISTRATION_UNSPECIFIED: Registration.NONE,
    pb.CalibrationSettings.REGISTRATION_NONE: Registration.NONE,
    pb.CalibrationSettings.REGISTRATION_TRANSLATION: Registration.TRANSLATION,
    pb.CalibrationSettings.REGISTRATION_RIGID: Registration.RIGID,
}
OVERLAYS = {
    pb.InspectRequest.OVERLAY_FORMAT_UNSPECIFIED: None,
    pb.InspectRequest.PNG: OverlayFormat.PNG,
    pb.InspectRequest.WEBP: OverlayFormat.WEBP,
}
Shown = Mapping[str, ImagePreview]
"""What shows images, by their ids."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def canonical(identifier: str) -> str:
    """A UUID in its usual form; empty stays empty."""
    return str(UUID(identifier)) if identifier else ""


def canonical_all(identifiers: Sequence[str]) -> list[str]:
    """UUIDs in their usual form."""
    return [str(UUID(identifier)) for identifier in identifiers]


def role_from(role: pb.Member.Role) -> Role:
    """What a user may do."""
    return Role.VIEWER if role == pb.Member.VIEWER else Role.INSPECTOR


def settings_from(message: pb.CalibrationSettings) -> CalibrationSettings:
    """How a version is to be made."""
    return CalibrationSettings(
        scorer=_SCORERS[message.scorer],
        model=message.model,
        size=message.size,
        augmentation=_AUGMENTATIONS[message.augmentation],
        mask_background=message.mask_background,
        coreset_size=message.coreset_size,
        regions_of_interest=_polygons_from(message.regions_of_interest),
        banks=_BANKS[message.banks],
        registration=_REGISTRATIONS[message.registration],
    )


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


def said_from(message: pb.SubmitFeedbackRequest, user_id: str) -> Said:
    """What a person wants to say."""
    region = message.region
    return Said(
        user_id=user_id,
        action=pb.Feedback.Action.Name(message.action).lower(),
        image_id=canonical(message.image_id),
        inspection_id=canonical(message.inspection_id),
        note=message.note,
        region=Box(region.left, region.top, region.right, region.bottom)
        if message.HasField("region")
        else None,
        polygons=_polygons_from(message.polygons),
        label=message.label,
        request_id=message.request_id,
    )


def set_message(found: ReferenceSet) -> pb.ReferenceSet:
    """A set."""
    last = found.last_calibration
    return pb.ReferenceSet(
        reference_set_id=found.set_id,
        user_id=found.user_id,
        display_name=found.display_name,
        state=_set_state(found.current_version, last.state if last else None),
        current_version=found.current_version,
        image_count=found.image_count,
        create_time=time_message(found.created_at),
        members=[
            pb.Member(user_id=one.user_id, role=one.role.value, email=one.email)
            for one in found.members
        ],
        groups=[pb.GroupShare(group_id=one.group_id, role=one.role.value) for one in found.groups],
        invitations=[invitation_message(one) for one in found.invitations],
        last_calibration=None if last is None else job_message(last),
        changed=found.changed,
        part_rule=part_rule_message(found.part_rule),
        sensitivity=summary_message(found.sensitivity),
        view_of=found.view_of,
        views=[_view_of_set(one) for one in found.views],
    )


def _set_state(current_version: int, last: JobState | None) -> pb.ReferenceSet.State:
    """Where a set is in its life, by its last calibration."""
    if last is not None and not last.ended:
        return pb.ReferenceSet.CALIBRATING
    if not current_version and last is JobState.FAILED:
        return pb.ReferenceSet.FAILED
    return pb.ReferenceSet.READY if current_version else pb.ReferenceSet.EMPTY


def _view_of_set(view: SetView) -> pb.View:
    return pb.View(
        reference_set_id=view.set_id,
        display_name=view.display_name,
        state=_set_state(view.current_version, view.last_calibration),
        current_version=view.current_version,
        image_count=view.image_count,
        regions_of_interest=[_polygon(area) for area in view.regions_of_interest],
        target_false_alarm_rate=view.target,
    )


def invitation_message(invitation: ShareInvitation) -> pb.ShareInvitation:
    """Somebody whom a set is to be shared with."""
    return pb.ShareInvitation(
        invitation_id=invitation.invitation_id,
        reference_set_id=invitation.set_id,
        display_name=invitation.display_name,
        email=invitation.email,
        user_id=invitation.user_id,
        inviter_email=invitation.inviter_email,
        role=invitation.role.value,
        create_time=time_message(invitation.created_at),
        expire_time=time_message(invitation.expires_at),
    )


def settings_message(settings: CalibrationSettings) -> pb.CalibrationSettings:
    """How a version is made."""
    return pb.CalibrationSettings(
        scorer=settings.scorer.value,
        model=settings.model,
        size=settings.size,
        augmentation=settings.augmentation.value,
        mask_background=settings.mask_background,
        coreset_size=settings.coreset_size,
        regions_of_interest=[_polygon(area) for area in settings.regions_of_interest],
        part_rule=part_rule_message(settings.part_rule),
        banks=f"BANKS_{settings.banks.value}",
        registration=f"REGISTRATION_{settings.registration.value}",
    )


def kind_from(kind: pb.Job.Kind) -> JobKind | None:
    """Which jobs are wanted; None for any."""
    return JobKind(pb.Job.Kind.Name(kind)) if kind else None


def job_message(job: Job) -> pb.Job:
    """A job."""
    message = pb.Job(
        job_id=job.job_id,
        reference_set_id=job.set_id,
        kind=job.kind.value,
        state=job.state.value,
        stage=job.stage,
        images_done=job.images_done,
        images_total=job.images_total,
        error=_failure(job),
        create_time=time_message(job.created_at),
        end_time=time_message(job.ended_at) if job.ended_at else None,
        user_id=job.user_id,
        skipped=[
            pb.SkippedImage(image_id=one.image_id, reason=one.reason, message=one.message)
            for one in job.skipped
        ],
    )
    match job.request:
        case CalibrationRequest(target, settings, from_scratch):
            message.target_false_alarm_rate = target
            message.settings.CopyFrom(settings_message(settings))
            message.from_scratch = from_scratch
        case HeadTrainingRequest(version):
            message.versions.append(version)
        case ComparisonRequest(version_a, version_b):
            message.versions.extend((version_a, version_b))
    match job.result:
        case Calibrated(version):
            message.version = version
        case HeadTraining() as trained:
            message.head_training.CopyFrom(_head_training(trained))
        case Comparison() as comparison:
            message.comparison.CopyFrom(_comparison(comparison))
    return message


def watch_message(sighting: Sighting) -> pb.WatchJobResponse:
    """What a watcher of a job is shown."""
    return pb.WatchJobResponse(
        job=job_message(sighting.job), cursor=sighting.cursor, heartbeat=sighting.heartbeat
    )


def threshold_message(threshold: Threshold) -> pb.Threshold:
    """Where images are called anomalous."""
    return pb.Threshold(
        value=threshold.value,
        target_false_alarm_rate=threshold.target,
        false_alarm_rate_low=threshold.low,
        false_alarm_rate_high=threshold.high,
        held_out_count=threshold.held_out_count,
        extrapolated=threshold.extrapolated,
        false_alarm_rate=threshold.false_alarm_rate,
        set_by_person=threshold.set_by_person,
        part_count=threshold.part_count or threshold.held_out_count,
        parts_known=threshold.parts_known,
    )


def version_message(version: Version) -> pb.Version:
    """A version."""
    return pb.Version(
        version=version.version,
        create_time=time_message(version.created_at),
        image_count=len(version.image_ids),
        settings=settings_message(version.settings),
        model_version=version.model_version,
        threshold=threshold_message(version.threshold),
        coreset_size=version.coreset_size,
        artifact_sha256=version.artifact_sha256,
        artifact_bytes=version.artifact_bytes,
        base_version=version.base_version,
        has_head=version.has_head,
        sensitivity=[_sensitivity(row) for row in version.sensitivity],
        frame_checks=_frame_checks(version.frame_checks) if version.frame_checks else None,
        parts_new=None if version.part_figures is None else _figure(version.part_figures.new),
        parts_known=None if version.part_figures is None else _figure(version.part_figures.known),
        sensitivity_summary=summary_message(version.sensitivity),
        banks=None if version.banks is None else _bank_choice(version.banks),
        reference_image_id=version.reference_image_id,
    )


def _bank_choice(choice: BankChoice) -> pb.BankChoice:
    return pb.BankChoice(
        count=choice.count,
        explanation=choice.explanation,
        scale=choice.scale,
        painted_auroc_one=choice.painted_with_one,
        painted_auroc_two=choice.painted_with_two,
    )


def _figure(figure: PartFigure) -> pb.PartFigure:
    return pb.PartFigure(
        threshold=threshold_message(figure.threshold),
        median_score=figure.median,
        false_alarm_rate=figure.false_alarm_rate,
        painted=figure.painted,
        found=figure.found,
        share=_share(wilson(figure.found, figure.painted)),
    )


def summary_message(rows: Sequence[Sensitivity]) -> pb.SensitivitySummary | None:
    """What is found of painted defects, in short; None if that is not known."""
    summary = summary_of(rows)
    if summary is None:
        return None
    return pb.SensitivitySummary(
        painted=summary.all.painted,
        found=summary.all.found,
        share=_share(summary.all.share),
        sizes=[
            pb.SensitivitySummary.Size(
                size_px=one.size_px,
                painted=one.all.painted,
                found=one.all.found,
                share=_share(one.all.share),
                clear_share=_share(one.clear.share),
            )
            for one in summary.sizes
        ],
        finds_almost_nothing=summary.finds_almost_nothing,
    )


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
    response.waited.CopyFrom(_duration(turn.waited_s))
    response.elapsed.CopyFrom(_duration(now - turn.since))


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
            fetch=_duration(spent_s.get(Stage.FETCH, 0.0)),
            features=_duration(spent_s.get(Stage.FEATURES, 0.0)),
            score=_duration(spent_s.get(Stage.SCORE, 0.0)),
            draw=_duration(spent_s.get(Stage.DRAW, 0.0)),
            total=_duration(inspection.total_s),
        ),
    )


def verdict_message(record: InspectionRecord, **found: Any) -> pb.InspectResponse:  # noqa: ANN401 - the message's other fields
    """What is remembered of an inspection, and what else was found."""
    return pb.InspectResponse(
        inspection_id=record.inspection_id,
        score=record.score,
        threshold=record.threshold,
        verdict=_verdict(record),
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


def feedback_message(feedback: Feedback, shown: Shown) -> pb.Feedback:
    """What a person said."""
    return pb.Feedback(
        feedback_id=feedback.feedback_id,
        image_id=feedback.image_id,
        user_id=feedback.user_id,
        action=feedback.action.upper(),
        note=feedback.note,
        create_time=time_message(feedback.created_at),
        inspection_id=feedback.inspection_id,
        reference_set_id=feedback.set_id,
        region=_box(feedback.region) if feedback.region else None,
        polygons=[_polygon(polygon) for polygon in feedback.polygons],
        label=feedback.label,
        preview=shown.get(feedback.image_id),
    )


def review_message(shown: ShownItem) -> pb.ReviewItem:
    """An inspection that a person should look at."""
    item, record = shown.item, shown.item.record
    return pb.ReviewItem(
        inspection_id=record.inspection_id,
        image_id=record.image_id,
        reference_set_id=record.set_id,
        version=record.version,
        score=record.score,
        threshold=record.threshold,
        verdict=_verdict(record),
        uncertainty=item.uncertainty,
        novelty=item.novelty,
        inspect_time=time_message(record.created_at),
        preview=shown.preview,
        reason=item.reason.value,
        wanted_kind=item.wanted_kind if item.reason is Reason.KIND_WANTED else "",
        wanted=item.wanted,
    )


def stats_message(stats: Stats) -> pb.GetStatsResponse:
    """How verdicts agree with people."""
    counts = stats.counts
    return pb.GetStatsResponse(
        inspected=stats.inspected,
        anomalous=stats.anomalous,
        uninspectable=stats.uninspectable,
        judged=counts.true_positives
        + counts.false_positives
        + counts.true_negatives
        + counts.false_negatives,
        agreement=agreement_message(counts),
        rows=[_row(row) for row in stats.rows],
        drift=[_drift(drift) for drift in stats.drift],
    )


def agreement_message(counts: Counts, area: float | None = None) -> pb.Agreement:
    """Counts with the shares that they come to."""
    agreement = agreement_of(counts)
    return pb.Agreement(
        true_positives=counts.true_positives,
        false_positives=counts.false_positives,
        true_negatives=counts.true_negatives,
        false_negatives=counts.false_negatives,
        precision=_share(agreement.precision),
        recall=_share(agreement.recall),
        false_alarm_rate=_share(agreement.false_alarm_rate),
        auroc=area,
    )


def time_page_token(last: tuple[datetime, str] | None, *query: str) -> str:
    """The token of the page after an item of that time and id."""
    if last is None:
        return ""
    microseconds = round((last[0] - _EPOCH).total_seconds() * 1e6)
    return encode_page_token((microseconds, last[1]), *query)


def time_page_position(token: str, *query: str) -> tuple[datetime, str] | None:
    """Where a page begins: after an item of that time and id."""
    if not token:
        return None
    microseconds, identifier = decode_page_token(token, (int, str), *query)
    try:
        return _moment(int(microseconds)), str(UUID(str(identifier)))
    except ValueError:
        raise PageTokenError("the page token is damaged") from None


def snapshot_page_token(at: datetime, skip: int, *query: str) -> str:
    """The token of the page after `skip` items of an order as it was at a time."""
    if not skip:
        return ""
    microseconds = round((at - _EPOCH).total_seconds() * 1e6)
    return encode_page_token((microseconds, skip), *query)


def snapshot_page_position(token: str, *query: str) -> tuple[datetime | None, int]:
    """When the first page was asked for, and how many items are on the pages before."""
    if not token:
        return None, 0
    microseconds, skip = decode_page_token(token, (int, int), *query)
    if not 0 <= int(skip) < 2**31:
        raise PageTokenError("the page token is damaged")
    return _moment(int(microseconds)), int(skip)


def place_page_token(place: int, *query: str) -> str:
    """The token of the page after an item in that place."""
    return encode_page_token((place,), *query) if place else ""


def place_page_position(token: str, *query: str) -> int:
    """Where a page begins: after an item in that place."""
    if not token:
        return 0
    (place,) = decode_page_token(token, (int,), *query)
    if not 0 <= int(place) < 2**63:
        raise PageTokenError("the page token is damaged")
    return int(place)


def _failure(job: Job) -> status_pb2.Status | None:
    if job.state is not JobState.FAILED:
        return None
    error: ArgusError = FailedPrecondition(job.error_message)
    error.reason = job.error_reason
    return to_status(error)


def _comparison(comparison: Comparison) -> pb.Comparison:
    return pb.Comparison(
        a=_side(comparison.a),
        b=_side(comparison.b),
        only_a_right=comparison.only_a_right,
        only_b_right=comparison.only_b_right,
        p_value=comparison.p_value,
    )


def _head_training(trained: HeadTraining) -> pb.HeadTraining:
    return pb.HeadTraining(
        kept=bool(trained.version),
        version=trained.version,
        auroc_without=trained.auroc_without,
        auroc_with=trained.auroc_with,
        normal_count=trained.normal_count,
        defect_count=trained.defect_count,
        explanation=trained.explanation,
        gain_low=trained.gain_low,
        gain_high=trained.gain_high,
        wanted=[
            pb.WantedFeedback(
                kind=one.kind,
                count=one.count,
                advice=one.advice.value,
                more=one.more,
                error=one.error,
                expected_error=one.expected_error,
            )
            for one in trained.wanted
        ],
        marked_count=trained.marked_count,
        part_count=trained.part_count,
    )


def _sensitivity(row: Sensitivity) -> pb.Sensitivity:
    return pb.Sensitivity(
        kind=row.kind,
        size_px=row.size_px,
        contrast=row.contrast,
        painted=row.painted,
        found=row.found,
        share=_share(wilson(row.found, row.painted)),
    )


def verdict_value(verdict: Verdict) -> pb.InspectResponse.Verdict:
    """What something came to."""
    return _VERDICTS[verdict]


def _verdict(record: InspectionRecord) -> pb.InspectResponse.Verdict:
    return _VERDICTS[record.verdict]


def _problem(problem: FrameProblem) -> pb.FrameProblem:
    return pb.FrameProblem(
        reason=problem.reason.value,
        measured=problem.measured,
        limit=problem.limit,
        typical=problem.typical,
    )


def _frame_checks(checks: FrameChecks) -> pb.FrameChecks:
    return pb.FrameChecks(
        reference_count=checks.reference_count,
        limits=[
            pb.FrameLimit(reason=one.reason.value, limit=one.limit, typical=one.typical)
            for one in checks.limits
        ],
        false_alarms=_share(wilson(checks.outside_count, checks.reference_count)),
        stray_count=checks.stray_count,
        blank_is_normal=checks.blank_is_normal,
    )


def region_message(region: Region, shown: Shown) -> pb.Region:
    """A part of an image."""
    return pb.Region(
        box=_box(region.box),
        polygon=_points(region.polygon),
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
        box=_box(patch.box),
        distance=patch.distance,
        preview=shown.get(patch.image_id),
    )


def _box(box: Box) -> geometry_pb2.Box:
    return geometry_pb2.Box(left=box.left, top=box.top, right=box.right, bottom=box.bottom)


def _polygon(polygon: Polygon) -> geometry_pb2.Polygon:
    return geometry_pb2.Polygon(points=_points(polygon))


def _polygons_from(messages: Iterable[geometry_pb2.Polygon]) -> tuple[Polygon, ...]:
    return tuple(tuple((corner.x, corner.y) for corner in one.points) for one in messages)


def _points(polygon: Polygon) -> list[geometry_pb2.Point]:
    return [geometry_pb2.Point(x=x, y=y) for x, y in polygon]


def _side(side: Side) -> pb.Agreement:
    return agreement_message(side.counts, side.auroc)


def _share(share: Proportion | None) -> pb.Proportion | None:
    if share is None:
        return None
    return pb.Proportion(value=share.value, low=share.low, high=share.high)


def _row(row: StatsRow) -> pb.StatsRow:
    return pb.StatsRow(
        reference_set_id=row.set_id,
        version=row.version,
        day=_date(row.day),
        inspected=row.inspected,
        anomalous=row.anomalous,
        uninspectable=row.uninspectable,
        agreement=agreement_message(row.counts),
    )


def _drift(drift: Drift) -> pb.Drift:
    return pb.Drift(
        reference_set_id=drift.set_id,
        version=drift.version,
        recent_count=drift.recent_count,
        median_ratio=drift.median_ratio,
        distance=drift.distance,
        p_value=drift.p_value,
        warning=drift.warning,
    )


def _moment(microseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(microseconds // 10**6, UTC).replace(
            microsecond=microseconds % 10**6
        )
    except (ValueError, OverflowError, OSError):
        raise PageTokenError("the page token is damaged") from None


def _duration(seconds: float) -> duration_pb2.Duration:
    message = duration_pb2.Duration()
    message.FromMicroseconds(round(1e6 * seconds))
    return message


def _date(day: date) -> date_pb2.Date:
    return date_pb2.Date(year=day.year, month=day.month, day=day.day)


def moment_from(message: Message, field: str) -> datetime | None:
    """A time that a request may name; None if it does not."""
    if not message.HasField(field):
        return None
    time: timestamp_pb2.Timestamp = getattr(message, field)
    return _EPOCH + timedelta(microseconds=time.ToMicroseconds())


def time_message(time: datetime) -> timestamp_pb2.Timestamp:
    """A time."""
    message = timestamp_pb2.Timestamp()
    message.FromDatetime(time)
    return message


def export_headers(format_: pb.ExportFeedbackRequest.Format) -> Headers:
    """HTTP headers of an export: saved under a name, and harmless if it is opened."""
    html = format_ == pb.ExportFeedbackRequest.HTML
    names = {
        pb.ExportFeedbackRequest.CSV: "feedback.csv",
        pb.ExportFeedbackRequest.HTML: "report.html",
        pb.ExportFeedbackRequest.PDF: "report.pdf",
    }
    name = names.get(format_, "feedback.json")
    return (
        ("cache-control", "no-store"),
        ("content-disposition", f'attachment; filename="{name}"'),
        *download_headers(policy=f"{REPORT_POLICY}; sandbox" if html else SANDBOX),
    )


def version_export_headers(version: int) -> Headers:
    """HTTP headers of an exported version: saved under a name."""
    name = f"version-{version}.argus" if version else "version.argus"
    return (
        ("cache-control", "no-store"),
        ("content-disposition", f'attachment; filename="{name}"'),
        *download_headers(policy=SANDBOX),
    )
