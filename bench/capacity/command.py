"""What an image costs: `python -m bench capacity [--write]`."""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import psutil

from bench.capacity import cached, objects, rows, vectors
from bench.capacity.found import Found, write
from bench.capacity.work import Measuring
from bench.goal import table
from bench.report_command import command_line, progress, publish
from bench.running import running_mesh
from mesh.backup.stores import stores_of
from mesh.layout import Layout
from mesh.parts.redis import redis_url
from mesh.supervision.memory import memory_bytes

MODEL = "compact"
MEANING = Path(__file__).with_name("meaning.md")
MEASURED = Path(__file__).resolve().parents[2] / "mesh" / "capacity" / "measured.json"
"""What the calculator reads."""


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Measures and prints; with `--write` renews the page and what the calculator knows."""
    with tempfile.TemporaryDirectory(prefix="argus-bench-") as temporary:
        work = Path(temporary)
        work.chmod(0o711)  # PostgreSQL's own user passes through
        found = asyncio.run(run(work, chosen, progress()))
    defaults = ("rows", "objects", "vectors", "images", "searches")
    arguments = [f"--{name} {getattr(chosen, name)}" for name in defaults]
    lines = table(
        ("coefficient", "value", "unit", "how"),
        ((f"`{one.name}`", f"{one.value:,.12g}", one.unit, one.how) for one in found),
    )
    text = (
        f"# What an image costs\n\n`{command_line(['capacity', *arguments])}` on {os.cpu_count()} "
        f"cores, model `{MODEL}`. `argus capacity` reckons with these "
        f"([capacity.md](../capacity.md)).\n\n{lines}\n\n" + MEANING.read_text(encoding="utf-8")
    )
    publish(text, docs / "capacity.md", write=chosen.write)
    if chosen.write:
        write(found, MEASURED)


async def run(work: Path, chosen: argparse.Namespace, say: Callable[[str], None]) -> list[Found]:
    """Measures everything, one after another."""
    say("rows and objects")
    found = await _of_stores(work / "stores", chosen)
    say("vectors")
    found += vectors.measured(work / "vectors", chosen.vectors)
    say("a mesh")
    settings = {"ARGUS_MODEL_DIR": str(chosen.model_dir.absolute())}
    with running_mesh(work / "data", model=MODEL, settings=settings) as mesh:
        found += await cached.measured(redis_url(mesh.layout))
        found += await Measuring(mesh, work, chosen.images, chosen.searches).measured()
    return found


async def _of_stores(folder: Path, chosen: argparse.Namespace) -> list[Found]:
    layout = Layout(folder)
    layout.make()
    async with stores_of(layout) as stores:
        found = await rows.measured(stores.postgres_url, chosen.rows)
        return found + await objects.measured(
            stores.bucket, layout.data_dir / "objects", chosen.objects, _object_store_bytes
        )


def _object_store_bytes() -> int:
    """Of the store that this process started."""
    started = psutil.Process().children(recursive=True)
    return sum(
        memory_bytes(process.pid, descendants=False)
        for process in started
        if process.name().startswith("weed")
    )
