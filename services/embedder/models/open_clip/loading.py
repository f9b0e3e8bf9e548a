"""Loads OpenCLIP models and tokenizers with `open_clip`. Imports torch."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch

from services.embedder.errors import ModelUnavailable
from services.embedder.models.hub import missing_files
from services.embedder.models.open_clip.recipe import RECIPE
from services.embedder.models.source import HUB, KINDS, LOCAL_DIR, local_path
from services.embedder.models.torchvision_ops import import_torchvision


def own_network(source: str, model_dir: Path) -> tuple[Any, dict[str, Any]]:
    """The network in 32-bit floats and its preprocessing.

    Args:
        source: As `family_of` takes it.
        model_dir: Where downloaded weights are kept.

    Raises:
        ModelUnavailable: if it is no such model, or its files cannot be had.
    """
    import_torchvision()
    import open_clip  # noqa: PLC0415 - imports torchvision, which must be made importable first

    name, pretrained = _arguments(source)
    try:
        network, _ = open_clip.create_model_from_pretrained(
            name, pretrained, precision="fp32", cache_dir=str(model_dir)
        )
    except Exception as error:
        raise ModelUnavailable(_advice(source, name, pretrained, error)) from error
    return network.eval(), dict(open_clip.get_model_preprocess_cfg(network))


def own_tokenizer(source: str, model_dir: Path) -> Any:  # noqa: ANN401 - open_clip is untyped
    """The model's own tokenizer.

    Raises:
        ModelUnavailable: if its files cannot be had.
    """
    import_torchvision()
    import open_clip  # noqa: PLC0415 - as above

    name, pretrained = _arguments(source)
    try:
        return open_clip.get_tokenizer(name, cache_dir=str(model_dir))
    except Exception as error:
        raise ModelUnavailable(_advice(source, name, pretrained, error)) from error


def version(network: torch.nn.Module, preprocessing: object) -> str:
    """Digest of weights, their names and shapes, and the preprocessing; 16 hexadecimal digits."""
    digest = hashlib.sha256(RECIPE.encode())
    digest.update(json.dumps(preprocessing, sort_keys=True, default=str).encode())
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
    return digest.hexdigest()[:16]


def _arguments(source: str) -> tuple[str, str | None]:
    """What `open_clip` calls the model, and its weights if that does not tell."""
    if source.startswith((LOCAL_DIR, HUB)):
        return source, None
    name, _, pretrained = source.partition("/")
    path = local_path(source)
    return name, str(path) if path else pretrained


def _advice(source: str, name: str, pretrained: str | None, error: Exception) -> str:
    """What a person can do about a model that did not load."""
    import open_clip  # noqa: PLC0415 - as above

    begin = f"the model {source!r} cannot be loaded: "
    if source.startswith(LOCAL_DIR):
        return f"{begin}{error}. Check that the folder's configuration and weights fit each other"
    if not source.startswith(HUB):
        if name not in open_clip.list_models():
            return f"{begin}OpenCLIP has no architecture {name!r}. Write {KINDS}"
        tags = open_clip.list_pretrained_tags_by_model(name)
        if local_path(source):
            return f"{begin}{error}. Check that the checkpoint is one of {name}"
        if open_clip.get_pretrained_cfg(name, pretrained) == {}:
            known = ", ".join(tags) or "none"
            return (
                f"{begin}{pretrained!r} is no file, and no weights of {name} that OpenCLIP knows "
                f"({known})"
            )
    return begin + missing_files(error)
