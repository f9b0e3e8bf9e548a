"""Options of `python -m bench crash`, read without loading what it runs."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--images", type=int, default=500, help="of a round")
    parser.add_argument(
        "--seed", type=int, default=0, help="of the first round; those of others follow"
    )
