"""Options of `python -m bench backup`, read without loading what it runs."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--kilobytes", type=int, default=20, help="of an image, on the mean")
