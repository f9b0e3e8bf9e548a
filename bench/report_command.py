"""What the benchmarks that write a page of docs have in common on the command line."""

import argparse
import shlex
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table


def refuse_a_quick_page(chosen: argparse.Namespace) -> None:
    """Ends the process if a quick try was asked to be written down."""
    if chosen.write and chosen.quick:
        sys.exit("--quick is a try; what it measures is not worth writing down")


def progress() -> Callable[[str], None]:
    """Says what is done now, and how many seconds after this call."""
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {text}", file=sys.stderr, flush=True)

    return say


def show(columns: Iterable[str], rows: Iterable[tuple[str, str, str, str, str]]) -> None:
    """Prints a table of goals; the fourth cell of a row is the verdict."""
    table = Table(*columns)
    for what, measured, goal, verdict, detail in rows:
        bare = verdict.strip("*")
        colour = {"reached": "green", "missed": "red"}.get(bare, "default")
        table.add_row(what, measured, goal, f"[{colour}]{bare}[/]", detail)
    Console().print(table)


def command_line(arguments: Iterable[str]) -> str:
    """The command that measures the same again."""
    return f"make bench ARGS={shlex.quote(' '.join(arguments))}"


def publish(text: str, page: Path, *, write: bool) -> None:
    """Writes a page, or prints it."""
    if write:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
    else:
        print(text)
