"""`python -m mesh.archive`: the part `archive` of a mesh."""

import argparse
import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from mesh.archive.archiver import Archiver
from mesh.backup.progress import Steps
from mesh.errors import MeshError
from mesh.layout import Layout


async def _run(chosen: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)
    steps = Steps(Console(file=sys.stdout, force_terminal=False, width=200))
    keep = timedelta(days=chosen.days)
    archiver = Archiver(Layout(chosen.data_dir), chosen.folder, keep, steps, chosen.models)
    await archiver.run(stop)


def main() -> int:
    """Runs it; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m mesh.archive")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--days", type=float, required=True)
    parser.add_argument("--models", type=Path)
    # Data, and the keys to it, are nobody else's business.
    os.umask(0o077)
    try:
        asyncio.run(_run(parser.parse_args()))
    except (MeshError, OSError) as error:
        print(f"{error} {error.advice}" if isinstance(error, MeshError) else error)  # noqa: T201 - its log
        return 1
    return 0


sys.exit(main())
