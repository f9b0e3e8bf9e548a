"""Builds a timm model's towers. Imports torch."""

from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError

from services.embedder.errors import ModelUnavailable
from services.embedder.model import ModelInfo, PatchInfo
from services.embedder.models.build import Draft
from services.embedder.models.runtimes.saved import drawn_images, save_tower
from services.embedder.models.source import fingerprint, public_name
from services.embedder.models.timm.loading import own_network, version
from services.embedder.models.timm.networks import ImageTower, PatchTower
from services.embedder.models.timm.recipe import RECIPE
from services.embedder.models.timm.spec import PixelSpec

IMAGE_BATCH = 4
"""The batch in which the image network's speed counts."""

IMAGE_PROBES = 4
PATCH_PROBES = 2
"""Few, because such models are slow, and their patch features large."""


def build(source: str, folder: Path, *, model_dir: Path, threads: int) -> Draft:
    """Writes the towers `image` and `patches` into a folder.

    Raises:
        ModelUnavailable: if the model cannot be had, or is of no kind that is supported.
    """
    torch.set_num_threads(threads)
    before = fingerprint(source)
    network, preprocessing = own_network(source, model_dir)
    spec = _pixel_spec(source, preprocessing)
    spec.write(folder)
    normalisation = preprocessing["mean"], preprocessing["std"]
    image, patches = ImageTower(network, *normalisation), PatchTower(network, *normalisation)
    probe = torch.zeros(1, spec.side, spec.side, 3, dtype=torch.uint8)
    try:
        with torch.no_grad():
            vector, grid = image(probe), patches(probe)
    except Exception as error:
        raise ModelUnavailable(f"the model {source!r} is of no supported kind: {error}") from error
    many = torch.export.Dim("many", min=1, max=1024)
    probes = drawn_images(spec.side)[:IMAGE_PROBES]
    save_tower(folder, "image", image, (probes,), dynamic=({0: many},), batch=IMAGE_BATCH)
    save_tower(folder, "patches", patches, (probes[:PATCH_PROBES],), dynamic=({0: many},), batch=1)
    info = ModelInfo(
        model=public_name(source),
        version=version(network, preprocessing),
        preprocessing=RECIPE,
        dimension=vector.shape[1],
        image_size=spec.side,
        context_length=0,
        patches=PatchInfo(
            dimension=grid.shape[3],
            stride=spec.side // grid.shape[1],
            size=spec.side,
            min_size=spec.side,
            max_size=spec.side,
        ),
    )
    return Draft(info, before)


def _pixel_spec(source: str, preprocessing: dict[str, Any]) -> PixelSpec:
    channels, height, width = preprocessing["input_size"]
    if channels != 3 or height != width:
        raise ModelUnavailable(
            f"the model {source!r} sees {width}x{height} pixels of {channels} channels; only "
            "models that see squares in colour work"
        )
    given = {name: preprocessing[name] for name in ("crop_pct", "crop_mode", "interpolation")}
    if given["interpolation"] == "random":
        given["interpolation"] = "bilinear"  # what timm takes when it does not train
    try:
        return PixelSpec(side=height, **given)
    except ValidationError as error:
        raise ModelUnavailable(
            f"the preprocessing of the model {source!r} is not supported: {given}"
        ) from error
