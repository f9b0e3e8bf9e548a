"""What people say of verdicts and what it comes to, as the contract has it."""

from argus.inspection.v1 import inspection_pb2 as pb

from services.inspection.messages.inspections import verdict_value
from services.inspection.messages.values import (
    Shown,
    box_message,
    canonical,
    date_message,
    polygon_message,
    polygons_from,
    share_message,
    time_message,
)
from services.inspection.model import Box, Counts, Drift, Feedback, StatsRow
from services.inspection.review.judging import Said, Stats
from services.inspection.review.queue import Reason
from services.inspection.review.review_desk import ShownItem
from services.inspection.verdict.agreement import agreement_of


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
        polygons=polygons_from(message.polygons),
        label=message.label,
        request_id=message.request_id,
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
        region=box_message(feedback.region) if feedback.region else None,
        polygons=[polygon_message(polygon) for polygon in feedback.polygons],
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
        verdict=verdict_value(record.verdict),
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
        precision=share_message(agreement.precision),
        recall=share_message(agreement.recall),
        false_alarm_rate=share_message(agreement.false_alarm_rate),
        auroc=area,
    )


def _row(row: StatsRow) -> pb.StatsRow:
    return pb.StatsRow(
        reference_set_id=row.set_id,
        version=row.version,
        day=date_message(row.day),
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
