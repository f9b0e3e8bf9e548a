"""Textures of packages with painted defects: one bank, two, and what is chosen by itself."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from bench.inspection.features import LIMITS, Features
from bench.inspection.painter import KINDS, paint
from bench.inspection.protocol import Seen, choose, learn, scores_by
from bench.inspection.tiles import Tile
from services.imaging.decode import size_of
from services.inspection.learning.bank_choice import SHORT_SIDE
from services.inspection.model import View
from services.inspection.verdict.agreement import auroc

REFERENCES = 60
TESTED = 60
HEIGHT, WIDTH = 240, 320

NAMES = ("gravel", "grass", "brick", "moon", "ihc", "coffee")


@dataclass(frozen=True)
class Surface:
    """One set."""

    name: str
    one: float
    """AUROC of painted defects with one bank."""
    two: float
    """With two."""
    chosen: int
    """Banks that AUTO comes to."""


def measure_surfaces(features: Features, say: Callable[[str], None]) -> list[Surface]:
    """Measures each texture, as it is and in changing light."""
    found = []
    for name in NAMES:
        for light in (False, True):
            found.append(_surface(name, features, light=light))
            one = found[-1]
            say(f"{one.name}: {one.one:.3f} with one bank, {one.two:.3f} with two")
    return found


def _surface(name: str, features: Features, *, light: bool) -> Surface:
    pieces = _pieces(name, REFERENCES + TESTED, light=light)
    view = View(SHORT_SIDE / float(np.median([min(size_of(one, LIMITS)) for one in pieces])))

    def seen(content: bytes) -> Seen:
        return Seen(Tile(content), features.grid(content), features.grid(content, view=view))

    references = [seen(one) for one in pieces[:REFERENCES]]
    normals = [seen(one) for one in pieces[REFERENCES:]]
    painted = [
        seen(paint(one, kind, seed))
        for seed, one in enumerate(pieces[REFERENCES:])
        for kind in list(KINDS)[seed % 2 :: 2]
    ]
    two = learn(references, view)
    areas = [auroc(scores_by(bank, normals), scores_by(bank, painted)) for bank in (two.first, two)]
    chosen = choose(references, features, view)[1].count
    return Surface(f"{name}, changing light" if light else name, areas[0], areas[1], chosen)


def _pieces(name: str, count: int, *, light: bool) -> Sequence[bytes]:
    whole = _whole(name)
    rng = np.random.default_rng(0)
    made = []
    for _ in range(count):
        top = int(rng.integers(0, whole.shape[0] - HEIGHT))
        left = int(rng.integers(0, whole.shape[1] - WIDTH))
        piece = whole[top : top + HEIGHT, left : left + WIDTH].astype(np.float32)
        piece *= rng.uniform(0.4, 1.4) if light else 1.0
        out = io.BytesIO()
        Image.fromarray(piece.clip(0, 255).astype(np.uint8)).save(out, "PNG", compress_level=1)
        made.append(out.getvalue())
    return made


def _whole(name: str) -> NDArray[np.uint8]:
    """A grey picture that pieces are cut from."""
    picture = getattr(data, "immunohistochemistry" if name == "ihc" else name)()
    return np.asarray(Image.fromarray(picture).convert("L"))
