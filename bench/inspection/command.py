"""Runs the benchmark and shows what came of it."""

import argparse
import shlex
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.embedder.machine import describe_machine
from bench.inspection.features import Features
from bench.inspection.goals import goals
from bench.inspection.guard import measure_guard, table
from bench.inspection.line import line_of
from bench.inspection.options import options_from
from bench.inspection.quality import measure_quality
from bench.inspection.report import GOALS, markdown
from bench.inspection.results import Results
from bench.inspection.seen import measure_seen, seen_table
from bench.inspection.speed import SpeedRun
from bench.inspection.tiles import read_tiles


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Measures, prints the goals, and writes `docs/inspection.md` if that was asked for."""
    if chosen.write and chosen.quick:
        sys.exit("--quick is a try; what it measures is not worth writing down")
    options = options_from(chosen)
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {text}", file=sys.stderr, flush=True)

    tiles = read_tiles(options.tiles) if options.tiles else None
    features = Features(options.models)
    if chosen.guard:
        print(table(measure_guard(features, tiles, options.photos, say)))
        return
    if chosen.seen:
        print(seen_table(measure_seen(features, tiles, say)))
        return
    line = line_of(tiles, options.references)
    speed = SpeedRun(line, features.folder, options, say).run()
    quality = None
    if tiles is not None:
        quality = measure_quality(
            tiles,
            features,
            photos=options.photos,
            splits=options.splits,
            ablation=options.ablation,
            say=say,
        )
    results = Results(line.what, speed, quality, time.monotonic() - began)
    shown = Table(*GOALS)
    for goal in goals(results):
        what, measured, wanted, verdict, detail = goal.cells
        bare = verdict.strip("*")
        colour = {"reached": "green", "missed": "red"}.get(bare, "default")
        shown.add_row(what, measured, wanted, f"[{colour}]{bare}[/]", detail)
    Console().print(shown)
    arguments = ["inspection", *(["--tiles", "DIR"] if tiles else [])]
    arguments += ["--photos", "DIR"] if options.photos else []
    arguments += ["--quick"] if chosen.quick else []
    command = f"make bench ARGS={shlex.quote(' '.join(arguments))}"
    text = markdown(results, options, machine=describe_machine(), command=command)
    if chosen.write:
        docs.mkdir(parents=True, exist_ok=True)
        (docs / "inspection.md").write_text(text, encoding="utf-8")
    else:
        print(text)
