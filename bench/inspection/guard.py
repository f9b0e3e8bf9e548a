"""Whether frames that show something else are told from normal ones, and what that costs."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage import data

from bench.inspection.features import Features
from bench.inspection.tiles import PROTOCOL_SEED, Tiles, split
from mesh.client.files import collect
from mesh.client.samples import sample_photographs
from services.embedder.model import PatchGrid
from services.inspection.learning.bank_learning import learn_bank
from services.inspection.verdict.judgement import judged
from services.inspection.verdict.thresholds import PValues, estimate

Picture = NDArray[np.uint8]

COUNTS = (3, 10, 30, 100)
"""Numbers of references."""
IMAGES = 130
TESTED = 12
"""Frames of each kind that are made fail."""
TARGET = 0.01
SIDE = 400
"""Of photographs, at most."""


@dataclass(frozen=True)
class GuardRow:
    """One set and one number of references."""

    kind: str
    references: int
    normals: int
    """Unseen normal images."""
    strange: int
    """Those that were called off distribution."""
    added: int
    """Those of them that the score would have passed."""
    found: Mapping[str, float]
    """Share of failing frames that were called off distribution, by what is wrong."""
    others: float
    """Share of other sets' images that were."""


def surfaces(tiles: Tiles | None, photos: Path | None) -> dict[str, list[Picture]]:
    """Sets of normal images, of every kind that must be borne with."""
    random = np.random.default_rng(0)
    gravel = _crops("gravel", random)
    made = {name: _crops(name, random) for name in ("gravel", "grass", "brick")}
    made["coffee (a scene)"] = list(_scene("coffee", random))
    made["stained tissue"] = _crops("immunohistochemistry", random)
    made["dark: gravel at 12 %"] = [_levels(0.12 * one) for one in gravel]
    made["dark: stars"] = _crops("hubble_deep_field", random)
    made["even, with noise"] = [
        _levels(150 + random.normal(0, 4) + random.normal(0, 2, (240, 320))) for _ in range(IMAGES)
    ]
    made["changing light"] = [_levels(one * np.exp(random.normal(-0.1, 0.35))) for one in gravel]
    made["changing focus"] = [
        _levels(ndimage.gaussian_filter(one.astype(np.float32), abs(random.normal(0, 1.2))))
        for one in _crops("brick", random)
    ]
    files = collect([photos]).files if photos else sample_photographs()
    made["photographs"] = [_shrunk(file) for file in files[:IMAGES]]
    if tiles is not None:
        shuffled = split(tiles.normals, PROTOCOL_SEED)
        made["magnetic tiles"] = [_opened(tile.content) for some in shuffled for tile in some]
        # By name they are in the order of exposures: references of one, parts to come of others.
        made["tiles, other exposures"] = [_opened(tile.content) for tile in tiles.normals]
    return made


