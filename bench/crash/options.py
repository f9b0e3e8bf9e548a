"""Options of `python -m bench crash`, read without loading what it runs."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument(
        "--minutes", type=float, default=0, help="begin no round after so many; 0: all rounds"
    )
    parser.add_argument(
        "--model-dir", type=Path, default=Path("build/models"), help="keeps models between runs"
    )
    parser.add_argument("--images", type=int, default=500, help="of a round")
    parser.add_argument(
        "--seed", type=int, default=0, help="of the first round; those of others follow"
    )
