"""Runs the benchmark and shows what came of it."""

import argparse
from pathlib import Path

from bench.embedder.machine import describe_machine
from bench.embedder.options import options_from
from bench.embedder.report import markdown, rows
from bench.embedder.run import run
from bench.report_command import command_line, progress, publish, refuse_a_quick_page, show

COLUMNS = ("what", "ratio (least–most)", "goal", "verdict", "both sides, medians")


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Measures, prints the table of goals, and writes `docs/embedder.md` if that was asked for."""
    refuse_a_quick_page(chosen)
    options = options_from(chosen)
    results = run(options, progress())
    show(COLUMNS, (row.cells() for row in rows(results, options)))
    arguments = ["embedder", *(["--photos", "FOLDER"] if chosen.photos else [])]
    arguments += ["--quick"] if chosen.quick else []
    text = markdown(results, options, machine=describe_machine(), command=command_line(arguments))
    publish(text, docs / "embedder.md", write=chosen.write)
