"""The backbone alone, in this process: what inspection cannot be faster than."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from bench.inspection.features import LIMITS, THREADS
from services.embedder.model import Pixels
from services.embedder.models.compact import recipe
from services.embedder.models.patches import whole_image
from services.embedder.models.runtimes.openvino_network import OpenVinoNetwork

T = TypeVar("T")


def prepare(content: bytes, size: int) -> Pixels:
    """What the network sees of an encoded image."""
    return whole_image(content, LIMITS, recipe.PATCHES, size=size, multiple=recipe.PATCH_MULTIPLE)


class Backbone:
    """The patch network in OpenVINO, once for latency and once for throughput.

    Args:
        folder: Of the model.
    """

    def __init__(self, folder: Path) -> None:
        file = folder / "patches.xml"
        self._alone = OpenVinoNetwork(file, precision="f32", threads=THREADS)
        self._busy = OpenVinoNetwork(file, precision="f32", threads=THREADS, lanes=THREADS)

    def forward_s(self, pixels: Sequence[Pixels]) -> list[float]:
        """Seconds of each forward pass, one after the other, all cores for each."""
        seconds = []
        for one in pixels:
            started = time.perf_counter()
            self._alone(one[None])
            seconds.append(time.perf_counter() - started)
        return seconds

    def per_s(self, pixels: Sequence[Pixels]) -> float:
        """Forward passes per second, a core for each."""
        return len(pixels) / _timed(lambda one: self._busy(one[None]), pixels)

    def extraction_s(self, contents: Sequence[bytes], size: int) -> float:
        """Seconds to decode images and take their features, a core for each image."""
        return _timed(lambda one: self._busy(prepare(one, size)[None]), contents)


def _timed(work: Callable[[T], object], items: Sequence[T]) -> float:
    with ThreadPoolExecutor(THREADS) as threads:
        started = time.perf_counter()
        list(threads.map(work, items))
        return time.perf_counter() - started
