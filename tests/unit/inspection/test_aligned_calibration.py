"""Calibrating and inspecting with registration, over features that are blocks' colours."""

from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image, ImageDraw

from argus_offline.ports import NoImages, NoMemory, OneArtifact, OneSet, OneVersion
from bench.inspection.boards import HEIGHT, WIDTH, Move, board
from services.imaging.decode import ImageLimits, decode, size_of
from services.imaging.frame_stats import FrameStats
from services.imaging.resize import resized
from services.inspection.artifact import pack, unpack
from services.inspection.finding import Learnt
from services.inspection.learning.patch_trainer import PatchTrainer
from services.inspection.learning.training import Base, Lesson
from services.inspection.model import (
    Augmentation,
    Banks,
    CalibrationSettings,
    FrameReason,
    PatchGrid,
    Polygon,
    Registration,
    Scorer,
    SkippedImage,
    Verdict,
    Version,
    View,
    WholeFrame,
)
from services.inspection.registration.geometry import to_picture
from services.inspection.scoring.inspector import Inspection, InspectionRequest, Inspector
from services.inspection.scoring.loader import VersionLoader
from services.inspection.scoring.patch_scorer import patch_opener
from services.inspection.verdict.thresholds import estimate
from tests.support.pictures import encoded

LIMITS = ImageLimits()
SIZE = 96
PATCH = 8
SPOT = 14
"""Pixels of a spot's radius."""
MOVED = Move(14, -9, 5)


class Colours:
    """`ReferenceContents` and `PatchExtractor` that sees colours and how they vary."""

    def __init__(self, images: dict[str, bytes]) -> None:
        self.images = images
        self.seen_sides: set[float] = set()

    async def check(self, image_ids: object) -> list[str]:
        raise NotImplementedError

    async def fetch(self, image_id: str, user_id: str) -> bytes:
        return self.images[image_id]

    async def patches(
        self,
        image: bytes,
        *,
        model: str,
        size: int,
        interactive: bool,
        view: View | None = None,
    ) -> PatchGrid:
        decoded = decode(image, LIMITS)
        if view is not None:
            self.seen_sides.add(min(decoded.width, decoded.height) * view.scale)
        rows, columns = size // PATCH, size // PATCH * decoded.width // decoded.height
        pixels = resized(decoded.image, columns * PATCH, rows * PATCH)
        blocks = pixels.reshape(rows, PATCH, columns, PATCH, 3).astype(np.float32)
        values = np.concatenate([blocks.mean((1, 3)), blocks.std((1, 3))], axis=-1)
        frame = WholeFrame(FrameStats.of(pixels), *size_of(image, LIMITS))
        return PatchGrid(values.astype(np.float16), model, "1", frame)


def moved(seed: int) -> Move:
    rng = np.random.default_rng((seed, 9))
    across, down, degrees = rng.uniform(-1, 1, 3) * (16, 12, 5)
    return Move(across, down, degrees)


@pytest.fixture(scope="module")
def colours() -> Colours:
    found = {f"{seed}": board(seed, moved(seed)) for seed in range(8)}
    noise = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH), np.uint8)
    return Colours(found | {"noise": encoded(Image.fromarray(noise), "PNG")})


@pytest.fixture(scope="module")
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as made:
        yield made


async def learn(
    colours: Colours,
    threads: ThreadPoolExecutor,
    *,
    count: int = 3,
    others: Sequence[str] = (),
    areas: tuple[Polygon, ...] = (),
    banks: Banks = Banks.ONE,
    base: Base | None = None,
    augmentation: Augmentation = Augmentation.NONE,
    registration: Registration = Registration.RIGID,
) -> tuple[Learnt, list[SkippedImage]]:
    settings = CalibrationSettings(
        model="colours",
        size=SIZE,
        banks=banks,
        augmentation=augmentation,
        regions_of_interest=areas,
        registration=registration,
    )
    trainer = PatchTrainer(colours, colours, threads, budget_bytes=2**30, limits=LIMITS)
    ids = [*(f"{seed}" for seed in range(count)), *others]
    return await trainer.learn(Lesson("ada", ids, settings, base), Unheard())


class Unheard:
    """Progress that nobody follows."""

    def images(self, done: int, total: int) -> None: ...

    def stage(self, words: str) -> None: ...


def version_of(learnt: Learnt) -> Version:
    return Version(
        set_id="set",
        version=1,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        image_ids=learnt.image_ids,
        settings=learnt.settings,
        model_version="1",
        threshold=estimate(learnt.held_out, 0.1),
        held_out=sorted(learnt.held_out),
        coreset_size=learnt.coreset_size,
        artifact_name="",
        artifact_sha256="",
        artifact_bytes=0,
        frame_checks=learnt.frame_checks,
        banks=learnt.banks,
        reference_image_id=learnt.reference_image_id,
    )


@asynccontextmanager
async def opened(
    colours: Colours, threads: ThreadPoolExecutor, learnt: Learnt
) -> AsyncIterator[Inspector]:
    """As an offline file is opened: from packed arrays, without a mesh."""
    version = version_of(learnt)
    loader = VersionLoader(
        OneVersion(version),
        OneArtifact(pack(learnt.arrays)),
        {Scorer.PATCH_CORESET: patch_opener(colours, threads, LIMITS)},
        budget_bytes=2**30,
    )
    yield Inspector(
        OneSet(version),
        loader,
        NoImages(),
        NoMemory(),
        threads,
        limits=LIMITS,
        clock=lambda: datetime(2026, 1, 1, tzinfo=UTC),
    )


