"""What changes of a picture do to its hash and to its embedding, beside other pictures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from services.embedder.models.load import load_model
from services.embedder.models.store import install
from services.imaging.decode import ImageLimits
from services.imaging.phash import phash

THREADS = 2


def _encoded(quality: int) -> Callable[[Image.Image], Image.Image]:
    def change(picture: Image.Image) -> Image.Image:
        buffer = BytesIO()
        picture.save(buffer, "JPEG", quality=quality)
        return Image.open(buffer)

    return change


def _smaller(part: float) -> Callable[[Image.Image], Image.Image]:
    def change(picture: Image.Image) -> Image.Image:
        width, height = picture.size
        return picture.resize((max(32, round(part * width)), max(32, round(part * height))))

    return change


def _cut(part: float) -> Callable[[Image.Image], Image.Image]:
    def change(picture: Image.Image) -> Image.Image:
        width, height = picture.size
        left, top = round(width * part / 2), round(height * part / 2)
        return picture.crop((left, top, width - left, height - top))

    return change


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "encoded again, quality 80": _encoded(80),
    "encoded again, quality 40": _encoded(40),
    "half as wide and high": _smaller(0.5),
    "a quarter as wide and high": _smaller(0.25),
    "a tenth brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.1),
    "3 % cut off": _cut(0.03),
    "10 % cut off": _cut(0.10),
    "mirrored": lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}


@dataclass(frozen=True, slots=True)
class Change:
    """What one change does, [n] for each picture."""

    name: str
    distances: NDArray[np.uint8]
    cosines: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Limits:
    """What limits are chosen by.

    Attributes:
        changes: Changed pictures against their originals.
        other_distances: [n] each picture's nearest other hash.
        other_cosines: [n] each picture's nearest other embedding.
    """

    changes: list[Change]
    other_distances: NDArray[np.uint8]
    other_cosines: NDArray[np.float32]


def measure(files: list[Path], model: str, model_dir: Path) -> Limits:
    """Changes pictures and compares them."""
    built = install(model, model_dir, threads=THREADS)
    embedder = load_model(built.folder, limits=ImageLimits(), threads=THREADS)

    def embedded(pictures: Iterator[Image.Image]) -> NDArray[np.float32]:
        found = []
        for picture in pictures:
            buffer = BytesIO()
            picture.convert("RGB").save(buffer, "PNG", compress_level=1)
            found.append(embedder.embed_images([embedder.prepare_image(buffer.getvalue())])[0])
        vectors: NDArray[np.float32] = np.array(found, np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def opened() -> Iterator[Image.Image]:
        for file in files:
            with Image.open(file) as picture:
                yield picture.convert("RGB")

    originals, hashes = embedded(opened()), _hashes(opened())
    changes = []
    for name, change in CHANGES.items():
        distances = np.bitwise_count(_hashes(change(one) for one in opened()) ^ hashes)
        cosines = (embedded(change(one) for one in opened()) * originals).sum(axis=1)
        changes.append(Change(name, distances, cosines))
    between = originals @ originals.T
    np.fill_diagonal(between, -1)
    apart = np.bitwise_count(hashes[:, None] ^ hashes[None, :])
    np.fill_diagonal(apart, 64)
    return Limits(changes, apart.min(axis=1), between.max(axis=1))


def _hashes(pictures: Iterator[Image.Image]) -> NDArray[np.uint64]:
    return np.array([int(phash(picture), 16) for picture in pictures], np.uint64)
