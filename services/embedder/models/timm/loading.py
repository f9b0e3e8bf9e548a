"""Loads models with `timm`. Imports torch."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch

from services.embedder.errors import ModelUnavailable
from services.embedder.models.source import LOCAL_DIR, TIMM
from services.embedder.models.timm.recipe import RECIPE
from services.embedder.models.torchvision_ops import import_torchvision


def own_network(source: str, model_dir: Path) -> tuple[Any, dict[str, Any]]:
    """The network with its pretrained weights, and its preprocessing as timm describes it.

    Args:
        source: `timm:<name>`, `timm:hf-hub:<organisation>/<name>` or `local-dir:<folder>`
            with timm's `config.json` and weights.
        model_dir: Where downloaded weights are kept.

    Raises:
        ModelUnavailable: if it is no such model, or its files cannot be had.
    """
    import_torchvision()
    import timm  # noqa: PLC0415 - imports torchvision, which must be made importable first

    name = source.removeprefix(TIMM)
    registered = ":" not in name
    if registered and not timm.is_model(name.partition(".")[0]):
        raise ModelUnavailable(
            f"the model {source!r} cannot be loaded: timm has no {name!r}; "
            "`timm.list_models(pretrained=True)` lists what it has"
        )
    # timm would go on with random weights, and say so only in its log.
    if registered and not timm.is_model_pretrained(name):
        raise ModelUnavailable(
            f"the model {source!r} cannot be loaded: timm has no pretrained weights for it"
        )
    try:
        network = timm.create_model(name, pretrained=True, cache_dir=model_dir)
    except Exception as error:
        raise ModelUnavailable(_advice(source, error)) from error
    described: Any = timm.data
    return network.eval(), dict(described.resolve_model_data_config(network))


def version(network: torch.nn.Module, preprocessing: object) -> str:
    """Digest of weights, their names and shapes, and the preprocessing; 16 hexadecimal digits."""
    digest = hashlib.sha256(RECIPE.encode())
    digest.update(json.dumps(preprocessing, sort_keys=True, default=str).encode())
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
    return digest.hexdigest()[:16]


def _advice(source: str, error: Exception) -> str:
    """What a person can do about a model that did not load."""
    begin = f"the model {source!r} cannot be loaded: "
    if source.startswith(LOCAL_DIR):
        return f"{begin}{error}. Check that the folder's config.json and weights fit each other"
    return (
        f"{begin}its files are not in the model folder, and the hub gave none "
        f"({type(error).__name__}: {str(error)[:300]}). Check the name and the connection; on a "
        "machine without a hub use `local-dir:<folder>` with timm's config.json and weights, or "
        "carry over an installed model's folder; `compact` needs no download"
    )
