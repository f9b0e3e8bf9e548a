"""What is simulated."""

import argparse
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """What is simulated."""

    tiles: Path | None
    """The magnetic-tile folder; textures with painted defects if None."""
    models: Path
    """Where models are kept between runs."""
    splits: int
    """Random splits into references, stream and test."""
    rounds: int
    """Versions after the first."""
    corrections: int
    """Judged images before each next version."""
    references: int
    """Images that the first version learns from."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line's options."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--tiles", type=Path, help="the magnetic-tile folder")
    source.add_argument(
        "--textures", action="store_true", help="pieces of textures with painted defects instead"
    )
    parser.add_argument(
        "--marks", action="store_true", help="only what boxes around defects add to the word alone"
    )
    parser.add_argument("--quick", action="store_true", help="one split, two rounds")
    parser.add_argument("--splits", type=int, default=3, help="random splits")
    parser.add_argument("--rounds", type=int, default=5, help="versions after the first")
    parser.add_argument("--corrections", type=int, default=20, help="judged before each of them")
    parser.add_argument("--references", type=int, default=60, help="of the first version")
    parser.add_argument(
        "--model-dir", type=Path, default=Path("build/models"), help="keeps models between runs"
    )


def options_from(chosen: argparse.Namespace) -> Options:
    """What the command line asks for."""
    return Options(
        tiles=chosen.tiles,
        models=chosen.model_dir,
        splits=1 if chosen.quick else chosen.splits,
        rounds=2 if chosen.quick else chosen.rounds,
        corrections=chosen.corrections,
        references=chosen.references,
    )
