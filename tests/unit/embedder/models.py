"""Models for tests."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from services.embedder.model import ModelInfo, Pixels, Tokens, Vectors
from services.imaging.errors import ImageUnreadable

# Kept between runs: building the compact model takes half a minute.
MODEL_DIR = Path(
    os.environ.get("ARGUS_MODEL_DIR", Path(__file__).parents[3] / "build" / "test-models")
)


class LetterModel:
    """Counts letters: a vector of 26 counts, of unit length.

    `gate` closed, the model waits; `entered` tells that it does. An image of
    `#` cannot be decoded; one with `!` spoils every batch that it is in, one
    with `?` gets no unit vector.
    """

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)
        self.batches: list[list[str]] = []

    @property
    def info(self) -> ModelInfo:
        return ModelInfo("letters", "1", 26, 1, 99, "numpy")

    @property
    def max_batch(self) -> int:
        return 8

    def prepare_image(self, data: bytes) -> Pixels:
        if data == b"#":
            raise ImageUnreadable("damaged")
        return np.frombuffer(data, np.uint8)

    def prepare_text(self, text: str) -> Tokens:
        ids = np.frombuffer(text.encode(), np.uint8).astype(np.int64)
        return Tokens(ids[:99], len(ids) > 99)

    def embed_images(self, images: Sequence[Pixels]) -> Vectors:
        return self._count([image.tobytes().decode() for image in images])

    def embed_texts(self, texts: Sequence[Tokens]) -> Vectors:
        return self._count(["".join(map(chr, text.ids)) for text in texts])

    def _count(self, words: list[str]) -> Vectors:
        self.batches.append(words)
        self.entered.release()
        assert self.gate.wait(10)
        if any("!" in word for word in words):
            raise RuntimeError("spoilt")
        counts = np.array(
            [[word.count(chr(97 + letter)) for letter in range(26)] for word in words], np.float32
        )
        lengths = np.linalg.norm(counts, axis=1, keepdims=True)
        vectors: Vectors = counts / np.maximum(lengths, 1e-9)
        return vectors
