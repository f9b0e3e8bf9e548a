"""A timm model, opened from its folder."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from services.embedder.errors import ModalityUnsupported, ModelUnavailable
from services.embedder.model import (
    ModelInfo,
    PatchInfo,
    Pixels,
    PreparedCrops,
    Tokens,
    Vectors,
)
from services.embedder.models.manifest import Manifest
from services.embedder.models.patches import whole_image
from services.embedder.models.runtimes.choice import Execution
from services.embedder.models.squares import squares
from services.embedder.models.timm.preparation import FILTERS, prepared
from services.embedder.models.timm.spec import PixelSpec
from services.embedder.models.tower_model import TowerModel
from services.imaging.decode import ImageLimits, decode
from services.imaging.resize import enough_for


class TimmModel(TowerModel):
    """An image encoder; it reads no text.

    Args:
        folder: Of its networks.
        info: What its manifest says.
        patches: Of `info`.
        limits: What an image may measure.
        execution: How the networks are run.

    Raises:
        ModelUnavailable: if a network does not answer as it should.
    """

    def __init__(
        self,
        folder: Path,
        info: ModelInfo,
        patches: PatchInfo,
        *,
        limits: ImageLimits,
        execution: Execution,
    ) -> None:
        super().__init__(folder, info, execution)
        self._patch_info = patches
        self._limits = limits
        self._spec = PixelSpec.read(folder)

    def prepare_image(self, data: bytes) -> Pixels:
        """The middle of an image as 8-bit RGB, [side, side, 3]."""
        image = decode(data, self._limits, short_side=enough_for(self._spec.scaled_side)).image
        return prepared(image, self._spec)

    def prepare_crops(self, data: bytes, *, tiles: bool = False) -> PreparedCrops:
        """Crops of an image as 8-bit RGB, [side, side, 3] each; they are seen whole."""
        resample = FILTERS[self._spec.interpolation]
        return squares(data, self._limits, side=self._spec.side, resample=resample, tiles=tiles)

    def prepare_patches(
        self, data: bytes, size: int, *, scale: float = 0.0, standard_levels: bool = False
    ) -> Pixels:
        """The whole image squeezed to the square that the model sees, [side, side, 3]."""
        return whole_image(
            data,
            self._limits,
            self._patch_info,
            size=size,
            scale=scale,
            multiple=1,
            standard_levels=standard_levels,
        )

    def prepare_text(self, text: str) -> Tokens:
        """It reads no text."""
        raise ModalityUnsupported(
            f"{self._info.model} reads no text; {len(text)} characters were given"
        )

    def embed_images(self, images: Sequence[Pixels], *, alone: bool = False) -> Vectors:
        """Vectors of prepared images, [n, dimension]."""
        return self._image(np.stack(images), alone=alone)

    def embed_texts(self, texts: Sequence[Tokens]) -> Vectors:
        """It reads no text."""
        raise ModalityUnsupported(f"{self._info.model} reads no text; {len(texts)} were given")


def open(  # noqa: A001 - the name that every family gives it
    folder: Path,
    manifest: Manifest,
    *,
    limits: ImageLimits,
    execution: Execution,
) -> TimmModel:
    """Opens the model that `build` made.

    Raises:
        ModelUnavailable: if a network does not answer as it should.
    """
    if manifest.info.patches is None:
        raise ModelUnavailable(f"the manifest in {folder.name} is damaged; install the model anew")
    return TimmModel(
        folder,
        manifest.info,
        manifest.info.patches,
        limits=limits,
        execution=execution,
    )
