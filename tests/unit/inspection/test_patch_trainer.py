"""Calibrations by patches: how many banks they learn, and what is added to them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from services.embedder.models.load import load_model
from services.embedder.models.store import install
from services.embedder.ports import EmbeddingModel
from services.imaging.decode import ImageLimits
from services.inspection.artifact import pack, unpack
from services.inspection.finding import Learnt
from services.inspection.learning.banks import TwoBanks, bank_of
from services.inspection.learning.patch_trainer import PatchTrainer
from services.inspection.learning.training import Base, Lesson
from services.inspection.model import Banks, CalibrationSettings, PatchGrid, Version, View
from services.inspection.scoring.patch_scorer import PatchScorer
from services.inspection.verdict.thresholds import estimate
from tests.support.model_dir import MODEL_DIR
from tests.support.pictures import encoded

LIMITS = ImageLimits()
SIZE = 64


class Shelf:
    """`ReferenceContents` and `PatchExtractor` of this process, with the compact model."""

    def __init__(self, images: dict[str, bytes]) -> None:
        self.images = images
        self.views: list[View | None] = []
        folder = install("compact", MODEL_DIR, threads=2).folder
        self._model: EmbeddingModel = load_model(folder, limits=LIMITS, threads=2)

    async def check(self, image_ids: object) -> list[str]:
        raise NotImplementedError

    async def fetch(self, image_id: str, user_id: str) -> bytes:
        assert user_id == "ada"
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
        self.views.append(view)
        seen = self._model.prepare_patches(
            image,
            0 if view else size,
            scale=view.scale if view else 0.0,
            standard_levels=view is not None,
        )
        return PatchGrid(self._model.extract_patches(seen), model, "1")


class Unheard:
    """Progress that nobody follows."""

    def images(self, done: int, total: int) -> None: ...

    def stage(self, words: str) -> None: ...


def piece(seed: int, *, varied: bool) -> bytes:
    """A piece of grass; if varied, cut and lit in its own way."""
    rng = np.random.default_rng(seed)
    height, width = rng.integers(130, 300, 2) if varied else (200, 240)
    top, left = rng.integers(0, 512 - 300, 2)
    grass = data.grass()  # type: ignore[no-untyped-call] # no types
    grey = grass[top : top + height, left : left + width]
    lit = grey * (rng.uniform(0.4, 1.0) if varied else 0.8)
    return encoded(Image.fromarray(lit.astype(np.uint8)), "PNG")


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    images = {f"alike {seed}": piece(seed, varied=False) for seed in range(22)}
    return Shelf(images | {f"varied {seed}": piece(seed, varied=True) for seed in range(22)})


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


async def learn(
    shelf: Shelf,
    threads: ThreadPoolExecutor,
    kind: str,
    count: int,
    *,
    banks: Banks = Banks.AUTO,
    base: Base | None = None,
) -> Learnt:
    trainer = PatchTrainer(shelf, shelf, threads, budget_bytes=2**30, limits=LIMITS)
    ids = [f"{kind} {seed}" for seed in range(count)]
    settings = CalibrationSettings(model="compact", size=SIZE, banks=banks)
    shelf.views.clear()
    learnt, skipped = await trainer.learn(Lesson("ada", ids, settings, base), Unheard())
    assert not skipped
    assert list(learnt.image_ids) == ids
    return learnt


def version_of(learnt: Learnt, **changes: Any) -> Version:
    made = Version(
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
        banks=learnt.banks,
    )
    return replace(made, **changes)


def base_of(learnt: Learnt, **changes: Any) -> Base:
    return Base(version_of(learnt, **changes), unpack(pack(learnt.arrays)))


async def test_references_that_are_alike_have_one_bank_and_no_second_look(
    shelf: Shelf, threads: ThreadPoolExecutor
) -> None:
    learnt = await learn(shelf, threads, "alike", 22)
    assert learnt.banks is not None
    assert learnt.banks.count == 1
    assert "too little" in learnt.banks.explanation
    assert set(shelf.views) == {None}


async def test_references_that_differ_are_tried_with_two(
    shelf: Shelf, threads: ThreadPoolExecutor
) -> None:
    learnt = await learn(shelf, threads, "varied", 22)
    choice = learnt.banks
    assert choice is not None
    assert choice.painted_with_one is not None
    assert choice.painted_with_two is not None
    assert "painted defects" in choice.explanation
    assert isinstance(bank_of(learnt.arrays), TwoBanks) is (choice.count == 2)
    assert any(shelf.views)


async def test_two_banks_inspect_and_grow_together(
    shelf: Shelf, threads: ThreadPoolExecutor
) -> None:
    learnt = await learn(shelf, threads, "varied", 5, banks=Banks.TWO)
    assert learnt.banks is not None
    assert learnt.banks.count == 2
    bank = bank_of(learnt.arrays)
    assert isinstance(bank, TwoBanks)
    assert learnt.held_out == pytest.approx(bank.held_out_scores.tolist())
    assert len(learnt.marks) == len(bank.marks) > 0
    # References of up to 16 are also seen in other light, in copies that may be smaller than they:
    # the second bank sees all of them equally large.
    scorer = PatchScorer(bank, version_of(learnt), shelf, threads)
    seen = await scorer.look(shelf.images["varied 20"], interactive=False)
    found = await scorer.find(seen, nearest_limit=2)
    assert found.anomaly_map is not None
    assert found.anomaly_map.shape == seen.features[0].shape[:2]
    again = await scorer.find(
        await scorer.look(shelf.images["varied 20"], interactive=False), nearest_limit=2
    )
    assert again.score == found.score
    grown = await learn(shelf, threads, "varied", 7, banks=Banks.TWO, base=base_of(learnt))
    assert grown.base_version == 1
    assert grown.banks == learnt.banks
    assert len(grown.held_out) == 7
    assert isinstance(bank_of(grown.arrays), TwoBanks)


async def test_it_is_asked_again_once_there_are_enough_references_to_tell(
    shelf: Shelf, threads: ThreadPoolExecutor
) -> None:
    few = await learn(shelf, threads, "alike", 19)
    assert few.banks is not None
    assert "Fewer than 20" in few.banks.explanation
    enough = await learn(shelf, threads, "alike", 21, base=base_of(few))
    assert enough.base_version == 0
    more = await learn(shelf, threads, "alike", 22, base=base_of(enough))
    assert (more.base_version, more.banks) == (1, enough.banks)
    # The release that made it did not ask.
    earlier = await learn(shelf, threads, "alike", 22, base=base_of(enough, banks=None))
    assert (earlier.base_version, earlier.banks) == (0, enough.banks)
