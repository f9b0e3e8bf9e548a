"""Runs benchmarks: `python -m bench NAME`, as listed by `--help`.

`mesh` if none is named.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.active import options as active_options
from bench.backup import options as backup_options
from bench.capacity import options as capacity_options
from bench.crash import options as crash_options
from bench.duplicates import options as duplicates_options
from bench.edge import options as edge_options
from bench.embedder import options as embedder_options
from bench.images import options as images_options
from bench.ingest import options as ingest_options
from bench.inspection import options as inspection_options
from bench.mutations import options as mutations_options
from bench.offline import options as offline_options
from bench.quality import options as quality_options
from bench.queries import options as queries_options
from bench.search import options as search_options
from bench.soak import options as soak_options
from bench.telemetry import options as telemetry_options
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
    name = "bench.mesh" if chosen.name == "mesh" else f"bench.{chosen.name}.command"
    importlib.import_module(name).run_command(chosen, DOCS)
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
    active = names.add_parser(
        "active", parents=[common], help="how much corrections help, and which"
    )
    active_options.add_arguments(active)
    contention = names.add_parser(
        "contention", parents=[common], help="searches beside a busy inspection"
    )
    contention.add_argument("--rounds", type=int, default=5)
    contention.add_argument("--seconds", type=float, default=8.0, help="of each stretch")
    offline = names.add_parser(
        "offline", parents=[common], help="an exported version alone, beside its mesh"
    )
    offline_options.add_arguments(offline)
    quality = names.add_parser(
        "quality", parents=[common], help="what search finds, and what it refuses"
    )
    quality_options.add_arguments(quality)
    queries = names.add_parser(
        "queries", parents=[common], help="what queries of several examples find"
    )
    queries_options.add_arguments(queries)
    web = names.add_parser("web", parents=[common], help="the page in a real browser")
    web_options.add_arguments(web)
    edge = names.add_parser(
        "edge", parents=[common], help="what the edge costs, and what an attack on it costs others"
    )
    edge_options.add_arguments(edge)
    backup = names.add_parser("backup", parents=[common], help="backup, restore and raw copies")
    backup_options.add_arguments(backup)
    search = names.add_parser(
        "search", parents=[common], help="search in many vectors, beside other libraries"
    )
    search_options.add_arguments(search)
    soak = names.add_parser("soak", parents=[common], help="mixed load for long: what stays flat")
    soak_options.add_arguments(soak)
    capacity = names.add_parser("capacity", parents=[common], help="what an image costs")
    capacity_options.add_arguments(capacity)
    telemetry = names.add_parser("telemetry", parents=[common], help="what traces and metrics cost")
    telemetry_options.add_arguments(telemetry)
    duplicates = names.add_parser(
        "duplicates", parents=[common], help="finding duplicates beside comparing all with all"
    )
    duplicates_options.add_arguments(duplicates)
    mutations = names.add_parser(
        "mutations", parents=[common], help="damaged images into what verifies uploads"
    )
    mutations_options.add_arguments(mutations)
    ingest = names.add_parser(
        "ingest", parents=[common], help="what taking images in costs, and where it goes"
    )
    ingest_options.add_arguments(ingest)
    crash = names.add_parser(
        "crash", parents=[common], help="imports in which every process is killed"
    )
    crash_options.add_arguments(crash)
    images = names.add_parser("images", parents=[common], help="images, built and run by runc")
    images_options.add_arguments(images)
    return parser


if __name__ == "__main__":
    sys.exit(main())
