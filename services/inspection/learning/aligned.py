"""References that are aligned to one of them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from services.imaging.decode import Decoded, ImageLimits, decode
from services.imaging.resize import enough_for, resized
from services.inspection.errors import ImageMisplaced
from services.inspection.learning.bank import PatchBank
from services.inspection.learning.banks import AnyBank, TwoBanks
from services.inspection.model import Alignment
from services.inspection.registration.aligner import FINER, Aligner, Placed
from services.inspection.registration.geometry import boxes_to_picture
from services.inspection.registration.search import SIDE


def small_enough(image: bytes, limits: ImageLimits, side: int) -> Decoded:
    """An encoded image with no more pixels than an aligner needs.

    Args:
        image: The encoded image.
        limits: What it may measure.
        side: Pixels of the shorter side that the model sees.

    Raises:
        InvalidInput: it breaks a limit or cannot be read.
    """
    wanted = max(FINER * side, SIDE)
    decoded = decode(image, limits, short_side=enough_for(wanted))
    scale = min(1.0, wanted / min(decoded.image.size))
    size = [max(1, round(length * scale)) for length in decoded.image.size]
    return replace(decoded, image=Image.fromarray(resized(decoded.image, size[0], size[1])))


def place_reference(aligner: Aligner, image: bytes, limits: ImageLimits) -> Placed:
    """A reference in the place of the one that others are aligned to.

    Raises:
        ImageMisplaced: it cannot be aligned.
        InvalidInput: it breaks a limit or cannot be read.
    """
    placed = aligner.place(image, limits)
    if placed.misplaced:
        raise ImageMisplaced(
            f"the image cannot be aligned to image {aligner.image_id}: where it fits best it"
            f" correlates {placed.alignment.confidence:.2f} with it, and at least"
            f" {aligner.limit.limit:.2f} is needed"
        )
    return placed


def with_own_boxes(
    bank: AnyBank, alignments: Sequence[Alignment | None], *, after: AnyBank | None = None
) -> AnyBank:
    """A bank that says of its members where they are in their images as these are.

    Args:
        bank: With boxes in the reference's place.
        alignments: Of the images that it learnt from, or of those that it was added; none of
            them is None with registration, and all are without.
        after: What it was before those were added.
    """
    if isinstance(bank, TwoBanks):
        before = after if isinstance(after, TwoBanks) else None
        return TwoBanks(
            _with_own_boxes(bank.first, alignments, before.first if before else None),
            _with_own_boxes(bank.second, alignments, before.second if before else None),
            bank.view,
        )
    return _with_own_boxes(bank, alignments, after if isinstance(after, PatchBank) else None)


def _with_own_boxes(
    bank: PatchBank, alignments: Sequence[Alignment | None], before: PatchBank | None
) -> PatchBank:
    if not any(alignments):
        return bank
    first = 0 if before is None else len(before.image_ids)
    boxes = bank.member_boxes.copy()
    for place, alignment in enumerate(alignments, first):
        own = bank.member_images == place
        if alignment is not None and own.any():
            boxes[own] = boxes_to_picture(bank.member_boxes[own], alignment)
    return replace(bank, member_boxes=np.asarray(boxes, np.float32))
