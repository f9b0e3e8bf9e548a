"""OpenCLIP models of random weights: as fast as trained ones, and no hub is needed."""

import json
from pathlib import Path

SEED = 20_260_101


def random_checkpoint(architecture: str, folder: Path) -> Path:
    """Writes an OpenCLIP model with random weights, always the same.

    Args:
        architecture: As OpenCLIP names it, such as `ViT-B-32`.
        folder: Where checkpoints are kept; nothing is done if it is there already.

    Returns:
        The model's folder, for `local-dir:`.
    """
    made = folder / f"{architecture}-random"
    config = made / "open_clip_config.json"
    if config.exists():
        return made
    import torch  # noqa: PLC0415 - takes seconds, and most runs find the checkpoint

    from services.embedder.models.torchvision_ops import import_torchvision  # noqa: PLC0415 - likewise

    import_torchvision()
    import open_clip  # noqa: PLC0415 - importable only beside a torchvision that is
    from safetensors.torch import save_file  # noqa: PLC0415 - brings torch

    torch.manual_seed(SEED)
    network = open_clip.create_model(architecture, pretrained=None)
    made.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: tensor.contiguous() for name, tensor in network.state_dict().items()},
        made / "open_clip_model.safetensors",
    )
    preprocessing = open_clip.get_model_preprocess_cfg(network)
    config.write_text(
        json.dumps(
            {
                "model_cfg": open_clip.get_model_config(architecture),
                "preprocess_cfg": {key: preprocessing[key] for key in ("mean", "std")},
            }
        )
    )
    return made
