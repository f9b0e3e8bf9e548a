import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from services.embedder.errors import ModalityUnsupported, ModelUnavailable, PatchSizeUnsupported
from services.embedder.model import Modality
from services.embedder.models.load import load_model
from services.embedder.models.store import install
from services.embedder.models.timm.build import build
from services.embedder.models.timm.networks import PatchTower
from services.embedder.models.timm.preparation import prepared
from services.embedder.models.timm.spec import PixelSpec
from services.embedder.models.torchvision_ops import import_torchvision
from services.embedder.ports import EmbeddingModel
from services.imaging.decode import ImageLimits
from tests.support import pictures

import_torchvision()
import timm  # noqa: E402 - imports torchvision, which must be made importable first

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

NAMES = ("chelsea.png", "coffee.png", "rocket.jpg")
PREPROCESSING: dict[str, Any] = {
    "input_size": [3, 64, 64],
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
    "crop_pct": 0.9,
    "interpolation": "bicubic",
}


def write_model(folder: Path, architecture: str, **arguments: Any) -> None:
    """A model of random weights as timm saves one to a local folder."""
    torch.manual_seed(0)
    network = timm.create_model(architecture, pretrained=False, num_classes=0, **arguments)
    config = {
        "architecture": architecture,
        "num_classes": 0,
        "num_features": network.num_features,
        "model_args": arguments,
        "pretrained_cfg": PREPROCESSING,
    }
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    save_file(network.state_dict(), folder / "model.safetensors")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("timm") / "tiny-vit"
    arguments = {"img_size": 64, "depth": 3, "embed_dim": 48, "num_heads": 3, "reg_tokens": 4}
    write_model(folder, "vit_tiny_patch16_224", **arguments)
    return folder


@pytest.fixture(scope="module")
def model(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> EmbeddingModel:
    built = install(f"local-dir:{folder}", tmp_path_factory.mktemp("models"), threads=2)
    assert built.manifest.family == "timm"
    return load_model(built.folder, limits=ImageLimits(), threads=2)


def own(folder: Path) -> tuple[Any, Any]:
    """The network and its transform, as timm alone gives them."""
    network = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    data: Any = timm.data
    return network, data.create_transform(**data.resolve_model_data_config(network))


def test_it_says_what_it_is_without_a_path(model: EmbeddingModel, folder: Path) -> None:
    info = model.info
    assert info.model == "local-dir:tiny-vit"
    assert (info.dimension, info.image_size, info.context_length) == (48, 64, 0)
    assert info.modalities == (Modality.IMAGE, Modality.PATCHES)
    assert info.patches is not None
    assert (info.patches.dimension, info.patches.stride, info.patches.size) == (48, 16, 64)
    assert len(info.version) == 16
    assert str(folder.parent) not in repr(info)


def test_it_agrees_with_plain_timm(model: EmbeddingModel, folder: Path) -> None:
    network, transform = own(folder)
    images = [Image.open(pictures.SAMPLES / name).convert("RGB") for name in NAMES]
    with torch.inference_mode():
        plain = network(torch.stack([transform(image) for image in images]))
        plain = torch.nn.functional.normalize(plain, dim=-1).numpy()
    ours = model.embed_images([model.prepare_image(pictures.sample(name)) for name in NAMES])
    assert (ours * plain).sum(axis=1).min() >= 0.999
    assert (ours[0] * plain[1]).sum() < 0.999


def test_patches_are_the_tokens_of_the_squeezed_image(model: EmbeddingModel, folder: Path) -> None:
    network, _ = own(folder)
    image = Image.open(pictures.SAMPLES / "coffee.png").convert("RGB")
    small = np.asarray(image.resize((64, 64), Image.Resampling.BICUBIC)) / 255
    scaled = (small - PREPROCESSING["mean"]) / PREPROCESSING["std"]
    with torch.inference_mode():
        pixels = torch.from_numpy(scaled).float().permute(2, 0, 1)[None]
        tokens = network.forward_features(pixels)[0, 5:].reshape(4, 4, 48).numpy()
    grid = model.extract_patches(model.prepare_patches(pictures.sample("coffee.png"), 0))
    assert grid.dtype == np.float16
    assert grid.shape == tokens.shape
    ours = grid.astype(np.float32)
    lengths = np.linalg.norm(ours, axis=-1) * np.linalg.norm(tokens, axis=-1)
    assert ((ours * tokens).sum(axis=-1) / lengths).min() >= 0.999
    with pytest.raises(PatchSizeUnsupported):
        model.prepare_patches(pictures.sample("coffee.png"), 65)


def test_vectors_do_not_depend_on_batch_mates(model: EmbeddingModel) -> None:
    pixels = [model.prepare_image(pictures.sample(name)) for name in NAMES]
    together = model.embed_images(pixels)
    apart = np.concatenate([model.embed_images([one], alone=True) for one in pixels])
    assert (together * apart).sum(axis=1).min() > 0.9999


def test_crops_and_no_text(model: EmbeddingModel) -> None:
    crops = model.prepare_crops(pictures.encoded(pictures.picture(300, 200), "PNG"))
    assert len(crops.pixels) == len(crops.boxes) == 17
    assert np.allclose(np.linalg.norm(model.embed_images(crops.pixels[:3]), axis=1), 1, atol=1e-5)
    with pytest.raises(ModalityUnsupported):
        model.prepare_text("a cat")


def test_a_convolutional_network_gives_its_last_map(tmp_path: Path) -> None:
    write_model(tmp_path / "model", "resnet10t")
    (tmp_path / "built").mkdir()
    source = f"local-dir:{tmp_path / 'model'}"
    info = build(source, tmp_path / "built", model_dir=tmp_path, threads=2).info
    with np.load(tmp_path / "built" / "patches.npz") as reference:
        assert reference["answers"].shape[1:] == (2, 2, 512)
    assert info.dimension == 512
    assert info.patches is not None
    assert (info.patches.dimension, info.patches.stride) == (512, 32)


@pytest.mark.parametrize(
    ("architecture", "arguments", "channels_last"),
    [
        ("resnet10t", {}, False),
        (
            "swin_tiny_patch4_window7_224",
            {"img_size": 64, "window_size": 2, "embed_dim": 24, "depths": [1, 1, 1, 1]},
            True,
        ),
    ],
)
def test_feature_maps_of_either_layout_become_grids(
    architecture: str, arguments: dict[str, Any], channels_last: bool
) -> None:
    torch.manual_seed(0)
    network: Any = timm.create_model(architecture, pretrained=False, **arguments).eval()
    pixels = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)
    with torch.inference_mode():
        grid = PatchTower(network, [0.5] * 3, [0.5] * 3)(pixels)
        features = network.forward_features(pixels.permute(0, 3, 1, 2) / 127.5 - 1)
    assert grid.shape[:3] == (2, 2, 2)
    row = features[1, 1, 0] if channels_last else features[1, :, 1, 0]
    assert torch.allclose(grid[1, 1, 0], row, atol=1e-4)


