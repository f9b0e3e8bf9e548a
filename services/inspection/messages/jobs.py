"""Jobs and what became of them, as the contract has them."""

from argus.inspection.v1 import inspection_pb2 as pb
from google.rpc import status_pb2

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
from services.inspection.messages.feedback import agreement_message
from services.inspection.messages.settings import settings_message
from services.inspection.messages.values import time_message
from services.runtime.errors import ArgusError, FailedPrecondition
from services.runtime.status import to_status


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


def _side(side: Side) -> pb.Agreement:
    return agreement_message(side.counts, side.auroc)
