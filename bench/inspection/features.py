"""What the model makes of images, in this process."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from services.embedder.model import PatchGrid, Vectors
from services.embedder.models.load import load_model
from services.embedder.models.store import install
from services.embedder.ports import EmbeddingModel
from services.imaging.decode import ImageLimits
from services.inspection.learning.augmentation import chosen, variants
from services.inspection.model import Augmentation, View

LIMITS = ImageLimits()
MODEL = "compact"
THREADS = 2


class Features:
    """The compact model's features.

    Args:
        models: Where models are kept; it is built there if it is not.
    """

    def __init__(self, models: Path) -> None:
        self.folder = install(MODEL, models, threads=THREADS).folder
        self._model: EmbeddingModel = load_model(self.folder, limits=LIMITS, threads=THREADS)
        info = self._model.info.patches
        if info is None:
            raise ValueError(f"{MODEL} gives no patch features")
        self.default_size = info.size

    def grid(self, content: bytes, size: int = 0, view: View | None = None) -> PatchGrid:
        """Patch features of an encoded image; of the model's own size if 0, or of a view."""
        if view is None:
            return self._model.extract_patches(self._model.prepare_patches(content, size))
        seen = self._model.prepare_patches(
            content, 0, scale=view.scale, standard_levels=view.standard_levels
        )
        return self._model.extract_patches(seen)

    def grids(self, contents: Sequence[bytes], size: int = 0) -> list[PatchGrid]:
        """Patch features of encoded images."""
        return [self.grid(content, size) for content in contents]

    def variants(self, content: bytes, references: int) -> list[PatchGrid]:
        """Features of what a calibration of so many references makes of one by itself."""
        augmentation = chosen(Augmentation.AUTO, references)
        return self.grids(variants(content, augmentation, LIMITS, side=self.default_size))

    def vectors(self, contents: Sequence[bytes]) -> Vectors:
        """Vectors of whole images, of unit length, [n, d]."""
        found = [self._model.embed_images([self._model.prepare_image(one)])[0] for one in contents]
        vectors = np.asarray(found, np.float32)
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit
