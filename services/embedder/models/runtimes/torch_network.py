"""A network run by torch, on the CPU or on a CUDA device. Imports torch."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from services.embedder.models.runtimes.candidate import Precision
from services.embedder.models.runtimes.network import Rows

CUDA_BATCHES = (1, 8, 32)
"""Batches are filled up to one of these, so that few graphs are compiled."""


class TorchNetwork:
    """One exported network; one thread at a time, others wait.

    16-bit floats are autocast: what needs 32 bits keeps them. On a CUDA device a
    graph is compiled for each of `CUDA_BATCHES`, where torch has a compiler.

    Args:
        file: The `.pt2` of the network.
        precision: Floats that it computes in.
        device: `cpu` or `cuda`.
        threads: How many threads it may use on the CPU.
    """

    def __init__(self, file: Path, *, precision: Precision, device: str, threads: int) -> None:
        torch.set_num_threads(threads)
        self._device = torch.device(device)
        self._autocast = precision == "bf16"
        self._lock = threading.Lock()
        program = torch.export.load(file)
        if device == "cuda":
            from torch.export import passes  # noqa: PLC0415 - only where there is a device

            program = passes.move_to_device_pass(program, self._device)
        module: Any = program.module()
        if self._autocast:
            _fit_for_autocast(module)
        self._module = _compiled(module) if device == "cuda" else module

    @property
    def lanes(self) -> int:
        """How many threads may call it at once."""
        return 1

    def __call__(self, *inputs: NDArray[np.generic]) -> Rows:
        """Answers a batch."""
        with (
            self._lock,
            torch.inference_mode(),
            torch.autocast(self._device.type, torch.bfloat16, enabled=self._autocast),
        ):
            count = len(inputs[0])
            rows = self._rows(count)
            tensors = [torch.tensor(np.resize(array, (rows, *array.shape[1:]))) for array in inputs]
            answer = self._module(*(tensor.to(self._device) for tensor in tensors))
            found: Rows = answer[:count].float().cpu().numpy()
            return found

    def _rows(self, count: int) -> int:
        if self._device.type == "cpu":
            return count
        return next((size for size in CUDA_BATCHES if size >= count), count)


def _fit_for_autocast(module: torch.fx.GraphModule) -> None:
    """Changes an exported graph so that autocast can run it, and run it fast.

    The export's checks of tensor types are taken out, because autocast changes
    types. Weights that autocast would make 16-bit for each call are made so
    now. Inputs of linear layers are laid out in order: of others torch would
    copy the weights for each item.
    """
    aten = torch.ops.aten
    layers = {aten.linear.default, aten.conv2d.default}
    for node in list(module.graph.nodes):
        if node.target is aten._assert_tensor_metadata.default:  # noqa: SLF001 - its name
            module.graph.erase_node(node)
        elif node.target is aten.linear.default:
            with module.graph.inserting_before(node):
                ordered = module.graph.call_function(aten.contiguous.default, (node.args[0],))
            node.replace_input_with(node.args[0], ordered)
        elif node.op == "get_attr" and all(user.target in layers for user in node.users):
            owner, _, name = node.target.rpartition(".")
            weights = getattr(module.get_submodule(owner), name)
            weights.data = weights.data.bfloat16()
    module.recompile()


def _compiled(module: Any) -> Any:  # noqa: ANN401 - torch.compile returns what it was given
    """The module with compiled graphs, one for each shape; as it is if torch has no compiler."""
    torch._dynamo.config.suppress_errors = True  # noqa: SLF001 - the documented switch to fall back
    return torch.compile(module, dynamic=False)
