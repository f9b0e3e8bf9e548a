"""Between the contract's messages about parts and the domain's objects."""

from collections.abc import Mapping

from argus.inspection.v1 import inspection_pb2 as pb
from argus.storage.v1.image_pb2 import ImagePreview

from services.inspection.model import PartRule
from services.inspection.part_desk import SHOWN_IMAGES, PartProposal


def part_rule_from(message: pb.PartRule) -> PartRule:
    """Which images show the same part."""
    return PartRule(message.label, message.filename_pattern, message.proposal)


def part_rule_message(rule: PartRule) -> pb.PartRule | None:
    """A rule; None if each image is a part of its own."""
    if rule.label:
        return pb.PartRule(label=rule.label)
    if rule.filename_pattern:
        return pb.PartRule(filename_pattern=rule.filename_pattern)
    return pb.PartRule(proposal=rule.proposal) if rule.proposal else None


def proposal_message(proposal: PartProposal, shown: Mapping[str, ImagePreview]) -> pb.PartProposal:
    """Which images would count as the same part."""
    return pb.PartProposal(
        reference_set_id=proposal.set_id,
        rule=part_rule_message(proposal.rule),
        image_count=proposal.image_count,
        part_count=proposal.part_count,
        unmatched_count=proposal.unmatched,
        groups=[
            pb.PartGroup(
                key=group.key,
                image_count=len(group.image_ids),
                image_ids=group.image_ids[:SHOWN_IMAGES],
                previews=[shown[one] for one in group.image_ids[:SHOWN_IMAGES] if one in shown],
            )
            for group in proposal.groups
        ],
        skipped=[
            pb.SkippedImage(image_id=one.image_id, reason=one.reason, message=one.message)
            for one in proposal.skipped
        ],
    )
