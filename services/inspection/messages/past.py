"""Between the contract's messages and the domain's objects: past inspections and thresholds."""

from collections.abc import Sequence

from argus.inspection.v1 import inspection_pb2 as pb

from services.inspection.messages.feedback import agreement_message, feedback_message
from services.inspection.messages.inspections import (
    nearest_message,
    region_message,
    verdict_message,
)
from services.inspection.messages.values import Shown, time_message
from services.inspection.messages.versions import summary_message, threshold_message
from services.inspection.model import PastInspection, Sensitivity, Verdict
from services.inspection.review.looking_back import Recalled
from services.inspection.review.thresholding import Histogram, ThresholdPreviews
from services.inspection.verdict.confidence import confidence
from services.inspection.verdict.flips import Flips

_TRUTHS = {
    None: pb.PastInspection.TRUTH_UNSPECIFIED,
    False: pb.PastInspection.NORMAL,
    True: pb.PastInspection.DEFECTIVE,
}


def verdict_from(verdict: pb.InspectResponse.Verdict) -> Verdict | None:
    """Which verdict is wanted; None for any."""
    if verdict == pb.InspectResponse.VERDICT_UNSPECIFIED:
        return None
    return Verdict(pb.InspectResponse.Verdict.Name(verdict))


def listed_message(past: PastInspection, shown: Shown) -> pb.PastInspection:
    """A past inspection in a list: of its regions where they are, and nothing drawn."""
    record, found = past.record, past.record.findings
    message = _past(past, shown)
    message.inspection.CopyFrom(
        verdict_message(record, confidence=confidence(record.p_value, record.target))
    )
    for region in found.regions if found else ():
        listed = region_message(region, {})
        listed.ClearField("polygon")
        listed.ClearField("nearest")
        message.inspection.regions.append(listed)
    return message


def recalled_message(recalled: Recalled, shown: Shown) -> pb.PastInspection:
    """A past inspection, whole; what shows the images that it names and that the caller may see."""
    past, record, found = recalled.past, recalled.past.record, recalled.past.record.findings
    message = _past(past, shown)
    message.inspection.CopyFrom(
        verdict_message(
            record,
            confidence=confidence(record.p_value, record.target),
            heatmap=recalled.heatmap,
            heatmap_scale=recalled.heatmap_scale,
            overlay=recalled.overlay,
            regions=[region_message(one, shown) for one in found.regions] if found else (),
            nearest=[nearest_message(one, shown) for one in found.nearest] if found else (),
        )
    )
    message.feedback.extend(feedback_message(one, shown) for one in past.feedback)
    return message


def histogram_message(histogram: Histogram) -> pb.GetScoreHistogramResponse:
    """Scores by bin."""
    version = histogram.version
    return pb.GetScoreHistogramResponse(
        version=version.version,
        threshold=threshold_message(version.threshold),
        edges=histogram.edges,
        held_out=histogram.held_out,
        recent=histogram.recent,
        judged_normal=histogram.judged_normal,
        judged_defective=histogram.judged_defective,
        held_out_count=len(version.held_out),
        recent_count=histogram.recent_count,
    )


def previews_message(previews: ThresholdPreviews) -> pb.PreviewThresholdResponse:
    """What thresholds would change."""
    return pb.PreviewThresholdResponse(
        version=previews.version.version,
        threshold=threshold_message(previews.version.threshold),
        recent_count=previews.recent_count,
        anomalous_count=previews.anomalous,
        agreement=agreement_message(previews.counts),
        previews=[
            _flips(one, found)
            for one, found in zip(previews.flips, previews.sensitivity, strict=True)
        ],
        sensitivity=summary_message(previews.version.sensitivity),
    )


def _past(past: PastInspection, shown: Shown) -> pb.PastInspection:
    record = past.record
    return pb.PastInspection(
        user_id=record.user_id,
        inspect_time=time_message(record.created_at),
        target_false_alarm_rate=record.target,
        findings_kept=record.findings is not None,
        heatmap_kept=past.has_grid,
        truth=_TRUTHS[past.defective],
        preview=shown.get(record.image_id),
        part_inspection_id=record.part_inspection_id,
    )


def _flips(flips: Flips, found: Sequence[Sensitivity]) -> pb.ThresholdPreview:
    return pb.ThresholdPreview(
        threshold=threshold_message(flips.threshold),
        anomalous_count=flips.anomalous,
        become_anomalous=flips.become_anomalous,
        become_normal=flips.become_normal,
        agreement=agreement_message(flips.counts),
        sensitivity=summary_message(found),
    )
