import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sklearn
from numpy.typing import NDArray
from PIL import Image

from services.embedder.errors import ModelUnavailable, PatchSizeUnsupported
from services.embedder.model import Modality, Vectors
from services.embedder.models.compact import recipe
from services.embedder.models.load import load_model
from services.embedder.models.store import Installed, install
from services.embedder.ports import EmbeddingModel
from services.imaging.decode import ImageLimits, decode
from services.imaging.errors import ImageUnsupported
from tests.support import pictures
from tests.support.model_dir import MODEL_DIR

SKLEARN = Path(sklearn.__file__).parent / "datasets" / "images"
PHOTOS = [
    *(pictures.SAMPLES / f"{name}.png" for name in ("astronaut", "brick", "chelsea", "coffee")),
    *(pictures.SAMPLES / f"{name}.png" for name in ("grass", "horse", "moon", "motorcycle_left")),
    pictures.SAMPLES / "page.png",
    pictures.SAMPLES / "rocket.jpg",
    SKLEARN / "china.jpg",
    SKLEARN / "flower.jpg",
]


@pytest.fixture(scope="module")
def built() -> Installed:
    return install("compact", MODEL_DIR, threads=2)


@pytest.fixture(scope="module")
def model(built: Installed) -> EmbeddingModel:
    return load_model(built.folder, limits=ImageLimits(), threads=2)


@pytest.fixture(scope="module")
def photos(model: EmbeddingModel) -> Vectors:
    pixels = [model.prepare_image(photo.read_bytes()) for photo in PHOTOS]
    return np.concatenate(
        [model.embed_images(pixels[start : start + 4]) for start in range(0, len(pixels), 4)]
    )


def text(model: EmbeddingModel, words: str) -> Vectors:
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
    model: EmbeddingModel, photos: Vectors, words: str, photo: str
) -> None:
    scores = photos @ text(model, words)
    assert PHOTOS[int(scores.argmax())].stem == photo


def test_vectors_are_of_unit_length_and_texts_have_no_looks(
    model: EmbeddingModel, photos: Vectors
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
    model: EmbeddingModel, photos: Vectors, change: Callable[[Image.Image], Image.Image]
) -> None:
    changed = []
    for photo in PHOTOS:
        image = change(Image.open(photo).convert("RGB"))
        changed.append(model.prepare_image(pictures.encoded(image, "PNG")))
    scores = model.embed_images(changed) @ photos.T
    assert scores.argmax(axis=1).tolist() == list(range(len(PHOTOS)))


def test_vectors_do_not_depend_on_batch_mates(model: EmbeddingModel, photos: Vectors) -> None:
    alone = [model.embed_images([model.prepare_image(p.read_bytes())])[0] for p in PHOTOS]
    assert (np.stack(alone) * photos).sum(axis=1).min() > 0.9999
    texts = ["a cat", "many words " * 30, "rust", "a very long story about nothing " * 40]
    tokens = [model.prepare_text(words) for words in texts]
    together = model.embed_texts(tokens)
    apart = np.concatenate([model.embed_texts([one]) for one in tokens])
    assert (together * apart).sum(axis=1).min() > 0.9999


def _taken_by_a_camera(photo: Path, short_side: int) -> bytes:
    """A photograph scaled up, with the noise of a sensor, as a JPEG."""
    image = Image.open(photo).convert("RGB")
    scale = short_side / min(image.size)
    size = round(image.width * scale), round(image.height * scale)
    pixels = np.asarray(image.resize(size, Image.Resampling.LANCZOS)).astype(np.float32)
    noisy = pixels + np.random.default_rng(1).normal(0, 3, pixels.shape)
    grainy = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    return pictures.encoded(grainy, "JPEG", quality=92)


@pytest.mark.parametrize("short_side", [1300, 2160, 3000])
@pytest.mark.parametrize("photo", [PHOTOS[i] for i in (0, 2, 3, 9)], ids=lambda photo: photo.stem)
def test_large_photographs_are_shrunk_while_decoding_to_the_same_vector(
    model: EmbeddingModel, photo: Path, short_side: int
) -> None:
    data = _taken_by_a_camera(photo, short_side)
    whole = decode(data, ImageLimits()).image
    side = min(whole.size) * recipe.CROP
    left, top = (whole.width - side) / 2, (whole.height - side) / 2
    reference = np.asarray(
        whole.resize((224, 224), Image.Resampling.BICUBIC, (left, top, left + side, top + side))
    )
    ours, plain = model.embed_images([model.prepare_image(data), reference])
    assert ours @ plain >= 0.999


