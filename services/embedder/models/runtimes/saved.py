"""Writes a tower into a model's folder. Imports torch; for the process that builds a model."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import torch
from numpy.typing import NDArray
from torch import nn

from services.embedder.models.runtimes.exact import keep_exact
from services.embedder.models.runtimes.network import Arrays
from services.embedder.models.runtimes.reference import PROBE_BATCH, Reference


def save_tower(
    folder: Path,
    tower: str,
    module: nn.Module,
    probes: Arrays,
    *,
    dynamic: Sequence[Mapping[int, Any]],
    batch: int,
    half_weights: bool = True,
    exact_convolutions: int = 0,
) -> None:
    """Writes a network for every runtime, and its reference answers.

    Args:
        folder: The model's.
        tower: Its name, such as `image`.
        module: Inputs to one tensor of vectors along its last axis; in evaluation mode.
        probes: Drawn inputs, [n, …] each with n ≥ 2; also show their types and fixed axes.
        dynamic: For each input, axis to `torch.export.Dim`; the first axis among them.
        batch: The batch in which its speed counts: 1 where a person waits for one item.
        half_weights: OpenVINO's file keeps weights in 16 bits (f16); it computes in others.
        exact_convolutions: So many first ones, and what is before them, OpenVINO computes in
            32-bit floats even where it computes the rest in 16 bits (bf16).
    """
    module = module.eval()
    tensors = tuple(torch.from_numpy(array) for array in probes)
    with torch.no_grad():
        answers = [
            module(*(tensor[start : start + PROBE_BATCH] for tensor in tensors)).float()
            for start in range(0, len(tensors[0]), PROBE_BATCH)
        ]
        program = torch.export.export(
            module, tensors, dynamic_shapes=tuple(dict(axes) for axes in dynamic), strict=False
        )
    Reference(probes, torch.cat(answers).numpy(), batch).write(folder, tower)
    torch.export.save(program, folder / f"{tower}.pt2")
    network = openvino.convert_model(program)
    shapes = [
        [-1 if axis in axes else size for axis, size in enumerate(array.shape)]
        for array, axes in zip(probes, dynamic, strict=True)
    ]
    network.reshape(dict(zip(network.inputs, shapes, strict=True)))
    openvino.save_model(network, folder / f"{tower}.xml", compress_to_fp16=half_weights)
    if exact_convolutions:
        keep_exact(folder / f"{tower}.xml", convolutions=exact_convolutions)


def drawn_images(side: int) -> NDArray[np.uint8]:
    """Stripes, blobs and noise of growing fineness, the same everywhere, [8, side, side, 3]."""
    y, x = np.mgrid[0:side, 0:side] / side
    random = np.random.default_rng(7)
    drawn = []
    for index in range(4):
        turns = 2.0 ** (index + 1)
        waves = [
            np.sin(2 * np.pi * turns * (x * np.cos(angle) + y * np.sin(angle)) + angle)
            for angle in (0.3 + index, 1.1 + index, 2.0 + index)
        ]
        drawn.append(np.stack(waves, axis=-1) * 100 + 128)
        cells = random.uniform(0, 255, (2 ** (index + 2), 2 ** (index + 2), 3))
        where = (np.arange(side) * cells.shape[0]) // side
        drawn.append(cells[where][:, where])
    pixels: NDArray[np.uint8] = np.clip(np.stack(drawn), 0, 255).astype(np.uint8)
    return pixels
