"""Options of `python -m bench images`, read without loading what it runs."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("--images", default="auth,edge", help="separated by commas")
    parser.add_argument("--built", action="store_true", help="take those that `make images` built")
    parser.add_argument("--folder", type=Path, default=Path("build/images"))
    parser.add_argument("--storage-driver", choices=("overlay", "vfs"), default="overlay")
    parser.add_argument("--torch-index", default="", help="of torch for processors")
