"""Learning a patch bank: from nothing, or by adding images to one."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.imaging.decode import Decoded, ImageLimits, size_of
from services.inspection.errors import ArtifactWrong, CalibrationTooLarge, ImagesUnusable
from services.inspection.finding import Learnt
from services.inspection.learning.aligned import place_reference, small_enough, with_own_boxes
from services.inspection.learning.augmentation import chosen, moved, variants
from services.inspection.learning.bank import PatchBank
from services.inspection.learning.bank_choice import (
    LEAST_REFERENCES,
    Glance,
    Plan,
    glances_wanted,
    plan_of,
    tried,
)
from services.inspection.learning.bank_learning import Painting, extend_bank, learn_bank
from services.inspection.learning.banks import AnyBank, TwoBanks, bank_of
from services.inspection.learning.folds import parts_arrays
from services.inspection.learning.marks import LEAST_IMAGES, paint, paintings
from services.inspection.learning.training import Base, Lesson, Progress, look_at_all
from services.inspection.model import (
    Alignment,
    Augmentation,
    BankChoice,
    Banks,
    CalibrationSettings,
    Mark,
    PatchGrid,
    Polygon,
    Registration,
    SkippedImage,
    View,
    WholeFrame,
)
from services.inspection.ports import PatchExtractor, ReferenceContents
from services.inspection.registration.aligner import Aligner, aligner_of
from services.inspection.registration.choosing import choose_aligner
from services.inspection.registration.geometry import seen_of_reference
from services.inspection.verdict.frame_checks import learn_checks, measures

T = TypeVar("T")

_NOTHING: Mapping[int, Sequence[int]] = {}

FRAMES = "checks.frames"
"""Array of an artifact: what references look like as wholes, as `measures` gives it."""

LEAST_SIDE = 32
"""Pixels of a variant's shorter side, at least."""

GLANCED_AT = 40
"""References that are looked at before features are taken; of more, evenly chosen ones."""

Grids = Sequence[NDArray[Any]]
"""Patch features of an image as each bank sees it."""


