import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sklearn
from PIL import Image

from services.embedder.compact import artifacts
from services.embedder.compact.model import CompactModel
from services.embedder.errors import ModelUnavailable
from services.embedder.model import Vectors
from services.imaging.decode import ImageLimits
from services.imaging.errors import ImageUnreadable
from tests.unit.embedder.models import MODEL_DIR
from tests.unit.imaging import files

SKLEARN = Path(sklearn.__file__).parent / "datasets" / "images"
PHOTOS = [
    *(files.SAMPLES / f"{name}.png" for name in ("astronaut", "brick", "chelsea", "coffee")),
    *(files.SAMPLES / f"{name}.png" for name in ("grass", "horse", "moon", "motorcycle_left")),
    files.SAMPLES / "page.png",
    files.SAMPLES / "rocket.jpg",
    SKLEARN / "china.jpg",
    SKLEARN / "flower.jpg",
]


@pytest.fixture(scope="module")
def model() -> CompactModel:
    return CompactModel(MODEL_DIR, limits=ImageLimits(), threads=2)


@pytest.fixture(scope="module")
def photos(model: CompactModel) -> Vectors:
    pixels = [model.prepare_image(photo.read_bytes()) for photo in PHOTOS]
    return np.concatenate(
        [model.embed_images(pixels[start : start + 4]) for start in range(0, len(pixels), 4)]
    )


def text(model: CompactModel, words: str) -> Vectors:
    vector: Vectors = model.embed_texts([model.prepare_text(words)])[0]
    return vector


@pytest.mark.parametrize(
    ("words", "photo"),
    [
        ("a cat", "chelsea"),
        ("a photo of a cat", "chelsea"),
        ("kitten", "chelsea"),
        ("a rocket", "rocket"),
        ("space launch", "rocket"),
        ("a cup of coffee", "coffee"),
        ("espresso", "coffee"),
        ("a brick wall", "brick"),
        ("an astronaut", "astronaut"),
        ("a motorcycle", "motorcycle_left"),
        ("a horse", "horse"),
        ("a flower", "flower"),
        ("an old building in China", "china"),
        ("a page of printed text", "page"),
    ],
)
def test_words_find_the_right_photograph(
    model: CompactModel, photos: Vectors, words: str, photo: str
) -> None:
    scores = photos @ text(model, words)
    assert PHOTOS[int(scores.argmax())].stem == photo


def test_vectors_are_of_unit_length_and_texts_have_no_looks(
    model: CompactModel, photos: Vectors
) -> None:
    words = text(model, "a cat")
    assert np.allclose(np.linalg.norm(photos, axis=1), 1, atol=1e-5)
    assert np.linalg.norm(words) == pytest.approx(1, abs=1e-5)
    assert not words[384:].any()
    assert np.allclose(np.linalg.norm(photos[:, 384:], axis=1), 0.5**0.5, atol=1e-5)


def _mirrored(image: Image.Image) -> Image.Image:
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _cropped(image: Image.Image) -> Image.Image:
    width, height = image.size
    return image.crop((width // 10, height // 10, width, height))


def _dimmed(image: Image.Image) -> Image.Image:
    return image.point(lambda value: value // 2)


@pytest.mark.parametrize("change", [_mirrored, _cropped, _dimmed])
def test_a_changed_photograph_finds_its_original(
    model: CompactModel, photos: Vectors, change: Callable[[Image.Image], Image.Image]
) -> None:
    changed = []
    for photo in PHOTOS:
        image = change(Image.open(photo).convert("RGB"))
        changed.append(model.prepare_image(files.encode(image, "PNG")))
    scores = model.embed_images(changed) @ photos.T
    assert scores.argmax(axis=1).tolist() == list(range(len(PHOTOS)))


def test_vectors_do_not_depend_on_batch_mates(model: CompactModel, photos: Vectors) -> None:
    alone = [model.embed_images([model.prepare_image(p.read_bytes())])[0] for p in PHOTOS]
    assert (np.stack(alone) * photos).sum(axis=1).min() > 0.9999
    texts = ["a cat", "many words " * 30, "rust", "a very long story about nothing " * 40]
    tokens = [model.prepare_text(words) for words in texts]
    together = model.embed_texts(tokens)
    apart = np.concatenate([model.embed_texts([one]) for one in tokens])
    assert (together * apart).sum(axis=1).min() > 0.9999


def test_large_photographs_are_shrunk_while_decoding_to_the_same_vector(
    model: CompactModel,
) -> None:
    large = Image.open(PHOTOS[2]).convert("RGB").resize((3600, 2400), Image.Resampling.BICUBIC)
    small = large.resize((900, 600), Image.Resampling.BOX)
    vectors = model.embed_images(
        [
            model.prepare_image(files.encode(large, "JPEG", quality=95)),
            model.prepare_image(files.encode(small, "PNG")),
        ]
    )
    assert vectors[0] @ vectors[1] > 0.99


def test_long_text_is_cut_and_says_so(model: CompactModel) -> None:
    assert not model.prepare_text("word " * 254).truncated
    long = model.prepare_text("word " * 10_000)
    assert long.truncated
    assert len(long.ids) == 256
    assert model.prepare_text("猫" * 500).truncated
    assert np.allclose(
        model.embed_texts([long]), model.embed_texts([model.prepare_text("word " * 300)])
    )


@pytest.mark.parametrize("words", [" ", "\x00", "🚀", "½ × ∑", "a" * 5000])
def test_odd_texts_have_vectors(model: CompactModel, words: str) -> None:
    assert np.linalg.norm(text(model, words)) == pytest.approx(1, abs=1e-5)


def test_one_pixel_is_an_image_and_broken_bytes_are_none(model: CompactModel) -> None:
    pixel = model.prepare_image(files.encode(Image.new("RGB", (1, 1), (200, 30, 30)), "PNG"))
    assert np.linalg.norm(model.embed_images([pixel])) == pytest.approx(1, abs=1e-5)
    with pytest.raises(ImageUnreadable):
        model.prepare_image(files.SVG)


def test_a_start_with_a_built_model_imports_no_torch(model: CompactModel) -> None:
    assert model.info.version == (MODEL_DIR / model.info.version).name
    program = f"""
import sys
from pathlib import Path
from services.embedder.compact.model import CompactModel
from services.imaging.decode import ImageLimits
CompactModel(Path({str(MODEL_DIR)!r}), limits=ImageLimits(), threads=2)
assert not {{"torch", "timm", "transformers"}} & set(sys.modules), "imported"
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_a_model_that_answers_otherwise_is_refused(model: CompactModel, tmp_path: Path) -> None:
    built = MODEL_DIR / model.info.version
    broken = tmp_path / model.info.version
    broken.mkdir()
    for file in built.iterdir():
        (broken / file.name).symlink_to(file)
    with np.load(built / "reference.npz") as reference:
        answers = dict(reference)
    answers["image"] = answers["image"][::-1]
    (broken / "reference.npz").unlink()
    np.savez(broken / "reference.npz", **answers)
    with pytest.raises(ModelUnavailable, match="delete"):
        CompactModel(tmp_path, limits=ImageLimits(), threads=2)


def test_a_build_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed, at_work = tmp_path / "0123.killed", tmp_path / "0123.at-work"
    for folder in (killed, at_work):
        folder.mkdir()
    os.utime(killed, (0, 0))
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ModelUnavailable, match="could not be built"):
        artifacts.converted(tmp_path, "0123")
    assert list(tmp_path.iterdir()) == [at_work]
