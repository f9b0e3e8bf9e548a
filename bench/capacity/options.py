"""Options of `python -m bench capacity`, read without loading what it runs."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("--rows", type=int, default=100_000, help="of the database")
    parser.add_argument("--objects", type=int, default=10_000, help="of the object store")
    parser.add_argument("--vectors", type=int, default=50_000, help="of the vector index")
    parser.add_argument("--images", type=int, default=600, help="imported into a mesh")
    parser.add_argument("--searches", type=int, default=400, help="of each kind")
    parser.add_argument(
        "--model-dir", type=Path, default=Path("build/models"), help="keeps models between runs"
    )