@dataclass(frozen=True, slots=True)
class Sight:
    """An image's features, as it is and as it might be."""

    grids: Grids = field(repr=False)
    variants: Sequence[Grids] = field(repr=False)
    painted: Sequence[tuple[Grids, Sequence[Mark]]] = field(repr=False)
    """With painted defects."""
    model_version: str
    frame: WholeFrame | None
    """What it looks like as a whole; None if that was not told."""
    alignment: Alignment | None = None
    """How it lies against the reference; None without registration."""


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
        plan = await self._plan(lesson)
        aligner = await self._aligner(lesson)
        sights, skipped = await self._look(
            lesson, lesson.image_ids, progress, plan.view, aligner, painted=painted
        )
        if not sights:
            raise ImagesUnusable(
                f"none of the {len(lesson.image_ids)} images can be used: {skipped[0].message}"
            )
        progress.stage("builds the coreset")
        settings = lesson.settings
        parts = lesson.parts_of([image_id for image_id, _ in sights])
        augmentation = chosen(settings.augmentation, len(lesson.image_ids))

        def learn(number: int) -> PatchBank:
            return learn_bank(
                [sight.grids[number] for _, sight in sights],
                [[grids[number] for grids in sight.variants] for _, sight in sights],
                [image_id for image_id, _ in sights],
                coreset_size=settings.coreset_size,
                mask_background=settings.mask_background,
                areas=settings.regions_of_interest,
                variant_areas=moved(settings.regions_of_interest, augmentation),
                shown=_shown(sights, augmentation),
                painted=[
                    Painting(place, grids[number], marks)
                    for place, (_, sight) in enumerate(sights)
                    for grids, marks in sight.painted
                    if len(sights) >= LEAST_IMAGES
                    and grids[number].shape == sight.grids[number].shape
                ],
                parts=parts,
            )

        def learn_all() -> tuple[AnyBank, BankChoice]:
            first = learn(0)
            if plan.view is None:
                return first, BankChoice(1, plan.explanation)
            two = TwoBanks.of(first, learn(1), plan.view)
            choice = tried(plan, two)
            return (two if choice.count == 2 else first), choice

        bank, choice = await self._in_thread(learn_all)
        bank = with_own_boxes(bank, [sight.alignment for _, sight in sights])
        frames = _frames([sight for _, sight in sights])
        model_version = sights[0][1].model_version
        learnt = _learnt(
            bank, choice, frames, settings, model_version, base_version=0, aligner=aligner
        )
        arrays = {**learnt.arrays, **parts_arrays(parts)}
        return replace(learnt, arrays=arrays, parts=parts, known=bank.known), skipped

    async def _add(
        self, lesson: Lesson, base: Base, progress: Progress
    ) -> tuple[Learnt, list[SkippedImage]] | None:
        """The base with the images that it did not learn from; None if that cannot be.

        It keeps as many banks as it has.
        """
        known = set(base.version.image_ids)
        new = [image_id for image_id in lesson.image_ids if image_id not in known]
        # With few images the bank was made of variants, which more images make needless.
        wanted = lesson.settings.augmentation
        if chosen(wanted, len(known)) is not chosen(wanted, len(lesson.image_ids)):
            return None
        choice = base.version.banks
        if (
            lesson.settings.banks is Banks.AUTO
            and len(lesson.image_ids) >= LEAST_REFERENCES
            and (choice is None or len(known) < LEAST_REFERENCES)
        ):
            # Only now there are enough to tell, or the release that made it did not ask.
            return None
        try:
            bank = bank_of(base.arrays)
        except ArtifactWrong:
            return None
        first, view = (bank.first, bank.view) if isinstance(bank, TwoBanks) else (bank, None)
        if first.frames is None or FRAMES not in base.arrays:
            # An earlier release made it; learnt from scratch it knows blank and dark frames.
            return None
        aligner = aligner_of(base.arrays)
        # With nothing new, one that is known tells which version of the model runs now.
        sights, skipped = await self._look(
            lesson, new or lesson.image_ids[:1], progress, view, aligner
        )
        if not sights or any(
            sight.model_version != base.version.model_version for _, sight in sights
        ):
            return None
        if not new:
            sights = []
        progress.stage("adds to the coreset")
        augmentation = chosen(wanted, len(lesson.image_ids))

        def extended(known: PatchBank, number: int) -> PatchBank:
            return extend_bank(
                known,
                [sight.grids[number] for _, sight in sights],
                [[grids[number] for grids in sight.variants] for _, sight in sights],
                [image_id for image_id, _ in sights],
                variant_areas=moved(known.areas, augmentation),
                shown=_shown(sights, augmentation),
            )

        def extend() -> AnyBank:
            if isinstance(bank, TwoBanks):
                return TwoBanks(extended(bank.first, 0), extended(bank.second, 1), bank.view)
            return extended(bank, 0)

        grown = await self._in_thread(extend)
        return (
            _learnt(
                with_own_boxes(grown, [sight.alignment for _, sight in sights], after=bank),
                choice,
                np.concatenate([base.arrays[FRAMES], _frames([sight for _, sight in sights])]),
                lesson.settings,
                base.version.model_version,
                base_version=base.version.version,
                aligner=aligner,
            ),
            skipped,
        )

    async def _look(
        self,
        lesson: Lesson,
        image_ids: Sequence[str],
        progress: Progress,
        view: View | None,
        aligner: Aligner | None,
        *,
        painted: Mapping[int, Sequence[int]] = _NOTHING,
    ) -> tuple[list[tuple[str, Sight]], list[SkippedImage]]:
        numbers = {image_ids[place]: some for place, some in painted.items()}
        settings = lesson.settings
        augmentation = chosen(settings.augmentation, len(lesson.image_ids))
        if aligner is not None and view is not None:
            view = aligner.view(view)
        taken_bytes = 0

        async def features(image: bytes, view: View | None = None) -> PatchGrid:
            nonlocal taken_bytes
            grid = await self._patches.patches(
                image, model=settings.model, size=settings.size, interactive=False, view=view
            )
            taken_bytes += grid.values.nbytes
            if taken_bytes > self._budget_bytes:
                raise CalibrationTooLarge(
                    f"the images' features take more than {self._budget_bytes} bytes; use fewer"
                    " images or a smaller size"
                )
            return grid

        async def grids(image: bytes, original: bytes) -> tuple[Grids, PatchGrid]:
            """Of an image, or of a copy of one that may be smaller; and the first of them."""
            seen = [await features(image)]
            if view is not None:
                seen.append(await features(image, self._seen_alike(view, image, original)))
            return [one.values for one in seen], seen[0]

        async def look(image_id: str) -> Sight:
            image = await self._contents.fetch(image_id, lesson.user_id)
            placed = None
            if aligner is not None:
                placed = await self._in_thread(
                    lambda: place_reference(aligner, image, self._limits)
                )
                image = placed.content
            own, seen = await grids(image, image)
            others = await self._in_thread(
                lambda: variants(
                    image, augmentation, self._limits, side=max(settings.size, LEAST_SIDE)
                )
            )
            return Sight(
                own,
                [(await grids(other, image))[0] for other in others],
                [await paint_one(image, number) for number in numbers.get(image_id, ())],
                seen.model_version,
                placed.frame(seen.frame) if placed else seen.frame,
                placed.alignment if placed else None,
            )

        async def paint_one(image: bytes, number: int) -> tuple[Grids, Sequence[Mark]]:
            side = max(settings.size, LEAST_SIDE)
            content, marks = await self._in_thread(
                lambda: paint(
                    image, number, self._limits, side=side, areas=settings.regions_of_interest
                )
            )
            if aligner is not None:
                # Sizes are told in pixels of images as they are.
                marks = [replace(one, size_px=one.size_px * aligner.enlarged) for one in marks]
            return (await grids(content, image))[0], marks

        looked = await look_at_all(image_ids, look, progress)
        return looked.seen, looked.skipped

    async def _plan(self, lesson: Lesson) -> Plan:
        """Whether a second bank is learnt, and how it sees images."""
        banks, count = lesson.settings.banks, len(lesson.image_ids)
        if not glances_wanted(banks, count):
            return plan_of(banks, count, ())

        async def glance(image_id: str) -> Glance:
            image = await self._contents.fetch(image_id, lesson.user_id)
            return await self._in_thread(lambda: Glance.at(image, self._limits))

        places = np.linspace(0, count - 1, min(count, GLANCED_AT)).round().astype(int)
        looked = await look_at_all([lesson.image_ids[place] for place in places], glance, _Silent())
        return plan_of(banks, count, [one for _, one in looked.seen])

    async def _aligner(self, lesson: Lesson) -> Aligner | None:
        """What aligns images to the best of the references; None without registration."""
        kind, count = lesson.settings.registration, len(lesson.image_ids)
        if kind is Registration.NONE:
            return None
        side = lesson.settings.size

        async def glance(image_id: str) -> Decoded:
            image = await self._contents.fetch(image_id, lesson.user_id)
            return await self._in_thread(lambda: small_enough(image, self._limits, side))

        places = np.linspace(0, count - 1, min(count, GLANCED_AT)).round().astype(int)
        image_ids = [lesson.image_ids[place] for place in places]
        before = lesson.reference_image_id
        if before in lesson.image_ids and before not in image_ids:
            image_ids.append(before)
        looked = await look_at_all(image_ids, glance, _Silent())
        if not looked.seen:
            raise ImagesUnusable(
                f"none of the images that were looked at can be used: {looked.skipped[0].message}"
            )
        return await self._in_thread(
            lambda: choose_aligner(looked.seen, kind, side=side, prefer=before)
        )

    def _seen_alike(self, view: View, copy: bytes, original: bytes) -> View:
        """The view in which a copy is as large as its original in another."""
        if copy is original:
            return view
        of_copy, of_original = (min(size_of(one, self._limits)) for one in (copy, original))
        return replace(view, scale=view.scale * of_original / of_copy)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


