"""The port: what runs a network."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Arrays = tuple[NDArray[np.generic], ...]
"""The inputs of a network; the first axis of each is the item."""

Rows = NDArray[np.float32]
"""A network's answer, [n, …]."""


class Network(Protocol):
    """A network that is ready to run."""

    @property
    def lanes(self) -> int:
        """How many threads may call it at once."""

    def __call__(self, *inputs: NDArray[np.generic]) -> Rows:
        """Answers a batch of any size."""
