"""An OpenCLIP model that was built, without torch where OpenVINO runs it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from services.embedder.errors import ModelUnavailable
from services.embedder.model import (
    Pixels,
    PreparedCrops,
    Tokens,
    Vectors,
)
from services.embedder.models.manifest import Manifest
from services.embedder.models.open_clip.preparation import prepared
from services.embedder.models.open_clip.spec import Spec
from services.embedder.models.open_clip.tokens import batch, open_tokenizer
from services.embedder.models.patches import whole_image
from services.embedder.models.runtimes.choice import Execution
from services.embedder.models.squares import squares
from services.embedder.models.tower_model import TowerModel
from services.imaging.decode import ImageLimits, decode
from services.imaging.resize import enough_for


class OpenClipModel(TowerModel):
    """A pair of encoders, and perhaps the patch tokens of one.

    Args:
        folder: Where it was built.
        manifest: What is in the folder.
        limits: What an image may measure.
        execution: How the networks are run.

    Raises:
        ModelUnavailable: if files are damaged, or nothing here runs it.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        *,
        limits: ImageLimits,
        execution: Execution,
    ) -> None:
        self._limits = limits
        try:
            self._spec = Spec.read(folder)
            self._tokenizer = open_tokenizer(folder, self._spec.text, manifest.source)
        except ModelUnavailable:
            raise
        except Exception as error:
            raise ModelUnavailable(
                f"the files of {manifest.info.model} in {folder.name} are damaged ({error}); "
                "remove the model and install it anew"
            ) from error
        super().__init__(folder, manifest.info, execution)

    def prepare_image(self, data: bytes) -> Pixels:
        """The image as the model's own transform gives it, 8-bit RGB, [side, side, 3]."""
        spec = self._spec.pixels
        return prepared(decode(data, self._limits, short_side=enough_for(spec.side)).image, spec)

    def prepare_crops(self, data: bytes, *, tiles: bool = False) -> PreparedCrops:
        """The image's crops, 8-bit RGB, [side, side, 3] each."""
        return squares(data, self._limits, side=self._spec.pixels.side, tiles=tiles)

    def prepare_patches(
        self, data: bytes, size: int, *, scale: float = 0.0, standard_levels: bool = False
    ) -> Pixels:
        """The whole image squeezed to the network's square, 8-bit RGB, [side, side, 3]."""
        patches = self._info.patches
        if patches is None:
            raise ValueError(f"{self._info.model} gives no patch features")
        return whole_image(
            data,
            self._limits,
            patches,
            size=size,
            scale=scale,
            multiple=patches.stride,
            standard_levels=standard_levels,
        )

    def prepare_text(self, text: str) -> Tokens:
        """Token ids of a text."""
        return self._tokenizer(text)

    def embed_images(self, images: Sequence[Pixels], *, alone: bool = False) -> Vectors:
        """Vectors of prepared images, [n, dimension]."""
        return _unit(self._image(np.stack(images), alone=alone))

    def embed_texts(self, texts: Sequence[Tokens]) -> Vectors:
        """Vectors of prepared texts, [n, dimension]."""
        return _unit(self._towers["text"](batch([text.ids for text in texts], self._spec.text)))


def open(  # noqa: A001 - what every family calls it
    folder: Path,
    manifest: Manifest,
    *,
    limits: ImageLimits,
    execution: Execution,
) -> OpenClipModel:
    """Opens a built model; see `OpenClipModel`."""
    return OpenClipModel(folder, manifest, limits=limits, execution=execution)


def _unit(vectors: Vectors) -> Vectors:
    """Of unit length to the last digit, which 16-bit arithmetic does not give."""
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
