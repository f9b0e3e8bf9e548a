"""Runs the benchmark and shows what came of it."""

import argparse
import shlex
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.embedder.machine import describe_machine
from bench.embedder.options import options_from
from bench.embedder.report import markdown, rows
from bench.embedder.run import run


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Measures, prints the table of goals, and writes `docs/embedder.md` if that was asked for."""
    if chosen.write and chosen.quick:
        sys.exit("--quick is a try; what it measures is not worth writing down")
    options = options_from(chosen)
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {text}", file=sys.stderr, flush=True)

    results = run(options, say)
    table = Table("what", "ratio (least–most)", "goal", "verdict", "both sides, medians")
    for row in rows(results, options):
        what, ratio, goal, verdict, detail = row.cells()
        bare = verdict.strip("*")
        colour = {"reached": "green", "missed": "red"}.get(bare, "default")
        table.add_row(what, ratio, goal, f"[{colour}]{bare}[/]", detail)
    Console().print(table)
    arguments = ["embedder", *(["--photos", "FOLDER"] if chosen.photos else [])]
    arguments += ["--quick"] if chosen.quick else []
    command = f"make bench ARGS={shlex.quote(' '.join(arguments))}"
    text = markdown(results, options, machine=describe_machine(), command=command)
    if chosen.write:
        docs.mkdir(parents=True, exist_ok=True)
        (docs / "embedder.md").write_text(text, encoding="utf-8")
    else:
        print(text)
