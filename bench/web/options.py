"""What is measured of the page."""

import argparse
from pathlib import Path

PARTS = ("load", "lighthouse", "search", "library", "map", "drop")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what can be chosen."""
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="some parts")
    parser.add_argument("--images", type=int, default=100_000, help="of the large library")
    parser.add_argument(
        "--model-dir", type=Path, default=Path("build/models"), help="keeps models between runs"
    )
    parser.add_argument("--files", type=int, default=500, help="dropped at once")
