"""Options of `python -m bench soak`, read without loading what it runs."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("--minutes", type=float, default=20.0, help="of load, warm-up included")
    parser.add_argument(
        "--warm-up", type=float, default=0.25, help="share of it that is not judged"
    )
    parser.add_argument("--calls-per-second", type=float, default=6.0)
    parser.add_argument("--images", type=int, default=300, help="in the library, all the while")
    parser.add_argument("--sample-seconds", type=float, default=5.0, help="between samples")
    parser.add_argument("--embedders", type=int, default=1)
    parser.add_argument(
        "--model-dir", type=Path, default=Path("build/models"), help="keeps models between runs"
    )
    parser.add_argument("--keep", type=Path, help="file that takes what was measured, as JSON")
    parser.add_argument("--again", type=Path, help="such a file; report it and run nothing")
