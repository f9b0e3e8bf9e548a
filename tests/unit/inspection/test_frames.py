"""Frames that show another thing altogether, seen with a real network."""

import numpy as np
import pytest

from services.embedder.models.load import load_model
from services.embedder.models.store import install
from services.embedder.ports import EmbeddingModel
from services.imaging.decode import ImageLimits
from services.inspection.artifact import pack, unpack
from services.inspection.learning.bank import PatchBank
from services.inspection.learning.bank_learning import extend_bank, learn_bank
from services.inspection.model import FloatArray
from services.inspection.verdict.strangeness import is_strange
from tests.support.inspection.surfaces import Picture, crops, encoded, failing
from tests.support.model_dir import MODEL_DIR

TARGET = 0.01


@pytest.fixture(scope="module")
def model() -> EmbeddingModel:
    return load_model(
        install("compact", MODEL_DIR, threads=2).folder, limits=ImageLimits(), threads=2
    )


def seen(model: EmbeddingModel, picture: Picture) -> FloatArray:
    grid = model.extract_patches(model.prepare_patches(encoded(picture), 0))
    return np.asarray(grid, np.float32)


def learnt(model: EmbeddingModel, pictures: list[Picture]) -> PatchBank:
    return learn_bank(
        [seen(model, one) for one in pictures],
        [[] for _ in pictures],
        [str(place) for place in range(len(pictures))],
    )


def strange(bank: PatchBank, model: EmbeddingModel, picture: Picture) -> bool:
    return is_strange(bank.match(seen(model, picture)).strangeness, TARGET)


@pytest.fixture(scope="module", params=["gravel", "grass", "brick"])
def texture(request: pytest.FixtureRequest) -> list[Picture]:
    return crops(request.param, 40)


def test_failing_frames_are_strange_and_normal_ones_and_defects_are_not(
    model: EmbeddingModel, texture: list[Picture]
) -> None:
    for count in (10, 30):
        bank = learnt(model, texture[:count])
        for picture in texture[30:]:
            assert not strange(bank, model, picture)
        scratched = texture[31].copy()
        scratched[100:104, 60:220] = 255
        assert not strange(bank, model, scratched)
        for name, picture in failing(texture[32]).items():
            assert strange(bank, model, picture), (count, name)


def test_another_product_is_strange(model: EmbeddingModel, texture: list[Picture]) -> None:
    bank = learnt(model, texture[:10])
    for name in ("gravel", "grass", "brick"):
        (other,) = crops(name, 1)
        assert strange(bank, model, other) is not np.array_equal(other, texture[0]), name


def test_a_blank_frame_is_normal_where_the_references_are_blank(model: EmbeddingModel) -> None:
    """Nearly black frames, as of a part that gives no light."""
    random = np.random.default_rng(0)
    dark = [
        np.abs(random.normal(6 + random.normal(), 2, (240, 320))).astype(np.uint8)
        for _ in range(30)
    ]
    bank = learnt(model, dark[:20])
    assert not any(strange(bank, model, picture) for picture in dark[20:])
    assert strange(bank, model, crops("gravel", 1)[0])


def test_a_version_knows_them_after_it_was_stored_and_grew(model: EmbeddingModel) -> None:
    pictures = crops("gravel", 24)
    grown = extend_bank(
        PatchBank.from_arrays(unpack(pack(learnt(model, pictures[:12]).to_arrays()))),
        [seen(model, one) for one in pictures[12:16]],
        [[]] * 4,
        ["a", "b", "c", "d"],
    )
    assert grown.frames is not None
    assert len(grown.frames.distances) == 16
    assert not any(strange(grown, model, one) for one in pictures[16:])
    assert all(strange(grown, model, one) for one in failing(pictures[20]).values())


def test_a_version_of_an_earlier_release_still_knows_another_product(
    model: EmbeddingModel,
) -> None:
    arrays = learnt(model, crops("gravel", 12)).to_arrays()
    old = PatchBank.from_arrays(
        {name: array for name, array in arrays.items() if not name.startswith("frames.")}
    )
    assert old.frames is None
    assert not any(strange(old, model, one) for one in crops("gravel", 24)[12:])
    assert strange(old, model, crops("brick", 1)[0])
