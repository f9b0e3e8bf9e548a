"""Options of `python -m bench mutations`, read without loading what it runs."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("--count", type=int, default=20_000, help="mutated images")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
