"""Builds an OpenCLIP model's towers. Imports torch."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from services.embedder.errors import ModelUnavailable
from services.embedder.model import ModelInfo, PatchInfo
from services.embedder.models.build import Draft
from services.embedder.models.open_clip import towers
from services.embedder.models.open_clip.convert_tokenizer import convert_tokenizer
from services.embedder.models.open_clip.loading import own_network, own_tokenizer, version
from services.embedder.models.open_clip.probes import TEXTS
from services.embedder.models.open_clip.recipe import RECIPE
from services.embedder.models.open_clip.spec import PixelSpec, Spec, TextSpec
from services.embedder.models.open_clip.tokens import batch, filled_length, open_tokenizer
from services.embedder.models.runtimes.saved import drawn_images, save_tower
from services.embedder.models.source import fingerprint, public_name

IMAGE_BATCH = 4
"""The batch in which the image network's speed counts."""

PROBE_TEXTS = [text for text in TEXTS if len(text) > 10][:8]

_log = logging.getLogger(__name__)


def build(source: str, folder: Path, *, model_dir: Path, threads: int) -> Draft:
    """Writes the towers `image`, `text` and, of a vision transformer, `patches` into a folder.

    Raises:
        ModelUnavailable: if the model cannot be had, or is of no kind that is supported.
    """
    torch.set_num_threads(threads)
    before = fingerprint(source)
    network, preprocessing = own_network(source, model_dir)
    pixels = _pixel_spec(source, preprocessing)
    short = towers.can_be_short(network)
    tokenizer = own_tokenizer(source, model_dir)
    context_length = int(tokenizer.context_length)
    text = convert_tokenizer(tokenizer, folder, context_length=context_length, short=short)
    Spec(pixels=pixels, text=text).write(folder)

    normalisation = tuple(preprocessing["mean"]), tuple(preprocessing["std"])
    many = torch.export.Dim("many", min=1, max=1024)
    image = towers.ImageTower(network, *normalisation)
    save_tower(
        folder,
        "image",
        image,
        (drawn_images(pixels.side),),
        dynamic=({0: many},),
        batch=IMAGE_BATCH,
    )
    _save_text(folder, network, text, source)
    grid = towers.patch_grid(network)
    if grid:
        save_tower(
            folder,
            "patches",
            towers.PatchTower(network, *normalisation),
            (drawn_images(pixels.side)[:4],),
            dynamic=({0: many},),
            batch=1,
        )
    info = ModelInfo(
        model=public_name(source),
        version=version(network, preprocessing),
        preprocessing=RECIPE,
        dimension=_dimension(image, pixels.side),
        image_size=pixels.side,
        context_length=context_length,
        patches=_patch_info(grid, pixels.side) if grid else None,
    )
    return Draft(info, before)


def _pixel_spec(source: str, preprocessing: dict[str, Any]) -> PixelSpec:
    size = preprocessing["size"]
    height, width = (size, size) if isinstance(size, int) else size
    if height != width:
        raise ModelUnavailable(
            f"the model {source!r} sees {width}x{height} pixels; only models that see squares work"
        )
    names = ("resize_mode", "interpolation", "fill_color")
    given = {name: preprocessing[name] for name in names if preprocessing.get(name) is not None}
    if given.get("interpolation") == "random":
        given["interpolation"] = "bicubic"  # what open_clip takes when it does not train
    return PixelSpec(side=height, **given)


def _save_text(folder: Path, network: Any, spec: TextSpec, source: str) -> None:  # noqa: ANN401 - open_clip is untyped
    """Writes the text tower; its probes are texts that fill the context to different parts."""
    tokenizer = open_tokenizer(folder, spec, source)
    ids = [tokenizer(text).ids for text in PROBE_TEXTS]
    whole = batch(ids, spec.model_copy(update={"short": False}))
    many = torch.export.Dim("many", min=1, max=1024)
    if not spec.short:
        module: nn.Module = towers.TextTower(network)
        save_tower(folder, "text", module, (whole,), dynamic=({0: many},), batch=1)
        return
    module = towers.ShortTextTower(network)
    with torch.no_grad():
        wanted = towers.TextTower(network)(torch.from_numpy(whole)).numpy()
        found = np.concatenate(
            [module(torch.from_numpy(batch([one], spec))).numpy() for one in ids]
        )
    if not np.allclose(wanted, found, atol=1e-5):
        raise ModelUnavailable("texts without what fills the context give other vectors")
    length = torch.export.Dim("length", min=2, max=filled_length(spec.context_length))
    save_tower(
        folder, "text", module, (batch(ids[:4], spec),), dynamic=({0: many, 1: length},), batch=1
    )


def _dimension(image: nn.Module, side: int) -> int:
    with torch.no_grad():
        vectors: torch.Tensor = image(torch.zeros(1, side, side, 3, dtype=torch.uint8))
    return int(vectors.shape[1])


def _patch_info(grid: tuple[int, int, int], side: int) -> PatchInfo:
    _, stride, width = grid
    return PatchInfo(dimension=width, stride=stride, size=side, min_size=side, max_size=side)
