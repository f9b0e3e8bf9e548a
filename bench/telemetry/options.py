"""Options of `python -m bench telemetry`, read without loading what it runs."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=0.5, help="of each stretch of calls")
    parser.add_argument("--embedded", type=int, default=60, help="images of each stretch")
    parser.add_argument("--percent", type=float, default=10.0, help="traced by the third mesh")
    parser.add_argument(
        "--model-dir", type=Path, default=Path("build/models"), help="keeps models between runs"
    )
