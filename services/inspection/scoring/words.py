"""Judging by words alone: WinCLIP (Jeong et al. 2023, sections 3.1 to 3.3), on vectors of CLIP.

An image, and windows of it, are compared with texts that say what the thing
looks like without and with defects. Nothing is learnt, so that scores are
shares of belief, 0 to 1, and not distances.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from services.inspection.model import Box, FloatArray

THRESHOLD = 0.5
"""Score above which words say "defect" rather than "normal"."""

TEMPERATURE = 100.0
"""What CLIP multiplies cosines by."""

NORMAL_STATES = (
    "{}",
    "flawless {}",
    "perfect {}",
    "unblemished {}",
    "{} without flaw",
    "{} without defect",
    "{} without damage",
)
DEFECT_STATES = (
    "damaged {}",
    "broken {}",
    "{} with flaw",
    "{} with defect",
    "{} with damage",
)
TEMPLATES = (
    "a photo of a {}.",
    "a photo of the {}.",
    "a cropped photo of a {}.",
    "a cropped photo of the {}.",
    "a close-up photo of a {}.",
    "a close-up photo of the {}.",
    "a bright photo of a {}.",
    "a bright photo of the {}.",
    "a dark photo of a {}.",
    "a dark photo of the {}.",
    "a blurry photo of a {}.",
    "a blurry photo of the {}.",
    "a jpeg corrupted photo of a {}.",
    "a jpeg corrupted photo of the {}.",
    "a photo of a small {}.",
    "a photo of the small {}.",
    "a photo of a large {}.",
    "a photo of the large {}.",
    "a photo of a {} for visual inspection.",
    "a photo of the {} for visual inspection.",
    "a photo of a {} for anomaly detection.",
    "a photo of the {} for anomaly detection.",
)

WINDOW_PARTS = (2, 3)
"""Windows are halves and thirds of a side, and overlap by half of themselves."""

LEAST_PROBABILITY = 1e-6


@dataclass(frozen=True, slots=True)
class Prompts:
    """Texts that describe a thing without and with defects."""

    normal: Sequence[str]
    defect: Sequence[str]


@dataclass(frozen=True, slots=True)
class Belief:
    """What words say of an image."""

    score: float
    """0 to 1, 1 for a defect: mean of what is believed of the whole and of its worst place."""
    anomaly_map: FloatArray = field(repr=False)
    """[rows, columns], 0 to 1."""


def prompts_for(
    thing: str, normal_texts: Sequence[str] = (), defect_texts: Sequence[str] = ()
) -> Prompts:
    """Given texts as they are; in place of none, each state of the thing in each template.

    Args:
        thing: What the image shows, such as `metal tile`.
        normal_texts: Describe it without defects.
        defect_texts: Describe it with defects.
    """
    return Prompts(
        list(normal_texts) or _ensemble(thing, NORMAL_STATES),
        list(defect_texts) or _ensemble(thing, DEFECT_STATES),
    )


def windows() -> list[Box]:
    """Parts of an image whose vectors say where: nine halves and 25 thirds of its sides."""
    boxes = []
    for parts in WINDOW_PARTS:
        size = 1 / parts
        steps = [step * size / 2 for step in range(2 * parts - 1)]
        boxes += [Box(left, top, left + size, top + size) for top in steps for left in steps]
    return boxes


def text_directions(normal: ArrayLike, defect: ArrayLike) -> NDArray[np.float64]:
    """What "normal" and "defect" mean: mean unit vectors of the texts, again of unit length.

    Args:
        normal: Vectors of texts without defects, [texts, dimension].
        defect: Vectors of texts with defects, [texts, dimension].

    Returns:
        [2, dimension]
    """
    return _unit(np.stack([_unit(vectors).mean(axis=0) for vectors in (normal, defect)]))


def defect_probabilities(
    vectors: ArrayLike, directions: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How much rather "defect" than "normal" each vector means, 0 to 1.

    Args:
        vectors: Of images, [images, dimension].
        directions: From `text_directions`.

    Returns:
        [images]
    """
    cosines = _unit(vectors) @ directions.T
    # The softmax of two is the logistic function of their difference.
    return np.asarray(1 / (1 + np.exp(TEMPERATURE * (cosines[:, 0] - cosines[:, 1]))))


def believe(
    whole: ArrayLike,
    crops: Sequence[tuple[Box, ArrayLike]],
    directions: NDArray[np.float64],
    *,
    rows: int,
    columns: int,
) -> Belief:
    """What words say of an image and where.

    A place is believed what the harmonic mean of the windows over it says, for
    each size of window, and then the harmonic mean of the sizes and the whole.

    Args:
        whole: Vector of the image, [dimension].
        crops: Windows with their vectors; none for a score without where.
        directions: From `text_directions`.
        rows: Of the map.
        columns: Of the map.
    """
    vectors = np.stack([np.asarray(whole), *(np.asarray(vector) for _, vector in crops)])
    of_whole, *of_crops = defect_probabilities(vectors, directions).clip(LEAST_PROBABILITY, 1)
    sizes: dict[tuple[float, float], list[tuple[Box, float]]] = defaultdict(list)
    for (box, _), probability in zip(crops, of_crops, strict=True):
        size = (round(box.right - box.left, 3), round(box.bottom - box.top, 3))
        sizes[size].append((box, float(probability)))
    inverse = np.full((rows, columns), 1 / of_whole)
    layers = np.ones((rows, columns))
    for windows_of_size in sizes.values():
        total, covered = _summed_inverses(windows_of_size, rows, columns)
        inverse += np.divide(total, covered, out=np.zeros_like(total), where=covered > 0)
        layers += covered > 0
    anomaly_map = (layers / inverse).astype(np.float32)
    return Belief(float((of_whole + anomaly_map.max()) / 2), anomaly_map)


def _summed_inverses(
    crops: Sequence[tuple[Box, float]], rows: int, columns: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Over the windows that cover each place: the sum of 1/p and their number."""
    y = (np.arange(rows) + 0.5) / rows
    x = (np.arange(columns) + 0.5) / columns
    total, covered = np.zeros((rows, columns)), np.zeros((rows, columns))
    for box, probability in crops:
        inside = np.outer((y >= box.top) & (y <= box.bottom), (x >= box.left) & (x <= box.right))
        total += inside / probability
        covered += inside
    return total, covered


def _ensemble(thing: str, states: Sequence[str]) -> list[str]:
    # Not str.format on what people wrote: it may have braces.
    return [
        template.replace("{}", state.replace("{}", thing))
        for template in TEMPLATES
        for state in states
    ]


def _unit(vectors: ArrayLike) -> NDArray[np.float64]:
    rows = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1))
