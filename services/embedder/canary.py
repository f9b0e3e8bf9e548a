"""Whether the model still answers as it did when it was loaded."""

import io

import numpy as np
from PIL import Image

from services.embedder.batcher import Batcher
from services.embedder.errors import ModelFailed

EVERY_S = 10.0
"""How long the word of the last good answer, of a canary or a caller, is taken."""

AGREEMENT = 0.9999
"""Least cosine between a canary's answer and its first one."""

TEXT = "a yellow canary on a perch"


class Canary:
    """Embeds one drawn image and one text, again and again, and compares.

    Args:
        batcher: What embeds; the canary goes the way that callers' items go.
    """

    def __init__(self, batcher: Batcher) -> None:
        self._batcher = batcher
        self._image = draw()
        self._first: np.ndarray[tuple[int, int], np.dtype[np.float32]] | None = None
        self._well = False

    async def probe(self) -> None:
        """Returns if the model gave good vectors just now, or gives them when asked.

        Raises:
            ModelFailed: if an answer differs from the first one, or is no unit vector.
        """
        if self._well and self._batcher.idle_s() < EVERY_S:
            return
        self._well = False
        image = await self._batcher.embed_image(self._image)
        text = await self._batcher.embed_text(TEXT)
        now = np.stack([image, text.vector])
        if self._first is None:
            self._first = now
        cosine = float((now * self._first).sum(axis=1).min())
        if cosine < AGREEMENT:
            raise ModelFailed(f"the canary's vectors moved: cosine {cosine:.5f} to the first ones")
        self._well = True


def draw() -> bytes:
    """A small PNG: a yellow disc over a brown bar, on a blue ground."""
    y, x = np.mgrid[0:96, 0:96]
    pixels = np.empty((96, 96, 3), dtype=np.uint8)
    pixels[:] = (90, 140, 210)
    pixels[70:78] = (110, 70, 30)
    pixels[(x - 48) ** 2 + (y - 44) ** 2 < 26**2] = (250, 220, 40)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()