def test_crops_are_seen_whole_and_embedded_like_images(model: EmbeddingModel) -> None:
    left, right = (Image.open(PHOTOS[i]).convert("RGB").resize((300, 300)) for i in (2, 3))
    both = Image.new("RGB", (600, 300))
    both.paste(left, (0, 0))
    both.paste(right, (300, 0))
    crops = model.prepare_crops(pictures.encoded(both, "PNG"))
    assert len(crops.boxes) == len(crops.pixels) == 3 + 3 * 7
    assert {pixels.shape for pixels in crops.pixels} == {(224, 224, 3)}
    first, last = (crops.boxes[i] for i in (0, 2))
    assert (first.left, first.right, last.left, last.right) == (0, 0.5, 0.5, 1)
    vectors = model.embed_images([crops.pixels[0], crops.pixels[2]])
    found = vectors @ np.stack([text(model, "a cat"), text(model, "a cup of coffee")]).T
    assert found.argmax(axis=1).tolist() == [0, 1]
    expected = np.asarray(left.resize((224, 224), Image.Resampling.BICUBIC)).astype(int)
    # At the seam the filter sees the other picture.
    assert np.abs(crops.pixels[0][:, :220] - expected[:, :220]).max() <= 1


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (3000, 20)])
def test_odd_images_have_crops_and_patches(model: EmbeddingModel, size: tuple[int, int]) -> None:
    data = pictures.encoded(Image.new("RGB", size, (9, 80, 200)), "PNG")
    crops = model.prepare_crops(data)
    assert 10 <= len(crops.pixels) == len(crops.boxes) <= 32
    assert all(pixels.shape == (224, 224, 3) for pixels in crops.pixels)
    grid = model.extract_patches(model.prepare_patches(data, 64))
    assert grid.shape[:2] == tuple(4 * min(4, max(1, -(-side // min(size)))) for side in size[::-1])
    assert np.isfinite(grid).all()


@pytest.mark.parametrize(
    ("asked", "shape"), [(0, (12, 18)), (64, (4, 6)), (100, (6, 9)), (512, (32, 48))]
)
def test_patches_span_the_whole_image_at_the_asked_size(
    model: EmbeddingModel, asked: int, shape: tuple[int, int]
) -> None:
    patches = model.info.patches
    assert patches is not None
    image = pictures.picture(300, 200)
    grid = model.extract_patches(model.prepare_patches(pictures.encoded(image, "PNG"), asked))
    assert grid.shape == (*shape, patches.dimension)
    assert grid.dtype == np.float16


@pytest.mark.parametrize(
    ("scale", "shape"), [(0.5, (8, 12)), (1.0, (16, 24)), (0.01, (4, 6)), (60.0, (64, 96))]
)
def test_patches_can_be_asked_for_at_a_scale_within_what_the_model_can_work_at(
    model: EmbeddingModel, scale: float, shape: tuple[int, int]
) -> None:
    data = pictures.encoded(pictures.picture(384, 256), "PNG")
    pixels = model.prepare_patches(data, 0, scale=scale)
    assert pixels.shape == (16 * shape[0], 16 * shape[1], 3)


def test_patches_with_standard_levels_tell_little_of_exposure(model: EmbeddingModel) -> None:
    plain = Image.open(pictures.SAMPLES / "brick.png").convert("L")
    dark = plain.point(lambda level: level * 0.6 + 10)

    def grid(image: Image.Image, *, standard: bool) -> NDArray[np.float64]:
        data = pictures.encoded(image, "PNG")
        seen = model.prepare_patches(data, 0, standard_levels=standard)
        return model.extract_patches(seen).astype(float)

    apart, alike = (
        np.linalg.norm(grid(plain, standard=standard) - grid(dark, standard=standard))
        for standard in (False, True)
    )
    assert alike < 0.6 * apart


@pytest.mark.parametrize("asked", [1, 63, 1025, 4096])
def test_patches_of_a_size_out_of_bounds_are_refused(model: EmbeddingModel, asked: int) -> None:
    with pytest.raises(PatchSizeUnsupported) as raised:
        model.prepare_patches(pictures.encoded(pictures.picture(), "PNG"), asked)
    assert raised.value.metadata == {"min_size": "64", "max_size": "1024"}


def test_patches_differ_where_the_picture_does(model: EmbeddingModel) -> None:
    plain = Image.open(pictures.SAMPLES / "brick.png").convert("RGB")
    marked = plain.copy()
    marked.paste((250, 20, 20), (128, 384, 192, 448))
    one, other = (
        model.extract_patches(model.prepare_patches(pictures.encoded(image, "PNG"), 512)).astype(
            float
        )
        for image in (plain, marked)
    )
    change = np.linalg.norm(one - other, axis=-1)
    row, column = np.unravel_index(change.argmax(), change.shape)
    assert 24 <= row < 28
    assert 8 <= column < 12
    assert change[:16, 16:].max() < 0.05 * change.max()


def test_each_patch_agrees_with_torch_on_photographs(
    built: Installed, model: EmbeddingModel
) -> None:
    plain = load_model(
        built.folder, limits=ImageLimits(), threads=2, runtime="torch", precision="f32"
    )
    for photo in (PHOTOS[0], PHOTOS[1], PHOTOS[9]):
        image = model.prepare_patches(photo.read_bytes(), 128)
        ours, theirs = (one.extract_patches(image).astype(float) for one in (model, plain))
        lengths = np.linalg.norm(ours, axis=-1) * np.linalg.norm(theirs, axis=-1)
        assert ((ours * theirs).sum(axis=-1) / lengths).min() >= 0.999
        vectors = [
            one.embed_images([one.prepare_image(photo.read_bytes())]) for one in (model, plain)
        ]
        assert (vectors[0] * vectors[1]).sum() >= 0.999


def test_it_says_what_it_is(model: EmbeddingModel) -> None:
    assert model.info.modalities == (Modality.IMAGE, Modality.TEXT, Modality.PATCHES)
    assert model.info.preprocessing == recipe.RECIPE
    assert model.runtime.name.startswith(("openvino", "torch"))
    assert "image: " in model.runtime.reason
    assert "text: " in model.runtime.reason


def test_long_text_is_cut_and_says_so(model: EmbeddingModel) -> None:
    assert not model.prepare_text("word " * 254).truncated
    long = model.prepare_text("word " * 10_000)
    assert long.truncated
    assert len(long.ids) == 256
    assert model.prepare_text("猫" * 500).truncated
    assert np.allclose(
        model.embed_texts([long]), model.embed_texts([model.prepare_text("word " * 300)])
    )


@pytest.mark.parametrize("words", [" ", "\x00", "🚀", "½ × ∑", "a" * 5000])
def test_odd_texts_have_vectors(model: EmbeddingModel, words: str) -> None:
    assert np.linalg.norm(text(model, words)) == pytest.approx(1, abs=1e-5)


def test_one_pixel_is_an_image_and_broken_bytes_are_none(model: EmbeddingModel) -> None:
    pixel = model.prepare_image(pictures.encoded(Image.new("RGB", (1, 1), (200, 30, 30)), "PNG"))
    assert np.linalg.norm(model.embed_images([pixel])) == pytest.approx(1, abs=1e-5)
    with pytest.raises(ImageUnsupported):
        model.prepare_image(pictures.SVG)


def test_a_start_with_a_built_model_imports_no_torch(built: Installed) -> None:
    program = f"""
import sys
from pathlib import Path
from services.embedder.models.load import load_model
from services.imaging.decode import ImageLimits
load_model(Path({str(built.folder)!r}), limits=ImageLimits(), threads=2)
assert not {{"torch", "timm", "transformers"}} & set(sys.modules), "imported"
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("tower", ["image", "text", "patches"])
def test_a_tower_that_answers_otherwise_is_refused(
    built: Installed, tower: str, tmp_path: Path
) -> None:
    for file in built.folder.iterdir():
        (tmp_path / file.name).symlink_to(file)
    with np.load(built.folder / f"{tower}.npz") as reference:
        answers = dict(reference)
    answers["answers"] = answers["answers"][::-1]
    (tmp_path / f"{tower}.npz").unlink()
    np.savez(tmp_path / f"{tower}.npz", allow_pickle=False, **answers)

    def use() -> None:
        broken = load_model(tmp_path, limits=ImageLimits(), threads=2)
        # This one is opened when it is first used.
        broken.extract_patches(broken.prepare_patches(pictures.sample("rocket.jpg"), 0))

    with pytest.raises(ModelUnavailable, match=f"{tower} network"):
        use()
