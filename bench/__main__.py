"""Runs benchmarks: `python -m bench mesh|embedder|inspection|contention|web|edge|backup`.

`mesh` if none is named.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.backup import options as backup_options
from bench.edge import options as edge_options
from bench.embedder import options as embedder_options
from bench.inspection import options as inspection_options
from bench.web import options as web_options

DOCS = Path(__file__).resolve().parent.parent / "docs" / "benchmarks"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs what was asked for and prints it; with `--write` also into `docs/benchmarks`.

    Args:
        arguments: The command line's; this program's own if None.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or (given[0].startswith("--") and given[0] != "--help"):
        given.insert(0, "mesh")
    chosen = _parser().parse_args(given)
    # Imported when it is run: processes that a benchmark starts read this file again.
    if chosen.name == "embedder":
        from bench.embedder.command import run_command  # noqa: PLC0415

        run_command(chosen, DOCS)
    elif chosen.name == "inspection":
        from bench.inspection.command import run_command as run_inspection  # noqa: PLC0415

        run_inspection(chosen, DOCS)
    elif chosen.name == "contention":
        from bench.contention.command import run_command as run_contention  # noqa: PLC0415

        run_contention(chosen, DOCS)
    elif chosen.name == "web":
        from bench.web.command import run_command as run_web  # noqa: PLC0415

        run_web(chosen, DOCS)
    elif chosen.name == "edge":
        from bench.edge.command import run_command as run_edge  # noqa: PLC0415

        run_edge(chosen, DOCS)
    elif chosen.name == "backup":
        from bench.backup.command import run_command as run_backup  # noqa: PLC0415

        run_backup(chosen, DOCS)
    else:
        from bench.mesh import run_command as run_mesh  # noqa: PLC0415

        run_mesh(chosen, DOCS)
    return 0


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--photos", type=Path, help="a folder of photographs")
    common.add_argument("--write", action="store_true", help="renew docs/benchmarks")
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = parser.add_subparsers(dest="name", required=True)
    mesh = names.add_parser("mesh", parents=[common], help="the whole mesh")
    mesh.add_argument("--model", default="compact")
    embedder = names.add_parser(
        "embedder", parents=[common], help="the embedder beside the machine's limit and others"
    )
    embedder_options.add_arguments(embedder)
    inspection = names.add_parser(
        "inspection", parents=[common], help="how well inspection finds defects, and how fast"
    )
    inspection_options.add_arguments(inspection)
    contention = names.add_parser(
        "contention", parents=[common], help="searches beside a busy inspection"
    )
    contention.add_argument("--rounds", type=int, default=5)
    contention.add_argument("--seconds", type=float, default=8.0, help="of each stretch")
    web = names.add_parser("web", parents=[common], help="the page in a real browser")
    web_options.add_arguments(web)
    edge = names.add_parser(
        "edge", parents=[common], help="what the edge costs, and what an attack on it costs others"
    )
    edge_options.add_arguments(edge)
    backup = names.add_parser("backup", parents=[common], help="backup, restore and raw copies")
    backup_options.add_arguments(backup)
    return parser


if __name__ == "__main__":
    sys.exit(main())
