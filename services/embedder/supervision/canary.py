"""Whether the model still answers as it did when it was loaded."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image

from services.embedder.errors import ModelFailed
from services.embedder.item import Embedded, Item, Kind, Priority
from services.embedder.model import Vectors
from services.embedder.ports import Embedder

AGREEMENT = 0.9999
"""Least cosine between a canary's answer and its first one."""

CALLER = "canary"
TEXT = "a yellow canary on a perch"


class Canary:
    """Embeds one drawn image and one text, again and again, and compares.

    Args:
        embedder: What embeds with the default model, past every cache; the
            canary goes the way that callers' items go.
        idle_s: Seconds since it last gave good vectors.
        every_s: For how long the last good answer, of a canary or a caller,
            proves that it works.
    """

    def __init__(self, embedder: Embedder, idle_s: Callable[[], float], *, every_s: float) -> None:
        self._embedder = embedder
        self._idle_s = idle_s
        self._every_s = every_s
        self._image = draw()
        self._first: list[Vectors] = []
        self._well = False

    async def probe(self) -> None:
        """Returns if the model gave good vectors just now, or gives them when asked.

        Raises:
            ModelFailed: if an answer differs from the first one.
            ArgusError: if there is none.
        """
        if self._well and self._idle_s() < self._every_s:
            return
        self._well = False
        image = await self._embed(Kind.IMAGE, self._image)
        now = [_vector(image)]
        if image.info.context_length:
            now.append(_vector(await self._embed(Kind.TEXT, TEXT.encode())))
        self._first = self._first or now
        cosine = min(float(a @ b) for a, b in zip(now, self._first, strict=True))
        if not cosine >= AGREEMENT:
            raise ModelFailed(f"the canary's vectors moved: cosine {cosine:.5f} to the first ones")
        self._well = True

    async def _embed(self, kind: Kind, data: bytes) -> Embedded:
        item = Item(kind, data, caller=CALLER, priority=Priority.INTERACTIVE)
        return await self._embedder.embed(item)


def _vector(embedded: Embedded) -> Vectors:
    return np.frombuffer(embedded.values, dtype="<f4")


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
