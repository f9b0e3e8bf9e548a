"""A converted network in OpenVINO, as precise as it must be and as fast as it may be."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray

from services.embedder.errors import ModelUnavailable
from services.embedder.model import Tokens, Vectors

AGREEMENT = 0.999
"""Least cosine to the reference at which 16-bit arithmetic is taken."""

MAX_BATCH = 4
"""Larger batches are hardly faster on a CPU, take more memory, and make a text wait longer."""

LENGTH_STEP = 8
"""Texts are padded to multiples of this many tokens: a new shape costs OpenVINO milliseconds."""

_log = logging.getLogger(__name__)


class OpenVinoNetwork:
    """One compiled network.

    16-bit floats (bf16) are used where the processor computes in them and the
    answers to `probes` then agree with the reference, else 32-bit floats.

    Args:
        file: The `.xml` of the network.
        threads: How many threads it may use.
        probes: Inputs of the reference.
        reference: What torch answered to them, [n, dimension].

    Raises:
        ModelUnavailable: if the answers do not agree even in 32-bit floats.
    """

    def __init__(
        self,
        file: Path,
        *,
        threads: int,
        probes: Sequence[NDArray[np.generic]],
        reference: Vectors,
    ) -> None:
        core = openvino.Core()
        native = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        cosine = 0.0
        for precision in ("bf16", "f32") if "BF16" in native else ("f32",):
            request = _compiled(core, file, precision, threads)
            cosine = _agreement(request, probes, reference)
            _log.info("%s in %s: cosine to reference %.5f", file.stem, precision, cosine)
            if cosine >= AGREEMENT:
                self._request = request
                return
            del request  # before the next one needs the memory
        raise ModelUnavailable(
            f"{file} does not answer as it did when it was made (cosine {cosine:.4f}); "
            f"delete {file.parent} and start again to build it anew"
        )

    def __call__(self, *inputs: NDArray[np.generic]) -> Vectors:
        """Runs the network; not to be called from two threads at once."""
        return _infer(self._request, inputs)


def _compiled(
    core: openvino.Core, file: Path, precision: str, threads: int
) -> openvino.InferRequest:
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads,
        # The cores are shared with the other services.
        "ENABLE_CPU_PINNING": False,
    }
    return core.compile_model(core.read_model(file), "CPU", settings).create_infer_request()


def _agreement(
    request: openvino.InferRequest, probes: Sequence[NDArray[np.generic]], reference: Vectors
) -> float:
    """Least cosine of the answers to their reference."""
    batches = (slice(start, start + MAX_BATCH) for start in range(0, len(reference), MAX_BATCH))
    answers = [_infer(request, [probe[batch] for probe in probes]) for batch in batches]
    return float((np.concatenate(answers) * reference).sum(axis=1).min())


def _infer(request: openvino.InferRequest, inputs: Sequence[NDArray[np.generic]]) -> Vectors:
    (answer,) = request.infer(list(inputs)).values()
    # The answer lies in the request's own memory, which the next call overwrites.
    return np.array(answer, dtype=np.float32)


def padded(texts: Sequence[Tokens]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Token ids and mask of texts, [n, length], padded with zeros to one length."""
    longest = max(len(text.ids) for text in texts)
    length = -(-longest // LENGTH_STEP) * LENGTH_STEP
    ids = np.zeros((len(texts), length), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, text in enumerate(texts):
        ids[row, : len(text.ids)] = text.ids
        mask[row, : len(text.ids)] = 1
    return ids, mask