def failing(frame: Picture, random: np.random.Generator) -> dict[str, Picture]:
    """What comes of a frame, by what is wrong."""
    height, width = frame.shape[:2]
    levels = frame.astype(np.float32)
    capped = levels.copy()
    capped[: round(0.75 * height)] = 0
    small = Image.fromarray(frame).resize((max(1, width // 16), max(1, height // 16)))
    made: dict[str, NDArray[np.floating]] = {
        "black": np.abs(random.normal(0, 1.5, frame.shape)),
        "white": np.full(frame.shape, 255.0),
        "grey": np.full(frame.shape, 128.0),
        "noise": random.integers(0, 256, frame.shape).astype(np.float64),
        "blurred": np.asarray(small.resize((width, height)), np.float32),
        "lens cap": capped,
        "inverted": 255 - levels,
        "a third": levels / 3,
    }
    return {name: _levels(one) for name, one in made.items()}


def measure_guard(
    features: Features, tiles: Tiles | None, photos: Path | None, say: Callable[[str], None]
) -> list[GuardRow]:
    """Measures all sets at all numbers of references that they have enough images for."""
    sets = surfaces(tiles, photos)
    grids = {kind: _grids(features, some) for kind, some in sets.items()}
    rows = []
    for kind, pictures in sets.items():
        random = np.random.default_rng(1)
        bad = [
            {name: features.grid(_png(one)) for name, one in failing(frame, random).items()}
            for frame in pictures[-TESTED:]
        ]
        others = [some[-1] for other, some in grids.items() if other != kind]
        for count in COUNTS:
            if count + TESTED <= len(pictures):
                variants = [features.variants(_png(one), count) for one in pictures[:count]]
                rows.append(_row(kind, grids[kind], variants, bad, others))
                say(f"{kind}, {count}: {rows[-1]}")
    return rows


def table(rows: Sequence[GuardRow]) -> str:
    """As Markdown."""
    names = list(rows[0].found)
    lines = [
        f"| normal images | references | false alarms added | {' | '.join(names)} | other sets |",
        f"|---|---|---|{'---|' * len(names)}---|",
    ]
    for row in rows:
        found = " | ".join(f"{row.found[name]:.0%}" for name in names)
        lines.append(
            f"| {row.kind} | {row.references} | {row.added} of {row.normals} | {found} |"
            f" {row.others:.0%} |"
        )
    normals, added = sum(row.normals for row in rows), sum(row.added for row in rows)
    lines.append(f"\nFalse alarms added in all: {added} of {normals} ({added / normals:.2%}).")
    return "\n".join(lines)


def _row(
    kind: str,
    grids: Sequence[PatchGrid],
    variants: Sequence[Sequence[PatchGrid]],
    bad: Sequence[Mapping[str, PatchGrid]],
    others: Sequence[PatchGrid],
) -> GuardRow:
    count = len(variants)
    bank = learn_bank(grids[:count], variants, [str(place) for place in range(count)])
    threshold = estimate(bank.held_out.scores, TARGET)
    p_values = PValues(np.sort(bank.held_out.scores), threshold)

    def strange(grid: PatchGrid) -> tuple[bool, bool]:
        """Whether it is off distribution, and whether that alone makes it anomalous."""
        match = bank.match(grid)
        verdict = judged(match.score, match.strangeness, p_values, threshold)
        off = verdict.off_distribution
        return off, off and match.score <= threshold.value

    normals = [strange(grid) for grid in grids[count:]]
    return GuardRow(
        kind,
        count,
        len(normals),
        sum(off for off, _ in normals),
        sum(added for _, added in normals),
        {name: float(np.mean([strange(one[name])[0] for one in bad])) for name in bad[0]},
        float(np.mean([strange(grid)[0] for grid in others])),
    )


def _grids(features: Features, pictures: Sequence[Picture]) -> list[PatchGrid]:
    return features.grids([_png(one) for one in pictures])


def _crops(name: str, random: np.random.Generator) -> list[Picture]:
    whole = getattr(data, name)()
    corners = [
        random.integers(0, (whole.shape[0] - 240, whole.shape[1] - 320)) for _ in range(IMAGES)
    ]
    return [whole[top : top + 240, left : left + 320] for top, left in corners]


def _scene(name: str, random: np.random.Generator) -> Iterator[Picture]:
    """The same thing before a camera that moves and a lamp that flickers a little."""
    whole = getattr(data, name)()
    height, width = whole.shape[0] - 24, whole.shape[1] - 24
    for _ in range(IMAGES):
        top, left = random.integers(0, 25, 2)
        seen = whole[top : top + height, left : left + width] * (1 + random.normal(0, 0.05))
        yield _levels(seen + random.normal(0, 3, seen.shape))


def _levels(values: NDArray[np.floating]) -> Picture:
    return np.asarray(values).clip(0, 255).round().astype(np.uint8)


def _shrunk(file: Path) -> Picture:
    with Image.open(file) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((SIDE, SIDE))
    return np.asarray(picture)


def _opened(content: bytes) -> Picture:
    with Image.open(io.BytesIO(content)) as opened:
        return np.asarray(opened.convert("L"))


def _png(picture: Picture) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", compress_level=1)
    return out.getvalue()
