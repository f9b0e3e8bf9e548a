"""Vectors of pictures and words, from the model itself, in this process."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from services.embedder.models.load import load_model
from services.embedder.models.store import install
from services.imaging.decode import ImageLimits
from services.search.meaning.reference_vectors import Vectors, unit

BATCH = 8
THREADS = 2

Change = Callable[[Image.Image], Image.Image]


class Seeing:
    """A model.

    Args:
        model: Its id.
        folder: Where models are kept.
    """

    def __init__(self, model: str, folder: Path) -> None:
        installed = install(model, folder, threads=THREADS)
        self._model = load_model(installed.folder, limits=ImageLimits(), threads=THREADS)

    def texts(self, texts: Sequence[str]) -> Vectors:
        """[n, dimension] of unit length."""
        prepared = [self._model.prepare_text(text) for text in texts]
        found = [
            self._model.embed_texts(prepared[start : start + BATCH])
            for start in range(0, len(prepared), BATCH)
        ]
        return unit(np.concatenate(found))

    def images(self, encoded: Sequence[bytes]) -> Vectors:
        """[n, dimension] of unit length."""
        found = [
            self._model.embed_images(
                [self._model.prepare_image(one) for one in encoded[start : start + BATCH]]
            )
            for start in range(0, len(encoded), BATCH)
        ]
        return unit(np.concatenate(found))


def changed(path: Path, change: Change) -> bytes:
    """A picture's file after a change, as JPEG."""
    with Image.open(path) as opened:
        picture = change(opened.convert("RGB"))
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=90)
    return content.getvalue()


def mirrored(picture: Image.Image) -> Image.Image:
    """Left and right swapped."""
    return ImageOps.mirror(picture)


def region(rng: np.random.Generator, share: float) -> Change:
    """A change to a part of so much of each side, somewhere."""

    def cut(picture: Image.Image) -> Image.Image:
        width, height = (max(16, round(share * side)) for side in picture.size)
        left = int(rng.integers(0, picture.width - width + 1))
        top = int(rng.integers(0, picture.height - height + 1))
        return picture.crop((left, top, left + width, top + height))

    return cut
