"""The magnetic tiles, and who is a reference."""

import io
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

T = TypeVar("T")

DEFECTS = ("blowhole", "crack", "uneven")
REFERENCES = 200
PROTOCOL_SEED = 0


@dataclass(frozen=True)
class Tile:
    """One photograph."""

    content: bytes = field(repr=False)
    """The encoded image."""
    name: str = ""
    """Of its file."""
    mask: NDArray[np.bool_] | None = field(default=None, repr=False)
    """Which pixels are defective, [height, width]; None for a normal one."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        with Image.open(io.BytesIO(self.content)) as opened:
            return opened.size


@dataclass(frozen=True)
class Tiles:
    """All photographs."""

    normals: Sequence[Tile]
    """In the order of their names."""
    defects: Mapping[str, Sequence[Tile]]
    """By kind."""


def read_tiles(folder: Path) -> Tiles:
    """Reads `normal/`, and the kinds of defects with their masks.

    Raises:
        ValueError: A folder holds no photograph.
    """
    normals = [Tile(file.read_bytes(), file.name) for file in _photographs(folder / "normal")]
    defects = {
        kind: [
            Tile(file.read_bytes(), file.name, _mask(file.with_suffix(".png")))
            for file in _photographs(folder / kind)
        ]
        for kind in DEFECTS
    }
    return Tiles(normals, defects)


def split(normals: Sequence[T], seed: int) -> tuple[list[T], list[T]]:
    """Shuffles normals: references, and those that are tested.

    Seed 0 gives the protocol's.
    """
    shuffled = list(normals)
    random.Random(seed).shuffle(shuffled)
    return shuffled[:REFERENCES], shuffled[REFERENCES:]


def _photographs(folder: Path) -> list[Path]:
    found = sorted(folder.glob("*.jpg"))
    if not found:
        raise ValueError(f"there is no .jpg in {folder}")
    return found


def _mask(file: Path) -> NDArray[np.bool_]:
    with Image.open(file) as opened:
        return np.asarray(opened.convert("L")) > 127
