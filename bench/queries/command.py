"""Mixes, unwanted examples, regions and near-duplicates, by the code that search itself uses.

The photographs show different things each, and are named for them.
"""

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps

from bench.report_command import command_line, progress, publish
from mesh.client.files import collect
from services.embedder.models.load import load_model
from services.embedder.models.store import install
from services.embedder.ports import EmbeddingModel
from services.imaging.decode import ImageLimits
from services.search.model import Region
from services.search.query import composition
from services.search.query.cropping import cropped

LIMITS = ImageLimits()
MIDDLE = Region(0.2, 0.2, 0.8, 0.8)
MIX_WEIGHTS = (0.5, 1.0, 1.5, 2.0, 3.0)
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
FIRST = 10

Rows = NDArray[np.float64]

CHANGES: dict[str, Callable[[Image.Image], tuple[Image.Image, int]]] = {
    "JPEG of quality 40": lambda one: (one, 40),
    "half the size": lambda one: (one.resize((one.width // 2, one.height // 2)), 95),
    "15 % brighter": lambda one: (ImageEnhance.Brightness(one).enhance(1.15), 95),
    "a tenth cut off": lambda one: (ImageOps.crop(one, min(one.size) // 20), 95),
    "mirrored": lambda one: (ImageOps.mirror(one), 95),
}


@dataclass(frozen=True, slots=True)
class Vectors:
    """A row of unit length for each photograph."""

    images: Rows
    middles: Rows
    words: Rows
    changed: dict[str, Rows]


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Measures, and prints or writes the page."""
    if chosen.photos is None:
        sys.exit("name a folder of photographs of different things: --photos DIR")
    say = progress()
    files = collect([chosen.photos]).files
    model = load_model(
        install(chosen.model, chosen.model_dir, threads=2, report=say).folder,
        limits=LIMITS,
        threads=1,
    )
    vectors = _embed(model, files, say)
    given = ["queries", "--photos", "DIR", "--pairs", str(chosen.pairs)]
    text = _page(vectors, chosen.model, chosen.pairs, command_line(given))
    publish(text, docs / "queries.md", write=chosen.write)


def _embed(model: EmbeddingModel, files: Sequence[Path], say: Callable[[str], None]) -> Vectors:
    def rows(images: Sequence[bytes]) -> Rows:
        found = [model.embed_images([model.prepare_image(image)])[0] for image in images]
        return np.array([composition.unit(list(map(float, one))) for one in found])

    say(f"embeds {len(files)} photographs, and each {len(CHANGES) + 1} times changed")
    contents = [file.read_bytes() for file in files]
    words = [f"a photo of a {_shown(file)}" for file in files]
    return Vectors(
        images=rows(contents),
        middles=rows([cropped(one, MIDDLE, LIMITS) for one in contents]),
        words=np.array(
            [
                composition.unit(list(map(float, model.embed_texts([model.prepare_text(text)])[0])))
                for text in words
            ]
        ),
        changed={
            name: rows([_changed(one, change) for one in contents])
            for name, change in CHANGES.items()
        },
    )


def _shown(file: Path) -> str:
    return " ".join(file.stem.split("_")[1:]) or file.stem


def _changed(image: bytes, change: Callable[[Image.Image], tuple[Image.Image, int]]) -> bytes:
    with Image.open(io.BytesIO(image)) as opened:
        made, quality = change(opened.convert("RGB"))
    out = io.BytesIO()
    made.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _page(of: Vectors, model: str, pairs: int, command: str) -> str:
    count = len(of.images)
    spread_of_images = np.mean([np.delete(row, at).std() for at, row in
                                enumerate(of.images @ of.images.T)])  # fmt: skip
    spread_of_words = (of.words @ of.images.T).std(axis=1).mean()
    others = of.images @ of.images.T - 2 * np.eye(count)
    lines = [
        "# Queries of several examples",
        "",
        (
            f"`{command}`: `{model}`, {count} photographs of different things; decision 52 says "
            "what follows."
        ),
        "",
        (
            "Cosines of a picture to the others have a standard deviation of "
            f"{spread_of_images:.3f}, those of words to all pictures {spread_of_words:.3f}. The "
            "middle of a picture (36 % of it) finds the whole first in "
            f"{_share(_places(of.middles, of.images) == 1)}, words find theirs in "
            f"{_share(_places(of.words, of.images) == 1)}."
        ),
        "",
        (
            f"Words of one picture and the middle of another, {pairs} pairs: both among the first "
            f"{FIRST}, by the weight of the words."
        ),
        "",
        "| weight | both | that of the words | that of the picture |",
        "| ---: | ---: | ---: | ---: |",
        *_mixes(of, pairs),
        "",
        (
            "A wanted example, and the nearest other picture as an unwanted one, by the strength "
            f"of the unwanted: how often that is among the first {FIRST}, and the wanted one first."
        ),
        "",
        "| wanted | unwanted | strength | unwanted seen | wanted first |",
        "| --- | --- | ---: | ---: | ---: |",
        *_unwanted(of),
        "",
        (
            "Cosines of changed pictures with the picture itself; the closest two different ones "
            f"have {others.max():.3f}."
        ),
        "",
        "| change | median | lowest tenth below |",
        "| --- | ---: | ---: |",
        *_changes(of),
    ]
    return "\n".join(lines) + "\n"


def _mixes(of: Vectors, pairs: int) -> list[str]:
    numbers = np.random.default_rng(1)
    chosen = numbers.integers(0, len(of.images), (pairs, 2))
    rows = []
    for weight in MIX_WEIGHTS:
        seen = []
        for one, other in chosen[chosen[:, 0] != chosen[:, 1]]:
            query = composition.compose(
                [of.words[one].tolist(), of.middles[other].tolist()], [weight, 1.0]
            )
            scores = of.images @ np.array(query.vector)
            seen.append((_place(scores, one) <= FIRST, _place(scores, other) <= FIRST))
        words, picture = np.array(seen).T
        rows.append(
            f"| {weight} | {_share(words & picture)} | {_share(words)} | {_share(picture)} |"
        )
    return rows


def _unwanted(of: Vectors) -> list[str]:
    rows = []
    for wanted, queries in (("picture", of.middles), ("words", of.words)):
        near = (queries @ of.images.T - 3 * np.eye(len(of.images))).argmax(axis=1)
        for unwanted, against in (("picture", of.middles), ("words", of.words)):
            for strength in STRENGTHS:
                scores = (queries - strength * against[near]) @ of.images.T
                seen = [_place(row, at) <= FIRST for row, at in zip(scores, near, strict=True)]
                first = [_place(row, at) == 1 for at, row in enumerate(scores)]
                rows.append(
                    f"| {wanted} | {unwanted} | {strength} | {_share(seen)} | {_share(first)} |"
                )
    return rows


def _changes(of: Vectors) -> list[str]:
    rows = []
    for name, changed in of.changed.items():
        cosines = (changed * of.images).sum(axis=1)
        rows.append(f"| {name} | {np.median(cosines):.3f} | {np.percentile(cosines, 10):.3f} |")
    return rows


def _places(queries: Rows, images: Rows) -> NDArray[np.int64]:
    return np.array([_place(row, at) for at, row in enumerate(queries @ images.T)])


def _place(scores: Rows, at: int) -> int:
    return int((scores > scores[at]).sum()) + 1


def _share(of: Sequence[bool] | NDArray[np.bool_]) -> str:
    return f"{100 * np.mean(of):.0f} %"
