"""Options of `python -m bench search`, read without loading what it runs."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument(
        "--sizes", default="10000,100000", help="how many vectors, smallest first, with commas"
    )
    parser.add_argument("--million", action="store_true", help="a million vectors too: an hour")
    parser.add_argument(
        "--keep",
        type=Path,
        help="folder where the million's shard stays, and is used if it is there: building it takes"
        " most of that hour",
    )
    parser.add_argument("--queries", type=int, default=200, help="of each figure")
    parser.add_argument("--threads", type=int, default=1, help="that build graphs")
    parser.add_argument(
        "--served", type=int, default=100_000, help="images of a mesh that is searched; 0: none is"
    )
    parser.add_argument("--calls", type=int, default=300, help="of each figure of that mesh")
    parser.add_argument(
        "--model-dir", type=Path, default=Path("build/bench-models"), help="where models are kept"
    )
    parser.add_argument("--no-peers", action="store_true", help="leave the comparison out")
    parser.add_argument(
        "--busy", action="store_true", help="say on the page that other work shared the machine"
    )
    parser.add_argument("--quick", action="store_true", help="a try with few vectors")
