"""What the embedder needs of a model, and what its servicer needs of everything behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from services.embedder.item import Embedded, Item
from services.embedder.model import (
    ModelInfo,
    PatchGrid,
    Pixels,
    PreparedCrops,
    Runtime,
    Tokens,
    Vectors,
)


class EmbeddingModel(Protocol):
    """Encoders of images, and perhaps of texts, into one space. Lives in a worker process.

    `prepare_*` may be called from many threads at once; `embed_images` from
    `lanes` threads at once, `extract_patches` from `patch_lanes`, `embed_texts` from one.
    What a model cannot do (`info.modalities`) it is not asked for.
    """

    @property
    def info(self) -> ModelInfo:
        """What model this is."""

    @property
    def runtime(self) -> Runtime:
        """What runs it here, and why."""

    @property
    def max_batch(self) -> int:
        """Most items that `embed_*` takes at once."""

    @property
    def lanes(self) -> int:
        """How many batches of images may run at once."""

    @property
    def patch_lanes(self) -> int:
        """How many images' patches may be extracted at once; 1 until the first were."""

    def prepare_image(self, data: bytes) -> Pixels:
        """Decodes, scales and crops an encoded image.

        Raises:
            services.imaging.errors: what is wrong with the image.
        """

    def prepare_crops(self, data: bytes, *, tiles: bool = False) -> PreparedCrops:
        """Decodes an encoded image and cuts the crops out, or the tiles (`models/crops.py`).

        Raises:
            services.imaging.errors: what is wrong with the image.
        """

    def prepare_patches(
        self, data: bytes, size: int, *, scale: float = 0.0, standard_levels: bool = False
    ) -> Pixels:
        """Decodes an encoded image and scales the whole of it, its aspect kept.

        As 8-bit RGB, [height, width, 3].

        Args:
            data: The encoded image.
            size: Shorter side in pixels; the model's own if 0.
            scale: Factor that the image is scaled by in place of that, if not 0.
            standard_levels: Whether its grey levels get the same mean and deviation as all others'.

        Raises:
            services.imaging.errors: what is wrong with the image.
            PatchSizeUnsupported: if the model cannot work at that size.
        """

    def prepare_text(self, text: str) -> Tokens:
        """Tokenizes a text of any length."""

    def embed_images(self, images: Sequence[Pixels], *, alone: bool = False) -> Vectors:
        """Embeds prepared images, [n, dimension]; a row does not depend on the others.

        Args:
            images: At most `max_batch`.
            alone: Nothing else is under way, so all cores may serve this call.
        """

    def embed_texts(self, texts: Sequence[Tokens]) -> Vectors:
        """Embeds prepared texts, [n, dimension]; a row does not depend on the others."""

    def extract_patches(self, image: Pixels, *, alone: bool = False) -> PatchGrid:
        """Patch features of one prepared image, [rows, columns, patch dimension].

        Args:
            image: What `prepare_patches` made.
            alone: Nothing else is under way, so all cores may serve this call.
        """


class Residency(StrEnum):
    """Where a model is."""

    NOT_LOADED = "not_loaded"
    LOADING = "loading"
    RESIDENT = "resident"


@dataclass(frozen=True)
class ModelStatus:
    """A model that can be asked for."""

    info: ModelInfo
    default: bool
    residency: Residency
    memory_bytes: int
    """Resident memory of its process now; what it is expected to take if it is not resident."""
    runtime: Runtime | None
    """None until it was first loaded on this machine."""


class Embedder(Protocol):
    """Embeds single items of many callers."""

    async def embed(self, item: Item) -> Embedded:
        """Embeds one item; cancelling it takes the item out wherever it waits.

        Raises:
            ModelNotFound, ModalityUnsupported, PatchSizeUnsupported: what is not here.
            services.imaging.errors: what is wrong with the image.
            Overloaded: if too much waits.
            ModelFailed, ItemCrashed: if the model gives nothing for it.
        """

    def models(self) -> Sequence[ModelStatus]:
        """Models that can be asked for, the default first."""
