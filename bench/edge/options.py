"""What is measured of the edge."""

import argparse
from pathlib import Path

PARTS = ("unary", "streams", "limits", "siege")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what can be chosen."""
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="some parts")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument(
        "--model-dir", type=Path, default=Path("build/models"), help="keeps models between runs"
    )
    parser.add_argument("--seconds", type=float, default=1.0, help="of each stretch of calls")
