"""Runs the simulation and shows what came of it."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from string import Template

from bench.active.marks import marks_table, measure_marks
from bench.active.options import Options, options_from
from bench.active.simulation import TARGET, Point, Simulation, split
from bench.active.surfaces import texture_parts, tile_parts
from bench.embedder.machine import describe_machine
from bench.goal import table
from bench.inspection.features import Features
from bench.inspection.tiles import read_tiles
from bench.report_command import command_line, progress, publish, refuse_a_quick_page

PAGE = Path(__file__).with_name("page.md")

Runs = Sequence[Sequence[Point]]
"""Points by number of corrections, of each split."""

HEADS = (
    "corrections", "missed, queue", "missed, random", "false alarms, queue",
    "false alarms, random", "AUROC, queue", "AUROC, random", "defects judged", "heads kept",
)  # fmt: skip


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Simulates, and prints the page or writes it."""
    refuse_a_quick_page(chosen)
    options, say = options_from(chosen), progress()
    features = Features(options.models)
    parts = (
        tile_parts(read_tiles(options.tiles), features)
        if options.tiles
        else (texture_parts(features))
    )
    say(f"features of {len(parts)} parts")
    if chosen.marks:
        print(marks_table(measure_marks(parts, options.references, options.splits, say)))
        return
    by_queue, at_random = (
        [
            Simulation(split(parts, options.references, seed), queue, seed).run(
                options.rounds, options.corrections, say
            )
            for seed in range(options.splits)
        ]
        for queue in (True, False)
    )
    publish(page_of(options, by_queue, at_random), docs / "active-learning.md", write=chosen.write)


def page_of(options: Options, by_queue: Runs, at_random: Runs) -> str:
    """The page."""
    arguments = ["active", *(["--tiles", "DIR"] if options.tiles else ["--textures"])]
    return Template(PAGE.read_text(encoding="utf-8")).substitute(
        command=command_line(arguments),
        what="magnetic tiles" if options.tiles else "textures with painted defects",
        references=options.references,
        corrections=options.corrections,
        splits=options.splits,
        target=f"{TARGET:.0%}",
        table=table(HEADS, rows(by_queue, at_random)),
        machine=describe_machine(),
    )


def rows(by_queue: Runs, at_random: Runs) -> list[tuple[str, ...]]:
    """A row for each version: means over splits, and their deviation where there are several."""
    return [
        (
            str(queue[0].corrections),
            *(
                cell
                for name in ("missed", "false_alarms", "auroc")
                for cell in (_cell(queue, name), _cell(others, name))
            ),
            " / ".join(f"{mean(one.defects_judged for one in o):.0f}" for o in (queue, others)),
            f"{sum(one.head for one in queue)} / {sum(one.head for one in others)}",
        )
        for queue, others in zip(
            zip(*by_queue, strict=True), zip(*at_random, strict=True), strict=True
        )
    ]


def _cell(points: Sequence[Point], name: str) -> str:
    values = [float(getattr(one, name)) for one in points]
    spread = stdev(values) if len(values) > 1 else 0.0
    if name == "auroc":
        return f"{mean(values):.3f} ± {spread:.3f}"
    return f"{mean(values):.1%} ± {spread:.1%}"
