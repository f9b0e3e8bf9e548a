"""Builds the compact model's networks from the weights in packages. Imports torch."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from services.embedder.model import ModelInfo
from services.embedder.models.build import Draft
from services.embedder.models.compact import probes, recipe
from services.embedder.models.compact.backbone import trained_backbone
from services.embedder.models.compact.networks import ImageNetwork, TextNetwork
from services.embedder.models.compact.patch_network import PatchNetwork
from services.embedder.models.compact.tokens import SentenceTokenizer, padded
from services.embedder.models.compact.weights import text_files, version
from services.embedder.models.patches import MAX_SIDE
from services.embedder.models.runtimes.saved import drawn_images, save_tower

IMAGE_BATCH = 4
"""The batch in which the image network's speed counts."""

EXACT_CONVOLUTIONS = 18
"""Where images are large and channels few a rounded weight counts most; of these the first
depthwise one makes half of the network's error in bf16 (decision 9)."""


def build(source: str, folder: Path, *, model_dir: Path, threads: int) -> Draft:
    """Writes the towers `image`, `text` and `patches` into a folder."""
    del model_dir, source  # nothing is downloaded, and there is one such model
    torch.set_num_threads(threads)
    tokenizer = SentenceTokenizer()
    with torch.no_grad():
        text = _text_network()
        backbone = trained_backbone()
        image = ImageNetwork(backbone, _class_vectors(backbone, text, tokenizer))
    _save_image(folder, image)
    _save_text(folder, text, tokenizer)
    _save_patches(folder, PatchNetwork(backbone))
    digest = version()
    info = ModelInfo(
        model=recipe.MODEL,
        version=digest,
        preprocessing=recipe.RECIPE,
        dimension=recipe.DIMENSION,
        image_size=recipe.IMAGE_SIZE,
        context_length=recipe.CONTEXT_LENGTH,
        patches=recipe.PATCHES,
    )
    return Draft(info, fingerprint=digest)


def _text_network() -> TextNetwork:
    """all-MiniLM-L6-v2."""
    files = text_files()
    config = json.loads((files / "config.json").read_text())
    return TextNetwork(
        load_file(files / "model.safetensors"),
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        epsilon=config["layer_norm_eps"],
    ).eval()


def _class_vectors(
    backbone: Any,  # noqa: ANN401 - timm is untyped
    text: TextNetwork,
    tokenizer: SentenceTokenizer,
) -> torch.Tensor:
    """What the sentence encoder makes of the classes' names, [classes, 384]."""
    from timm.data.imagenet_info import ImageNetInfo  # noqa: PLC0415 - as for `timm` above

    labels = ImageNetInfo("imagenet-1k")
    vectors = []
    for index in range(backbone.classifier.out_features):
        name = labels.index_to_description(index).split(",")[0]
        ids, mask = padded([tokenizer(form.format(name)) for form in recipe.CLASS_TEXTS])
        embedded = text(torch.from_numpy(ids), torch.from_numpy(mask))
        vectors.append(embedded[:, : recipe.SEMANTIC_DIMENSION].mean(0))
    return torch.nn.functional.normalize(torch.stack(vectors), dim=-1)


def _save_image(folder: Path, network: ImageNetwork) -> None:
    many = torch.export.Dim("many", min=1, max=1024)
    save_tower(
        folder,
        "image",
        network,
        (drawn_images(recipe.IMAGE_SIZE),),
        dynamic=({0: many},),
        batch=IMAGE_BATCH,
        half_weights=False,
        exact_convolutions=EXACT_CONVOLUTIONS,
    )


def _save_text(folder: Path, network: TextNetwork, tokenizer: SentenceTokenizer) -> None:
    many = torch.export.Dim("many", min=1, max=1024)
    length = torch.export.Dim("length", min=2, max=recipe.CONTEXT_LENGTH)
    save_tower(
        folder,
        "text",
        network,
        padded([tokenizer(probe) for probe in probes.TEXTS]),
        dynamic=({0: many, 1: length}, {0: many, 1: length}),
        batch=1,
    )


def _save_patches(folder: Path, network: PatchNetwork) -> None:
    many = torch.export.Dim("many", min=1, max=64)
    most = MAX_SIDE // recipe.PATCH_MULTIPLE
    rows, columns = (torch.export.Dim(name, min=2, max=most) for name in ("rows", "columns"))
    save_tower(
        folder,
        "patches",
        network,
        (drawn_images(recipe.PATCHES.size),),
        dynamic=({0: many, 1: recipe.PATCH_MULTIPLE * rows, 2: recipe.PATCH_MULTIPLE * columns},),
        batch=1,
        half_weights=False,
    )
