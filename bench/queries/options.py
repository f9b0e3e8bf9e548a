"""Options of `python -m bench queries`, read without loading what it runs."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes; the photographs are named `<any>_<what it shows>.jpg`."""
    parser.add_argument("--model", default="compact")
    parser.add_argument("--pairs", type=int, default=400, help="mixes of words and a picture")
    parser.add_argument(
        "--model-dir", type=Path, default=Path("build/models"), help="keeps models between runs"
    )
