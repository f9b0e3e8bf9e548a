import threading
from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest

from bench.embedder.arrangements import arrangements, run_loops, run_pipeline
from services.embedder.model import Pixels, Vectors
from services.imaging.errors import ImageUnreadable


class Lengths:
    """Embeds an image as its number of bytes, and remembers what it embedded."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self.batches: list[list[int]] = []
        self._lock = threading.Lock()

    def prepare_image(self, data: bytes) -> Pixels:
        if not data:
            raise ImageUnreadable("no bytes")
        return np.array(len(data))

    def embed_images(self, images: Sequence[Pixels], *, alone: bool = False) -> Vectors:
        with self._lock:
            self.batches.append([int(image) for image in images])
        return np.array(images, np.float32)


class Taken:
    def __init__(self, count: int) -> None:
        self._lock = threading.Lock()
        self._left = list(range(count))

    def __call__(self, most: int) -> range:
        with self._lock:
            taken, self._left = self._left[:most], self._left[most:]
        return range(taken[0], taken[-1] + 1) if taken else range(0)


@pytest.mark.parametrize("lanes", [1, 2])
@pytest.mark.parametrize("pipelined", [False, True])
def test_every_image_is_embedded_once_in_batches(lanes: int, pipelined: bool) -> None:
    model, images = Lengths(lanes), [bytes(length) for length in range(1, 24)]

    if pipelined:
        run_pipeline(model, images, Taken(23), 4, preparers=3)
    else:
        run_loops(model, images, Taken(23), 4)

    assert sorted(length for batch in model.batches for length in batch) == list(range(1, 24))
    assert max(map(len, model.batches)) == 4


@pytest.mark.parametrize("pipelined", [False, True])
def test_a_failure_ends_the_pass_and_is_raised(pipelined: bool) -> None:
    run = partial(run_pipeline, preparers=1) if pipelined else run_loops
    images = [b"x", b"", *[b"x"] * 20]

    with pytest.raises(ImageUnreadable):
        run(Lengths(1), images, Taken(22), 1)


def test_a_network_that_fails_ends_the_pipeline_and_is_raised() -> None:
    class Failing(Lengths):
        def embed_images(self, images: Sequence[Pixels], *, alone: bool = False) -> Vectors:
            raise RuntimeError("no vector")

    with pytest.raises(RuntimeError, match="no vector"):
        run_pipeline(Failing(1), [b"x"] * 40, Taken(40), 1, preparers=2)


def test_no_arrangement_exceeds_the_models_batch() -> None:
    tried = arrangements(cores=2, max_batch=2)

    assert {one.batch for one in tried} == {1, 2}
    assert len({one.name for one in tried}) == len(tried)
