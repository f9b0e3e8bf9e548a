"""Models for tests."""

import json
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from services.embedder.errors import ModelUnavailable, PatchSizeUnsupported
from services.embedder.model import (
    Box,
    ModelInfo,
    PatchGrid,
    PatchInfo,
    Pixels,
    PreparedCrops,
    Runtime,
    Tokens,
    Vectors,
)
from services.embedder.worker.config import WorkerConfig
from services.imaging.errors import ImageUnreadable

PATCHES = PatchInfo(dimension=1, stride=1, size=4, min_size=1, max_size=16)


class LetterModel:
    """Counts letters: a vector of 26 counts, of unit length.

    `gate` closed, the model waits; `entered` tells that it does. An image of
    `#` cannot be decoded; one with `!` spoils every batch that it is in, one
    with `?` alone gets no unit vector, one with `$` ends the process. The crops
    of an image are its letters.
    """

    def __init__(self, model: str = "letters") -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)
        self.batches: list[list[str]] = []
        self.alone: list[bool] = []
        self.lanes = 1
        self.patch_lanes = 1
        self.info = ModelInfo(model, "1", "letters/1", 26, 1, 99, PATCHES)

    @property
    def runtime(self) -> Runtime:
        return Runtime("numpy", "there is no other")

    @property
    def max_batch(self) -> int:
        return 8

    def prepare_image(self, data: bytes) -> Pixels:
        if data == b"#":
            raise ImageUnreadable("damaged")
        return np.frombuffer(data, np.uint8)

    def prepare_crops(self, data: bytes, *, tiles: bool = False) -> PreparedCrops:
        count = len(data)
        return PreparedCrops(
            tuple(np.frombuffer(data, np.uint8).reshape(-1, 1)),
            tuple(Box(index / count, 0, (index + 1) / count, 1) for index in range(count)),
        )

    def prepare_patches(
        self, data: bytes, size: int, *, scale: float = 0.0, standard_levels: bool = False
    ) -> Pixels:
        if size > PATCHES.max_size:
            raise PatchSizeUnsupported("too large")
        if scale:
            size = round(scale * len(data))
        letters = np.frombuffer(data, np.uint8)[: size or PATCHES.size]
        letters = letters[::-1] if standard_levels else letters
        return np.repeat(letters[np.newaxis, :, np.newaxis], 3, axis=2)

    def prepare_text(self, text: str) -> Tokens:
        ids = np.frombuffer(text.encode(), np.uint8).astype(np.int64)
        return Tokens(ids[:99], len(ids) > 99)

    def embed_images(self, images: Sequence[Pixels], *, alone: bool = False) -> Vectors:
        self.alone.append(alone)
        return self._count([image.tobytes().decode() for image in images])

    def embed_texts(self, texts: Sequence[Tokens]) -> Vectors:
        return self._count(["".join(map(chr, text.ids)) for text in texts])

    def extract_patches(self, image: Pixels, *, alone: bool = False) -> PatchGrid:
        self.entered.release()
        self._wait()
        return image[:, :, :1].astype(np.float16)

    def _count(self, words: list[str]) -> Vectors:
        self.batches.append(words)
        self.entered.release()
        self._wait()
        text = "".join(words)
        if "$" in text:
            os._exit(9)
        if "!" in text:
            raise RuntimeError("spoilt")
        counts = np.array(
            [[word.count(chr(97 + letter)) for letter in range(26)] for word in words], np.float32
        )
        lengths = np.linalg.norm(counts, axis=1, keepdims=True)
        vectors: Vectors = counts / np.maximum(lengths, 1e-9)
        return vectors

    def _wait(self) -> None:
        assert self.gate.wait(10)


class FolderLetterModel(LetterModel):
    """A `LetterModel` in a process of its own, spoken to through its folder.

    It waits while there is a file `closed`, and writes each batch as a line
    into `batches` before.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder.name)
        self._folder = folder

    def _wait(self) -> None:
        with (self._folder / "batches").open("a") as log:
            log.write(json.dumps(self.batches[-1]) + "\n")
        while (self._folder / "closed").exists():
            time.sleep(0.002)


def in_folder(config: WorkerConfig) -> LetterModel:
    """A worker's model; what the folder holds decides how its load ends."""
    if (config.folder / "unloadable").exists():
        raise ModelUnavailable("its weights are damaged; pull it again")
    if (config.folder / "dies").exists():
        os._exit(3)
    while (config.folder / "slow").exists():
        time.sleep(0.002)
    return FolderLetterModel(config.folder)


def read_batches(folder: Path) -> list[list[str]]:
    """What the model of a folder was given, batch by batch."""
    log = folder / "batches"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