async def inspected(inspector: Inspector, image: bytes) -> Inspection:
    return await inspector.inspect(
        InspectionRequest(user_id="", set_id="set", image=image, heatmap=True)
    )


def spotted(image: bytes, x: float, y: float) -> bytes:
    """With a spot of a colour that no board has, around a place in fractions of the picture."""
    picture = decode(image, LIMITS).image
    middle = np.array([x * WIDTH, y * HEIGHT])
    ImageDraw.Draw(picture).ellipse([*(middle - SPOT), *(middle + SPOT)], fill=(255, 0, 255))
    return encoded(picture, "PNG")


async def test_a_defect_is_shown_where_it_is_in_the_picture_as_it_was_sent(
    colours: Colours, threads: ThreadPoolExecutor
) -> None:
    learnt, skipped = await learn(colours, threads)
    assert not skipped
    assert learnt.reference_image_id in learnt.image_ids
    assert learnt.frame_checks is not None
    assert learnt.frame_checks.limits[-1].reason is FrameReason.MISPLACED
    async with opened(colours, threads, learnt) as inspector:
        for x, y in ((0.35, 0.4), (0.6, 0.65)):
            found = await inspected(inspector, spotted(board(50, MOVED), x, y))
            assert found.record.anomalous
            assert found.heatmap
            box = found.regions[0].box
            assert box.left < x < box.right
            assert box.top < y < box.bottom
            near, aligned = found.regions[0].nearest, found.record.alignment
            assert near is not None
            assert aligned is not None
            findings = found.record.findings
            assert findings is not None
            assert findings.grid is not None
            assert (findings.grid.width, findings.grid.height) == (WIDTH, HEIGHT)
            levels = findings.grid.in_thresholds
            row, column = np.unravel_index(int(levels.argmax()), levels.shape)
            middle = ((column + 0.5) / levels.shape[1], (row + 0.5) / levels.shape[0])
            assert middle == pytest.approx((x, y), abs=PATCH / SIZE)


async def test_regions_of_interest_follow_the_part(
    colours: Colours, threads: ThreadPoolExecutor
) -> None:
    left = [(0.05, 0.05), (0.5, 0.05), (0.5, 0.95), (0.05, 0.95)]
    learnt, _ = await learn(colours, threads, areas=(left,))
    async with opened(colours, threads, learnt) as inspector:
        for move in (Move(32, 0, 4), Move(-32, 10, -4)):
            plain = board(60, move)
            aligned = (await inspected(inspector, plain)).record.alignment
            assert aligned is not None
            inside, outside = to_picture([(0.38, 0.5), (0.62, 0.5)], aligned)
            # With a region that stays where it is in pictures, both would count alike.
            scores = [
                (await inspected(inspector, spotted(plain, *where))).record.score
                for where in (inside, outside)
            ]
            assert scores[0] > 2 * scores[1]


async def test_what_cannot_be_aligned_is_uninspectable_and_no_reference(
    colours: Colours, threads: ThreadPoolExecutor
) -> None:
    learnt, skipped = await learn(colours, threads, count=6, others=["noise"])
    assert [(one.image_id, one.reason) for one in skipped] == [("noise", "IMAGE_MISPLACED")]
    async with opened(colours, threads, learnt) as inspector:
        found = (await inspected(inspector, colours.images["noise"])).record
        assert found.verdict is Verdict.UNINSPECTABLE
        problem = next(one for one in found.frame_problems if one.reason is FrameReason.MISPLACED)
        assert problem.measured < problem.limit
        assert found.p_value <= found.target
        assert found.alignment is not None
        assert (found.alignment.shift_x, found.alignment.rotation_degrees) == (0, 0)


async def test_added_images_are_aligned_to_the_same_reference(
    colours: Colours, threads: ThreadPoolExecutor
) -> None:
    learnt, _ = await learn(colours, threads)
    base = Base(version_of(learnt), unpack(pack(learnt.arrays)))
    grown, _ = await learn(colours, threads, count=4, base=base)
    assert grown.base_version == 1
    assert grown.reference_image_id == learnt.reference_image_id
    assert len(grown.held_out) == 4
    async with opened(colours, threads, grown) as inspector:
        assert (await inspected(inspector, board(70, MOVED))).record.alignment is not None


async def test_a_second_bank_sees_aligned_images_as_large_as_others(
    colours: Colours, threads: ThreadPoolExecutor
) -> None:
    colours.seen_sides.clear()
    learnt, _ = await learn(
        colours, threads, count=2, banks=Banks.TWO, augmentation=Augmentation.LIGHTING
    )
    async with opened(colours, threads, learnt) as inspector:
        await inspected(inspector, board(71, MOVED))
    assert np.array(sorted(colours.seen_sides)) == pytest.approx(130, abs=1.5)


async def test_without_registration_nothing_is_aligned(
    colours: Colours, threads: ThreadPoolExecutor
) -> None:
    learnt, _ = await learn(colours, threads, registration=Registration.NONE)
    assert learnt.reference_image_id == ""
    assert not any(name.startswith("registration.") for name in learnt.arrays)
    async with opened(colours, threads, learnt) as inspector:
        assert (await inspected(inspector, board(72))).record.alignment is None
