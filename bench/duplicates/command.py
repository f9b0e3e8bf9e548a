"""`python -m bench duplicates`: what is found, how fast, and what limits are right."""

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np

from bench.duplicates.changes import Limits, measure
from bench.duplicates.planted import Measured, alike_case, aside, near_case
from bench.photos import photographs
from bench.report_command import progress, publish
from services.search.duplicates.limits import DEFAULT_COSINE, DEFAULT_DISTANCE

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_MEANING = Path(__file__).with_name("meaning.md")


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Runs it and prints the page, or writes it."""
    say = progress()
    say("changes of pictures")
    with tempfile.TemporaryDirectory() as folder:
        files = photographs(Path(folder) / "photos", chosen.pictures, chosen.photos)
        limits = measure(files, chosen.model, chosen.model_dir)
    # As the service has it: one thread, so that searches keep the other processors.
    os.environ |= dict.fromkeys(_ONE_THREAD, "1")
    rows = []
    for count, plain in ((chosen.plain, True), (chosen.plain, False), (chosen.hashes, False)):
        say(f"{count:,} hashes{', all with all' if plain else ''}")
        rows.append(("hashes", plain, aside(near_case, count, DEFAULT_DISTANCE, plain)))
    for count, plain in (
        (chosen.plain, True),
        (chosen.plain, False),
        *((count, False) for count in chosen.vectors),
    ):
        say(f"{count:,} vectors{', all with all' if plain else ''}")
        case = aside(alike_case, count, chosen.dimension, DEFAULT_COSINE, plain)
        rows.append(("vectors", plain, case))
    say("done")
    text = _page(limits, rows, chosen)
    publish(text, docs / "duplicates.md", write=chosen.write)


def _page(
    limits: Limits, rows: list[tuple[str, bool, Measured]], chosen: argparse.Namespace
) -> str:
    return _MEANING.read_text(encoding="utf-8").format(
        pictures=len(limits.other_distances),
        model=chosen.model,
        distance=DEFAULT_DISTANCE,
        cosine=DEFAULT_COSINE,
        dimension=chosen.dimension,
        other_distance=int(limits.other_distances.min()),
        other_cosine=f"{limits.other_cosines.max():.2f}",
        changes="\n".join(_changes(limits)),
        rows="\n".join(_cases(rows)),
    )


def _changes(limits: Limits) -> list[str]:
    return [
        f"| {one.name} | {np.median(one.distances):.0f} | {one.distances.max()} "
        f"| {(one.distances <= DEFAULT_DISTANCE).mean():.1%} "
        f"| {np.median(one.cosines):.3f} | {np.percentile(one.cosines, 5):.3f} "
        f"| {(one.cosines >= DEFAULT_COSINE).mean():.1%} |"
        for one in limits.changes
    ]


def _cases(rows: list[tuple[str, bool, Measured]]) -> list[str]:
    by_plain = {what: case for what, plain, case in rows if plain}
    said = []
    for what, plain, case in rows:
        against = by_plain[what]
        # All with all takes the square of what it takes of a part.
        whole = against.seconds * (case.count / against.count) ** 2
        ratio = "" if plain else f"1/{whole / case.seconds:,.0f}"
        how = "all with all" if plain else "as built"
        said.append(
            f"| {case.count:,} {what} | {how} | {case.seconds:,.2f} | {ratio} "
            f"| {case.memory_mib:,.0f} | {case.recall:.4f} |"
        )
    return said
