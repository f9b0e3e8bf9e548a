"""A tiny OpenCLIP model with random weights, in a folder as `local-dir:` takes it."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from services.embedder.models.torchvision_ops import import_torchvision

import_torchvision()
import open_clip as open_clip  # noqa: E402, PLC0414 - imports torchvision, which must be made importable first; others take it from here

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


def write_tiny_clip(folder: Path) -> str:
    """Writes the model and gives its id."""
    folder.mkdir(exist_ok=True)
    torch.manual_seed(0)
    network = open_clip.CLIP(**CONFIG["model_cfg"])
    save_file(network.state_dict(), folder / "open_clip_model.safetensors")
    (folder / "open_clip_config.json").write_text(json.dumps(CONFIG))
    return f"local-dir:{folder}"
