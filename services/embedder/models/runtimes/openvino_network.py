"""A network compiled by OpenVINO for the CPU."""

import queue
from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray

from services.embedder.models.runtimes.candidate import Precision
from services.embedder.models.runtimes.network import Rows

COPIES_BYTES = 256 * 2**20
"""Each lane of a network has a copy of it if all copies' weights take no more than this."""


class OpenVinoNetwork:
    """One network, compiled; `lanes` threads may call it at once.

    A lane that has a copy of its own runs on the thread that calls it. OpenVINO's
    own lanes (streams) share their weights, but have threads to which each
    batch is handed, and while two are awake for one batch a core may be idle.

    Args:
        file: The `.xml` of the network.
        precision: Floats that it computes in.
        threads: How many threads it may use in all.
        lanes: How many batches run at once, each with its share of the threads.
    """

    def __init__(self, file: Path, *, precision: Precision, threads: int, lanes: int = 1) -> None:
        core = openvino.Core()
        network = core.read_model(file)
        weights = file.with_suffix(".bin").stat().st_size
        copies = lanes if lanes * weights <= COPIES_BYTES else 1
        settings: dict[str, str | int | bool] = {
            "INFERENCE_PRECISION_HINT": precision,
            "INFERENCE_NUM_THREADS": max(1, threads // copies),
            # The cores are shared with the other services.
            "ENABLE_CPU_PINNING": False,
        }
        streams = lanes // copies
        settings |= {"NUM_STREAMS": streams} if streams > 1 else {"PERFORMANCE_HINT": "LATENCY"}
        self._lanes = lanes
        self._requests: queue.SimpleQueue[openvino.InferRequest] = queue.SimpleQueue()
        for _ in range(copies):
            compiled = core.compile_model(network, "CPU", settings)
            for _ in range(streams):
                self._requests.put(compiled.create_infer_request())

    @property
    def lanes(self) -> int:
        """How many threads may call it at once; more wait."""
        return self._lanes

    def __call__(self, *inputs: NDArray[np.generic]) -> Rows:
        """Answers a batch."""
        request = self._requests.get()
        try:
            (answer,) = request.infer(list(inputs), share_inputs=True, share_outputs=True).values()
            # The answer lies in the request's own memory, which the next call overwrites.
            return np.array(answer, dtype=np.float32)
        finally:
            self._requests.put(request)


def bf16_native() -> bool:
    """Whether this processor computes in 16-bit floats."""
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
