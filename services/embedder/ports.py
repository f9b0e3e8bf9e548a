"""What the embedder needs of a model."""

from collections.abc import Sequence
from typing import Protocol

from services.embedder.model import ModelInfo, Pixels, Tokens, Vectors


class EmbeddingModel(Protocol):
    """A pair of image and text encoders into one space.

    `prepare_*` may be called from many threads at once, `embed_*` from one.
    """

    @property
    def info(self) -> ModelInfo:
        """What model this is."""

    @property
    def max_batch(self) -> int:
        """Most items that `embed_*` takes at once."""

    def prepare_image(self, data: bytes) -> Pixels:
        """Decodes, scales and crops an encoded image.

        Raises:
            services.imaging.errors: what is wrong with the image.
        """

    def prepare_text(self, text: str) -> Tokens:
        """Tokenizes a text of any length."""

    def embed_images(self, images: Sequence[Pixels]) -> Vectors:
        """Embeds prepared images, [n, dimension]; a row does not depend on the others."""

    def embed_texts(self, texts: Sequence[Tokens]) -> Vectors:
        """Embeds prepared texts, [n, dimension]; a row does not depend on the others."""
