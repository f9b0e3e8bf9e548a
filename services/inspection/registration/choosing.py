"""Which reference others are aligned to, and how well they must fit."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from services.imaging.decode import Decoded
from services.inspection.errors import ReferencesUnaligned
from services.inspection.model import Alignment, Registration
from services.inspection.registration.aligner import Aligner, compared, compared_size
from services.inspection.verdict.placement import LEAST, placement_limit

UNALIGNED = 0.3
"""Median confidence of references below which they do not show a part that lies alike."""


def choose_aligner(
    looked: Sequence[tuple[str, Decoded]], kind: Registration, *, side: int, prefer: str = ""
) -> Aligner:
    """An aligner to the reference that others fit best and that lies in their midst.

    First the medoid by correlation as pictures lie, then, of those that fit it
    well, the one that lies nearest to the median of how they are moved.

    Args:
        looked: References and their ids, at least one.
        kind: TRANSLATION or RIGID.
        side: Pixels of the shorter side that the model sees.
        prefer: Id of the reference to take if it is among them.

    Raises:
        ReferencesUnaligned: they do not fit each other.
    """
    ids = [image_id for image_id, _ in looked]
    size = compared_size((looked[0][1].width, looked[0][1].height))
    greys = [compared(decoded.image, size) for _, decoded in looked]
    preferred = prefer in ids
    first = ids.index(prefer) if preferred else _medoid(greys)

    def aligner(place: int) -> Aligner:
        image_id, decoded = looked[place]
        return Aligner.to(decoded, image_id, kind, side=side)

    medoid = aligner(first)
    found = _alignments(medoid, looked)
    if len(looked) == 1:
        return medoid
    middle = first if preferred else _in_the_midst(found)
    if middle != first:
        medoid, first = aligner(middle), middle
        found = _alignments(medoid, looked)
    others = [one.confidence for place, one in enumerate(found) if place != first]
    if float(np.median(others)) < UNALIGNED:
        raise ReferencesUnaligned(
            f"the images do not show a part that lies alike: the median correlation with image"
            f" {medoid.image_id}, where they fit it best, is {np.median(others):.2f}, and at least"
            f" {UNALIGNED} is needed; calibrate without registration"
        )
    return replace(medoid, limit=placement_limit(others))


def _alignments(aligner: Aligner, looked: Sequence[tuple[str, Decoded]]) -> list[Alignment]:
    return [aligner.found(compared(one.image, aligner.compared_size)) for _, one in looked]


def _medoid(greys: Sequence[np.ndarray]) -> int:
    """The picture that correlates with all others the most."""
    rows = np.stack([grey.ravel() for grey in greys])
    rows = rows - rows.mean(1, keepdims=True)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return int((rows @ rows.T).sum(1).argmax())


def _in_the_midst(found: Sequence[Alignment]) -> int:
    """The picture, of those that fit at least as well as the median, that is moved as most are."""
    confidences = np.array([one.confidence for one in found])
    fits = confidences >= max(float(np.median(confidences)), LEAST)
    if not fits.any():
        return int(confidences.argmax())
    moves = np.array(
        [(one.shift_x, one.shift_y, np.radians(one.rotation_degrees) / 2) for one in found]
    )
    away = np.linalg.norm(moves - np.median(moves[fits], axis=0), axis=1)
    return int(np.where(fits, away, np.inf).argmin())
