"""Learning a patch bank: from nothing, or by adding images to one."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from numpy.typing import NDArray

from services.imaging.decode import ImageLimits
from services.inspection.errors import ArtifactWrong, CalibrationTooLarge, ImagesUnusable
from services.inspection.finding import Learnt
from services.inspection.learning.augmentation import chosen, variants
from services.inspection.learning.bank import PatchBank
from services.inspection.learning.bank_learning import Painting, extend_bank, learn_bank
from services.inspection.learning.marks import LEAST_IMAGES, paint, paintings
from services.inspection.learning.training import Base, Lesson, Progress, look_at_all
from services.inspection.model import CalibrationSettings, Mark, PatchGrid, SkippedImage
from services.inspection.ports import PatchExtractor, ReferenceContents

T = TypeVar("T")

_NOTHING: Mapping[int, Sequence[int]] = {}

LEAST_SIDE = 32
"""Pixels of a variant's shorter side, at least."""


@dataclass(frozen=True, slots=True)
class Sight:
    """An image's features, as it is and as it might be."""

    grid: NDArray[Any] = field(repr=False)
    variants: Sequence[NDArray[Any]] = field(repr=False)
    painted: Sequence[tuple[NDArray[Any], Sequence[Mark]]] = field(repr=False)
    """With painted defects."""
    model_version: str


class PatchTrainer:
    """`Trainer` of `PatchScorer`.

    Args:
        contents: Bytes of stored images.
        patches: Takes images' features.
        threads: Where banks are built.
        budget_bytes: Memory that the features of one calibration may take.
        limits: What an image may measure.
    """

    def __init__(
        self,
        contents: ReferenceContents,
        patches: PatchExtractor,
        threads: Executor,
        *,
        budget_bytes: int,
        limits: ImageLimits,
    ) -> None:
        self._contents = contents
        self._patches = patches
        self._threads = threads
        self._budget_bytes = budget_bytes
        self._limits = limits

    async def learn(self, lesson: Lesson, progress: Progress) -> tuple[Learnt, list[SkippedImage]]:
        """Learns from the images that can be used."""
        if lesson.base is not None:
            added = await self._add(lesson, lesson.base, progress)
            if added is not None:
                return added
        painted = paintings(len(lesson.image_ids))
        sights, skipped = await self._look(lesson, lesson.image_ids, progress, painted)
        if not sights:
            raise ImagesUnusable(
                f"none of the {len(lesson.image_ids)} images can be used: {skipped[0].message}"
            )
        progress.stage("builds the coreset")
        settings = lesson.settings
        bank = await self._in_thread(
            lambda: learn_bank(
                [sight.grid for _, sight in sights],
                [sight.variants for _, sight in sights],
                [image_id for image_id, _ in sights],
                coreset_size=settings.coreset_size,
                mask_background=settings.mask_background,
                painted=[
                    Painting(place, grid, marks)
                    for place, (_, sight) in enumerate(sights)
                    for grid, marks in sight.painted
                    if len(sights) >= LEAST_IMAGES and grid.shape == sight.grid.shape
                ],
            )
        )
        return _learnt(bank, settings, sights[0][1].model_version, base_version=0), skipped

    async def _add(
        self, lesson: Lesson, base: Base, progress: Progress
    ) -> tuple[Learnt, list[SkippedImage]] | None:
        """The base with the images that it did not learn from; None if that cannot be."""
        known = set(base.version.image_ids)
        new = [image_id for image_id in lesson.image_ids if image_id not in known]
        # With few images the bank was made of variants, which more images make needless.
        wanted = lesson.settings.augmentation
        if chosen(wanted, len(known)) is not chosen(wanted, len(lesson.image_ids)):
            return None
        try:
            bank = PatchBank.from_arrays(base.arrays)
        except ArtifactWrong:
            return None
        if bank.frames is None:
            # An earlier release made it; learnt from scratch it knows blank frames.
            return None
        # With nothing new, one that is known tells which version of the model runs now.
        sights, skipped = await self._look(lesson, new or lesson.image_ids[:1], progress)
        if not sights or any(
            sight.model_version != base.version.model_version for _, sight in sights
        ):
            return None
        if not new:
            sights = []
        progress.stage("adds to the coreset")
        grown = await self._in_thread(
            lambda: extend_bank(
                bank,
                [sight.grid for _, sight in sights],
                [sight.variants for _, sight in sights],
                [image_id for image_id, _ in sights],
            )
        )
        return (
            _learnt(
                grown,
                lesson.settings,
                base.version.model_version,
                base_version=base.version.version,
            ),
            skipped,
        )

    async def _look(
        self,
        lesson: Lesson,
        image_ids: Sequence[str],
        progress: Progress,
        painted: Mapping[int, Sequence[int]] = _NOTHING,
    ) -> tuple[list[tuple[str, Sight]], list[SkippedImage]]:
        numbers = {image_ids[place]: some for place, some in painted.items()}
        settings = lesson.settings
        augmentation = chosen(settings.augmentation, len(lesson.image_ids))
        taken_bytes = 0

        async def features(image: bytes) -> PatchGrid:
            nonlocal taken_bytes
            grid = await self._patches.patches(
                image, model=settings.model, size=settings.size, interactive=False
            )
            taken_bytes += grid.values.nbytes
            if taken_bytes > self._budget_bytes:
                raise CalibrationTooLarge(
                    f"the images' features take more than {self._budget_bytes} bytes; use fewer"
                    " images or a smaller size"
                )
            return grid

        async def look(image_id: str) -> Sight:
            image = await self._contents.fetch(image_id, lesson.user_id)
            grid = await features(image)
            others = await self._in_thread(
                lambda: variants(
                    image, augmentation, self._limits, side=max(settings.size, LEAST_SIDE)
                )
            )
            return Sight(
                grid.values,
                [(await features(other)).values for other in others],
                [await paint_one(image, number) for number in numbers.get(image_id, ())],
                grid.model_version,
            )

        async def paint_one(image: bytes, number: int) -> tuple[NDArray[Any], Sequence[Mark]]:
            side = max(settings.size, LEAST_SIDE)
            content, marks = await self._in_thread(
                lambda: paint(image, number, self._limits, side=side)
            )
            return (await features(content)).values, marks

        looked = await look_at_all(image_ids, look, progress)
        return looked.seen, looked.skipped

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _learnt(
    bank: PatchBank, settings: CalibrationSettings, model_version: str, *, base_version: int
) -> Learnt:
    return Learnt(
        settings=settings,
        model_version=model_version,
        arrays=bank.to_arrays(),
        marks=bank.marks,
        image_ids=bank.image_ids,
        held_out=[float(score) for score in bank.held_out.scores],
        coreset_size=len(bank.members),
        base_version=base_version,
    )
