"""Runs the benchmark and shows what came of it."""

import argparse
import pickle
import time
from pathlib import Path

from bench.embedder.machine import describe_machine
from bench.goal import HEADS
from bench.inspection.features import Features
from bench.inspection.goals import goals
from bench.inspection.guard import measure_guard, table
from bench.inspection.line import line_of
from bench.inspection.options import options_from
from bench.inspection.placed import measure_placed, placed_table
from bench.inspection.quality import measure_quality
from bench.inspection.report import markdown
from bench.inspection.results import Results
from bench.inspection.seen import measure_seen, seen_table
from bench.inspection.speed import SpeedRun
from bench.inspection.tiles import read_tiles
from bench.report_command import command_line, progress, publish, refuse_a_quick_page, show


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Measures, prints the goals, and writes `docs/inspection.md` if that was asked for."""
    refuse_a_quick_page(chosen)
    options = options_from(chosen)
    began, say = time.monotonic(), progress()
    tiles = read_tiles(options.tiles) if options.tiles else None
    features = Features(options.models)
    if chosen.guard:
        print(table(measure_guard(features, tiles, options.photos, say)))
        return
    if chosen.seen:
        print(seen_table(measure_seen(features, tiles, say)))
        return
    if chosen.registration:
        print(placed_table(measure_placed(features, say)))
        return
    line = line_of(tiles, options.references)
    quality = None
    kept: Path | None = chosen.quality_file
    if kept is not None and kept.exists():
        quality, seconds = pickle.loads(kept.read_bytes())
        began -= seconds
    elif tiles is not None:
        quality = measure_quality(
            tiles,
            features,
            photos=options.photos,
            splits=options.splits,
            ablation=options.ablation,
            say=say,
        )
        if kept is not None:
            kept.write_bytes(pickle.dumps((quality, time.monotonic() - began)))
    speed = () if chosen.no_speed else SpeedRun(line, features.folder, options, say).run()
    results = Results(line.what, speed, quality, time.monotonic() - began, busy=chosen.busy)
    show(HEADS, (goal.cells for goal in goals(results)))
    arguments = ["inspection", *(["--tiles", "DIR"] if tiles else [])]
    arguments += ["--photos", "DIR"] if options.photos else []
    arguments += ["--quick"] if chosen.quick else []
    text = markdown(results, options, machine=describe_machine(), command=command_line(arguments))
    publish(text, docs / "inspection.md", write=chosen.write)
