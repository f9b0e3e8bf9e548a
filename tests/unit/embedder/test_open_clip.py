import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from services.embedder.errors import ModelUnavailable
from services.embedder.models import load_model
from services.embedder.ports import EmbeddingModel
from services.embedder.torchvision_ops import import_torchvision
from services.imaging.decode import ImageLimits
from tests.unit.imaging import files

import_torchvision()
import open_clip  # noqa: E402 - imports torchvision, which must be made importable first

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

CONFIG: dict[str, Any] = {
    "model_cfg": {
        "embed_dim": 48,
        "vision_cfg": {"image_size": 64, "layers": 2, "width": 64, "patch_size": 16},
        "text_cfg": {
            "context_length": 77,
            "vocab_size": 49408,
            "width": 64,
            "heads": 2,
            "layers": 2,
        },
    },
    "preprocess_cfg": {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.25]},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny-clip")
    torch.manual_seed(0)
    network = open_clip.CLIP(**CONFIG["model_cfg"])
    save_file(network.state_dict(), folder / "open_clip_model.safetensors")
    (folder / "open_clip_config.json").write_text(json.dumps(CONFIG))
    return folder


@pytest.fixture(scope="module")
def model(folder: Path) -> EmbeddingModel:
    return load_model(f"local-dir:{folder}", folder, limits=ImageLimits(), threads=2)


def test_it_says_what_it_is_without_a_path(model: EmbeddingModel, folder: Path) -> None:
    info = model.info
    assert (info.dimension, info.image_size, info.context_length) == (48, 64, 77)
    assert info.model == f"local-dir:{folder.name}"
    assert info.runtime == "torch"
    assert len(info.version) == 16


def test_it_agrees_with_plain_open_clip(model: EmbeddingModel, folder: Path) -> None:
    network, transform = open_clip.create_model_from_pretrained(f"local-dir:{folder}")
    tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")
    network.eval()
    names = ["chelsea.png", "coffee.png", "astronaut.png", "rocket.jpg"]
    texts = ["a cat", "a cup of coffee", "an astronaut " * 50, "rocket"]
    with torch.inference_mode():
        images = torch.stack(
            [transform(Image.open(files.SAMPLES / n).convert("RGB")) for n in names]
        )
        plain_images = network.encode_image(images, normalize=True).numpy()
        plain_texts = network.encode_text(tokenizer(texts), normalize=True).numpy()
    ours = model.embed_images([model.prepare_image(files.sample(name)) for name in names])
    assert (ours * plain_images).sum(axis=1).min() > 0.999
    ours = model.embed_texts([model.prepare_text(text) for text in texts])
    assert (ours * plain_texts).sum(axis=1).min() > 0.9999


def test_long_text_is_cut_and_says_so(model: EmbeddingModel) -> None:
    assert not model.prepare_text("cat " * 75).truncated
    assert model.prepare_text("cat " * 76).truncated
    assert model.prepare_text("cat " * 100_000).truncated


def test_other_weights_or_preprocessing_are_another_version(
    model: EmbeddingModel, folder: Path, tmp_path: Path
) -> None:
    weights = folder / "open_clip_model.safetensors"
    (tmp_path / weights.name).symlink_to(weights)
    other = CONFIG | {"preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}}
    (tmp_path / "open_clip_config.json").write_text(json.dumps(other))
    changed = load_model(f"local-dir:{tmp_path}", tmp_path, limits=ImageLimits(), threads=2)
    same = load_model(f"local-dir:{folder}", tmp_path, limits=ImageLimits(), threads=2)
    assert changed.info.version != model.info.version == same.info.version


@pytest.mark.parametrize(
    "name", ["no-such-arch/laion2b", "justaname", "ViT-B-32/no-such-tag", "local-dir:/nowhere", "/"]
)
def test_a_model_that_cannot_be_had_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable) as raised:
        load_model(name, tmp_path, limits=ImageLimits(), threads=1)
    assert name in str(raised.value)


def test_vectors_do_not_depend_on_batch_mates(model: EmbeddingModel) -> None:
    pixels = [model.prepare_image(files.sample(n)) for n in ("chelsea.png", "coffee.png")]
    together = model.embed_images(pixels)
    apart = np.concatenate([model.embed_images([one]) for one in pixels])
    assert (together * apart).sum(axis=1).min() > 0.9999


def test_torchvision_is_importable_whatever_torch_is_beside_it() -> None:
    program = """
from services.embedder.torchvision_ops import import_torchvision
import_torchvision()
import torchvision
from torchvision.transforms import Resize
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
