"""What is measured."""

import argparse
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """What is measured."""

    photos: Path | None
    """A folder of photographs named `<id>_<class>`; only pictures from packages if None."""
    model: str
    """Id of the model."""
    models: Path
    """Where models are kept between runs."""
    draws: int
    """Collections drawn of each size."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line's options."""
    parser.add_argument("--model", default="compact", help="id of the model, such as compact")
    parser.add_argument("--draws", type=int, default=20, help="collections drawn of each size")
    parser.add_argument("--quick", action="store_true", help="two collections of each size")
    parser.add_argument(
        "--model-dir", type=Path, default=Path("build/models"), help="keeps models between runs"
    )


def options_from(chosen: argparse.Namespace) -> Options:
    """What the command line asks for."""
    return Options(
        photos=chosen.photos,
        model=chosen.model,
        models=chosen.model_dir,
        draws=2 if chosen.quick else chosen.draws,
    )
