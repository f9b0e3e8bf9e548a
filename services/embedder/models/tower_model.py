"""What the models of all families have in common: towers, opened from one folder."""

from functools import cached_property, partial
from pathlib import Path

import numpy as np

from services.embedder.model import ModelInfo, PatchGrid, Pixels, Runtime
from services.embedder.models.runtimes.choice import Execution
from services.embedder.models.runtimes.tower import Tower, describe, open_tower


class TowerModel:
    """The part of `ports.EmbeddingModel` that towers answer by themselves.

    Args:
        folder: Where it was built.
        info: What its manifest says.
        execution: How the networks are run.

    Raises:
        ModelUnavailable: if a network does not answer as it should.
    """

    def __init__(
        self,
        folder: Path,
        info: ModelInfo,
        execution: Execution,
    ) -> None:
        self._info = info
        self._open_tower = partial(
            open_tower,
            folder,
            threads=execution.threads,
            runtime=execution.runtime,
            precision=execution.precision,
        )
        names = ("image", "text") if info.context_length else ("image",)
        self._towers: dict[str, Tower] = {name: self._open_tower(name) for name in names}
        self._image = self._towers["image"]

    @property
    def info(self) -> ModelInfo:
        """What model this is."""
        return self._info

    @property
    def runtime(self) -> Runtime:
        """What runs it here, and why."""
        return describe(**self._towers)

    @property
    def max_batch(self) -> int:
        """Most items that `embed_*` takes at once."""
        return self._image.max_batch

    @property
    def lanes(self) -> int:
        """How many batches of images may run at once."""
        return self._image.lanes

    @property
    def patch_lanes(self) -> int:
        """How many images' patches may be extracted at once; 1 until the first were."""
        return self._patches.lanes if "_patches" in self.__dict__ else 1

    def extract_patches(self, image: Pixels, *, alone: bool = False) -> PatchGrid:
        """Patch features of one prepared image, [rows, columns, patch dimension]."""
        rows = self._patches(image[np.newaxis], alone=alone)[0]
        features: PatchGrid = rows.astype(np.float16)
        return features

    @cached_property
    def _patches(self) -> Tower:
        """Opened when first used: most processes never are asked for patches."""
        return self._open_tower("patches")
