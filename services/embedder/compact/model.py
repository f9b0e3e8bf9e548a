"""The compact model."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from services.embedder.compact import probes, recipe
from services.embedder.compact.artifacts import converted
from services.embedder.compact.openvino_network import MAX_BATCH, OpenVinoNetwork, padded
from services.embedder.compact.tokens import SentenceTokenizer
from services.embedder.compact.weights import version
from services.embedder.model import ModelInfo, Pixels, Tokens, Vectors
from services.imaging.decode import ImageLimits, decode

COMPACT = "compact"


class CompactModel:
    """EfficientNet-Lite0 and all-MiniLM-L6-v2 in one space of 512 dimensions.

    Args:
        model_dir: Where the converted networks are kept.
        limits: What an image may measure.
        threads: How many threads a network may use.

    Raises:
        ModelUnavailable: if the networks cannot be made, or do not answer as they should.
    """

    def __init__(self, model_dir: Path, *, limits: ImageLimits, threads: int) -> None:
        self._info = ModelInfo(
            model=COMPACT,
            version=version(),
            dimension=recipe.DIMENSION,
            image_size=recipe.IMAGE_SIZE,
            context_length=recipe.CONTEXT_LENGTH,
            runtime="openvino",
        )
        self._limits = limits
        self._tokenizer = SentenceTokenizer()
        folder = converted(model_dir, self._info.version)
        with np.load(folder / "reference.npz") as reference:
            self._image = OpenVinoNetwork(
                folder / "image.xml",
                threads=threads,
                probes=[probes.images()],
                reference=reference["image"],
            )
            self._text = OpenVinoNetwork(
                folder / "text.xml",
                threads=threads,
                probes=padded([self._tokenizer(text) for text in probes.TEXTS]),
                reference=reference["text"],
            )

    @property
    def info(self) -> ModelInfo:
        """What model this is."""
        return self._info

    @property
    def max_batch(self) -> int:
        """Most items that `embed_*` takes at once."""
        return MAX_BATCH

    def prepare_image(self, data: bytes) -> Pixels:
        """The middle square of an image as 8-bit RGB, [224, 224, 3]."""
        wanted = 2 * round(recipe.IMAGE_SIZE / recipe.CROP)
        image = decode(data, self._limits, short_side=wanted).image
        side = min(image.size) * recipe.CROP
        left, top = (image.width - side) / 2, (image.height - side) / 2
        seen = image.resize(
            (recipe.IMAGE_SIZE, recipe.IMAGE_SIZE),
            Image.Resampling.BICUBIC,
            box=(left, top, left + side, top + side),
        )
        return np.asarray(seen)

    def prepare_text(self, text: str) -> Tokens:
        """Token ids of a text."""
        return self._tokenizer(text)

    def embed_images(self, images: Sequence[Pixels]) -> Vectors:
        """Vectors of prepared images, [n, 512]."""
        return self._image(np.stack(images))

    def embed_texts(self, texts: Sequence[Tokens]) -> Vectors:
        """Vectors of prepared texts, [n, 512]; the last 128 components are 0."""
        return self._text(*padded(texts))