class _Silent:
    """Progress that is not told."""

    def images(self, done: int, total: int) -> None:
        """So many images were looked at."""

    def stage(self, words: str) -> None:
        """What is done now."""


def _frames(sights: Sequence[Sight]) -> NDArray[np.float32]:
    """What references look like as wholes, as far as that was told, [n, 9]."""
    return measures([sight.frame for sight in sights if sight.frame is not None])


def _shown(sights: Sequence[tuple[str, Sight]], augmentation: Augmentation) -> list[list[Polygon]]:
    """What of each aligned image its picture shows, and of each of its variants."""
    found = []
    for _, sight in sights:
        if sight.alignment is None:
            return []
        own = seen_of_reference(sight.alignment)
        found.append([own, *(areas[0] for areas in moved([own], augmentation))])
    return found


def _learnt(
    bank: AnyBank,
    choice: BankChoice | None,
    frames: NDArray[np.float32],
    settings: CalibrationSettings,
    model_version: str,
    *,
    base_version: int,
    aligner: Aligner | None,
) -> Learnt:
    checks = learn_checks(frames, size=settings.size)
    arrays = {**bank.to_arrays(), FRAMES: frames}
    if aligner is not None:
        arrays |= aligner.to_arrays()
        if checks is not None:
            checks = replace(checks, limits=[*checks.limits, aligner.limit])
    return Learnt(
        settings=settings,
        model_version=model_version,
        arrays=arrays,
        marks=bank.marks,
        image_ids=bank.image_ids,
        held_out=bank.held_out_scores.tolist(),
        coreset_size=bank.member_count,
        base_version=base_version,
        frame_checks=checks,
        banks=choice,
        reference_image_id=aligner.image_id if aligner is not None else "",
    )
