"""Options of `python -m bench duplicates`, read without loading what it runs."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("--hashes", type=int, default=1_000_000)
    parser.add_argument(
        "--vectors", type=int, nargs="*", default=[100_000, 1_000_000], help="how many, each"
    )
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--plain", type=int, default=20_000, help="of them, compared all with all")
    parser.add_argument("--pictures", type=int, default=200, help="photographs to choose limits by")
    parser.add_argument("--model", default="compact")
    parser.add_argument("--model-dir", type=Path, default=Path("build/models"))
