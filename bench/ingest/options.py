"""Options of `python -m bench ingest`, read without loading what it runs."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("--images", type=int, default=200, help="photographs of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large-mb", type=int, default=1000, help="of large TIFFs; 0: none")
    parser.add_argument(
        "--model-dir", type=Path, default=Path("build/models"), help="keeps models between runs"
    )
    parser.add_argument(
        "--peers", type=Path, default=Path("build/bench-peers"), help="where environments are kept"
    )
    parser.add_argument("--no-peers", action="store_true", help="leave the comparison out")
