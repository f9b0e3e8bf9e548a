"""The compact model, opened from its folder."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from services.embedder.model import (
    ModelInfo,
    Pixels,
    PreparedCrops,
    Tokens,
    Vectors,
)
from services.embedder.models.compact import recipe
from services.embedder.models.compact.tokens import SentenceTokenizer, padded
from services.embedder.models.manifest import Manifest
from services.embedder.models.patches import whole_image
from services.embedder.models.runtimes.choice import Execution
from services.embedder.models.squares import centre_square, squares
from services.embedder.models.tower_model import TowerModel
from services.imaging.decode import ImageLimits


class CompactModel(TowerModel):
    """EfficientNet-Lite0 and all-MiniLM-L6-v2 in one space of 512 dimensions.

    Args:
        folder: Of its networks.
        info: What its manifest says.
        limits: What an image may measure.
        execution: How the networks are run.

    Raises:
        ModelUnavailable: if a network does not answer as it should.
    """

    def __init__(
        self,
        folder: Path,
        info: ModelInfo,
        *,
        limits: ImageLimits,
        execution: Execution,
    ) -> None:
        super().__init__(folder, info, execution)
        self._limits = limits
        self._tokenizer = SentenceTokenizer()

    def prepare_image(self, data: bytes) -> Pixels:
        """The middle square of an image as 8-bit RGB, [224, 224, 3]."""
        return centre_square(data, self._limits, side=recipe.IMAGE_SIZE, part=recipe.CROP)

    def prepare_crops(self, data: bytes, *, tiles: bool = False) -> PreparedCrops:
        """Crops of an image as 8-bit RGB, [224, 224, 3] each; they are seen whole."""
        return squares(data, self._limits, side=recipe.IMAGE_SIZE, tiles=tiles)

    def prepare_patches(
        self, data: bytes, size: int, *, scale: float = 0.0, standard_levels: bool = False
    ) -> Pixels:
        """The whole image as 8-bit RGB, [height, width, 3], sides multiples of 16."""
        return whole_image(
            data,
            self._limits,
            recipe.PATCHES,
            size=size,
            scale=scale,
            multiple=recipe.PATCH_MULTIPLE,
            standard_levels=standard_levels,
        )

    def prepare_text(self, text: str) -> Tokens:
        """Token ids of a text."""
        return self._tokenizer(text)

    def embed_images(self, images: Sequence[Pixels], *, alone: bool = False) -> Vectors:
        """Vectors of prepared images, [n, 512]."""
        return self._image(np.stack(images), alone=alone)

    def embed_texts(self, texts: Sequence[Tokens]) -> Vectors:
        """Vectors of prepared texts, [n, 512]; the last 128 components are 0."""
        return self._towers["text"](*padded(texts))


def open(  # noqa: A001 - the name that every family gives it
    folder: Path,
    manifest: Manifest,
    *,
    limits: ImageLimits,
    execution: Execution,
) -> CompactModel:
    """Opens the model that `build` made.

    Raises:
        ModelUnavailable: if a network does not answer as it should.
    """
    return CompactModel(
        folder,
        manifest.info,
        limits=limits,
        execution=execution,
    )
