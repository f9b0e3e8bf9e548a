"""Measures, and shows what came of it."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from string import Template

from bench.embedder.machine import describe_machine
from bench.goal import table
from bench.quality.collection import (
    Collection,
    by_caption,
    by_class,
    by_example,
    by_kind,
    by_mirror,
    by_region,
    of_folder,
    of_packages,
    regions,
)
from bench.quality.cost import Cost, cost
from bench.quality.labels import labels
from bench.quality.measures import Measured
from bench.quality.options import Options, options_from
from bench.quality.refusal import Asked, Rates, rates
from bench.quality.seeing import Seeing
from bench.report_command import command_line, progress, publish, refuse_a_quick_page
from services.search.meaning.model import FALSE_ALARM_RATE
from services.search.meaning.references import captions, pictures

PAGE = Path(__file__).with_name("page.md")
SIZES = (20, 50, 100, 150, 200)
DESCRIBED = "a photo of a {}"
REGION_SHARES = (0.75, 0.5)

FOUND_HEADS = ("photographs", "queries", "number", "P@1", "P@10", "nDCG@10")
WORDS_HEADS = (
    "images", "cut-off", "unrelated words above", "names of what is not there above",
    "names of what is there kept", "kept as “a photo of a …”",
    "words for a kind kept",
)  # fmt: skip
PICTURE_HEADS = ("images", "cut-off", "other photographs above", "half-size parts kept")


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Measures, and prints the page or writes it."""
    refuse_a_quick_page(chosen)
    options, say = options_from(chosen), progress()
    seeing = Seeing(options.model, options.models)
    began = time.perf_counter()
    shipped = seeing.texts(captions())
    captions_s = time.perf_counter() - began
    packages = of_packages(seeing)
    say(f"{len(packages.names)} pictures of packages")
    found = [("of packages", "words for one of them", by_caption(seeing, packages))]
    found.append(("of packages", "mirrored", by_mirror(seeing, packages)))
    found += [
        ("of packages", f"a part, {share:.0%} of each side", by_region(parts, packages))
        for share in REGION_SHARES
        for parts in [regions(seeing, packages, share)]
    ]
    refused: list[Rates] = []
    photos = of_folder(seeing, options.photos) if options.photos else packages
    named = seeing.texts(photos.names)
    parts = regions(seeing, photos, REGION_SHARES[-1])
    asked = Asked(
        captions=shipped,
        pictures=seeing.images(pictures()),
        unrelated=seeing.texts(labels().unrelated),
        named=named,
        described=seeing.texts([DESCRIBED.format(name) for name in photos.names]),
        parts=parts,
        kinds=seeing.texts([words for kind in labels().kinds for words in kind.words]),
        kind_classes=[kind.classes for kind in labels().kinds for _ in kind.words],
    )
    if options.photos:
        say(f"{len(photos.names)} photographs")
        found += _found_in_folder(seeing, photos)
        for size in (size for size in SIZES if size <= len(photos.names)):
            refused.append(
                rates(photos, asked, size, options.draws if size < len(photos.names) else 1)
            )
            say(f"cut-offs of {size} images")
    text = page_of(options, found, refused, cost(asked), captions_s)
    publish(text, docs / "quality.md", write=chosen.write)


def _found_in_folder(seeing: Seeing, photos: Collection) -> list[tuple[str, str, Measured]]:
    where = f"{len(photos.names)} of the folder"
    rows = [
        (where, "the class, “a photo of a …”", by_class(seeing, photos, DESCRIBED)),
        (where, "the class, bare", by_class(seeing, photos, "{}")),
        (where, "words for a kind", by_kind(seeing, photos)),
        (where, "one of a kind, for the others", by_example(photos)),
        (where, "mirrored", by_mirror(seeing, photos)),
    ]
    for share in REGION_SHARES:
        parts = regions(seeing, photos, share)
        rows.append((where, f"a part, {share:.0%} of each side", by_region(parts, photos)))
    return rows


def page_of(
    options: Options,
    found: Sequence[tuple[str, str, Measured]],
    refused: Sequence[Rates],
    spent: Cost,
    captions_s: float,
) -> str:
    """The page."""
    arguments = ["quality", *(["--photos", "DIR"] if options.photos else [])]
    if options.model != "compact":
        arguments += ["--model", options.model]
    return Template(PAGE.read_text(encoding="utf-8")).substitute(
        command=command_line(arguments),
        machine=describe_machine(),
        model=options.model,
        found=table(FOUND_HEADS, (_found_row(*row) for row in found)),
        words=table(WORDS_HEADS, map(_words_row, refused)),
        pictures=table(PICTURE_HEADS, map(_picture_row, refused)),
        rate=f"{FALSE_ALARM_RATE:.0%}",
        unrelated=len(labels().unrelated),
        captions=len(captions()),
        shipped=len(pictures()),
        draws=options.draws,
        captions_s=f"{captions_s:.1f}",
        read_ms=f"{spent.read_ms:.0f}",
        words_ms=f"{spent.words_ms:.0f}",
        pictures_ms=f"{spent.pictures_ms:.0f}",
    )


def _found_row(where: str, queries: str, one: Measured) -> tuple[str, ...]:
    ten = "–" if one.in_ten is None else f"{one.in_ten:.1%}"
    return (where, queries, str(one.queries), f"{one.first:.1%}", ten, f"{one.ndcg:.3f}")


def _words_row(one: Rates) -> tuple[str, ...]:
    return (
        str(one.size), f"{mean(one.words_cutoff):.3f}", _mean(one.unrelated), _mean(one.absent),
        _mean(one.named), _mean(one.described), _mean(one.kinds),
    )  # fmt: skip


def _picture_row(one: Rates) -> tuple[str, ...]:
    return (
        str(one.size),
        f"{mean(one.picture_cutoff):.3f}",
        _mean(one.other_pictures),
        _mean(one.parts),
    )


def _mean(shares: Sequence[float]) -> str:
    return f"{mean(shares):.1%}" if shares else "–"