def test_other_weights_are_another_version(
    folder: Path, model: EmbeddingModel, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    config = json.loads((folder / "config.json").read_text())
    config["pretrained_cfg"]["mean"] = [0.5, 0.5, 0.5]
    (other / "config.json").write_text(json.dumps(config))
    (other / "model.safetensors").symlink_to(folder / "model.safetensors")
    (tmp_path / "built").mkdir()
    draft = build(f"local-dir:{other}", tmp_path / "built", model_dir=tmp_path, threads=2)
    assert draft.info.version != model.info.version


@pytest.mark.parametrize(
    "name",
    [
        "timm:no_such_model",
        "timm:vit_tiny_patch16_224.no_such_tag",
        "timm:vit_so150m_patch16_reg4_map_256",
    ],
)
def test_a_model_that_cannot_be_had_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable) as raised:
        build(name, tmp_path, model_dir=tmp_path, threads=1)
    assert name in str(raised.value)


def test_a_folder_without_weights_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text((folder / "config.json").read_text())
    (tmp_path / "built").mkdir()
    with pytest.raises(ModelUnavailable, match="local-dir"):
        build(f"local-dir:{tmp_path}", tmp_path / "built", model_dir=tmp_path, threads=1)


@pytest.mark.parametrize("size", [(300, 200), (201, 333), (64, 64), (500, 71)])
@pytest.mark.parametrize("crop_mode", ["center", "squash"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_pixels_are_those_of_its_transform(
    size: tuple[int, int], crop_mode: Any, interpolation: Any
) -> None:
    data: Any = timm.data
    transform = data.create_transform(
        (3, 64, 64), crop_pct=0.9, crop_mode=crop_mode, interpolation=interpolation, normalize=False
    )
    image = pictures.picture(*size)
    spec = PixelSpec(side=64, crop_pct=0.9, crop_mode=crop_mode, interpolation=interpolation)
    wanted = np.asarray(transform(image)).transpose(1, 2, 0).astype(int)
    assert np.abs(prepared(image, spec).astype(int) - wanted).max() <= 2
