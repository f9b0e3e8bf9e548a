"""Versions, their thresholds and what they find, as the contract has them."""

from collections.abc import Sequence

from argus.inspection.v1 import inspection_pb2 as pb

from services.inspection.messages.settings import settings_message
from services.inspection.messages.values import share_message, time_message
from services.inspection.model import (
    BankChoice,
    FrameChecks,
    PartFigure,
    Sensitivity,
    Threshold,
    Version,
)
from services.inspection.verdict.detection import summary_of
from services.inspection.verdict.intervals import wilson


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
        share=share_message(wilson(figure.found, figure.painted)),
    )


def summary_message(rows: Sequence[Sensitivity]) -> pb.SensitivitySummary | None:
    """What is found of painted defects, in short; None if that is not known."""
    summary = summary_of(rows)
    if summary is None:
        return None
    return pb.SensitivitySummary(
        painted=summary.all.painted,
        found=summary.all.found,
        share=share_message(summary.all.share),
        sizes=[
            pb.SensitivitySummary.Size(
                size_px=one.size_px,
                painted=one.all.painted,
                found=one.all.found,
                share=share_message(one.all.share),
                clear_share=share_message(one.clear.share),
            )
            for one in summary.sizes
        ],
        finds_almost_nothing=summary.finds_almost_nothing,
    )


def _sensitivity(row: Sensitivity) -> pb.Sensitivity:
    return pb.Sensitivity(
        kind=row.kind,
        size_px=row.size_px,
        contrast=row.contrast,
        painted=row.painted,
        found=row.found,
        share=share_message(wilson(row.found, row.painted)),
    )


def _frame_checks(checks: FrameChecks) -> pb.FrameChecks:
    return pb.FrameChecks(
        reference_count=checks.reference_count,
        limits=[
            pb.FrameLimit(reason=one.reason.value, limit=one.limit, typical=one.typical)
            for one in checks.limits
        ],
        false_alarms=share_message(wilson(checks.outside_count, checks.reference_count)),
        stray_count=checks.stray_count,
        blank_is_normal=checks.blank_is_normal,
    )
