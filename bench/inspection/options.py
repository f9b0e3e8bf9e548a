"""What is measured, and how long."""

import argparse
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """What is measured."""

    tiles: Path | None
    """The magnetic-tile folder; None leaves quality out."""
    photos: Path | None
    """A folder of photographs; those of packages if None."""
    models: Path
    """Where models are kept between runs."""
    rounds: int = 3
    """How often each pair of speeds is measured."""
    splits: int = 10
    """Random splits of the normals that the calibration is judged by."""
    ablation: bool = False
    """Vary each part of the method."""
    sizes: tuple[int, ...] = (192, 512)
    """Shorter sides at which speed is measured; the first is the default one."""
    references: int = 200
    """Images that the timed calibrations learn from."""
    single: int = 24
    """Images that are inspected one by one in each round."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line's options; `--photos` is common to all benchmarks."""
    parser.add_argument("--tiles", type=Path, help="the magnetic-tile folder, for quality")
    parser.add_argument("--quick", action="store_true", help="two splits, one round")
    parser.add_argument("--ablation", action="store_true", help="also vary each part of the method")
    parser.add_argument("--no-speed", action="store_true", help="measure quality only")
    parser.add_argument(
        "--busy", action="store_true", help="say on the page that other work shared the machine"
    )
    parser.add_argument(
        "--quality-file",
        type=Path,
        help="keeps the figures of quality there, or takes them from there if it exists: speed can"
        " then be measured when the machine is idle",
    )
    parser.add_argument(
        "--guard",
        action="store_true",
        help="only whether frames that show something else are told from normal ones",
    )
    parser.add_argument(
        "--seen",
        action="store_true",
        help="only what calibrations say that they see of painted defects",
    )
    parser.add_argument(
        "--registration",
        action="store_true",
        help="only what aligning images brings where parts are placed alike",
    )
    parser.add_argument("--rounds", type=int, default=3, help="repetitions of each pair")
    parser.add_argument(
        "--model-dir", type=Path, default=Path("build/models"), help="keeps models between runs"
    )


def options_from(chosen: argparse.Namespace) -> Options:
    """What the command line asks for."""
    options = Options(
        chosen.tiles,
        chosen.photos,
        chosen.model_dir,
        rounds=chosen.rounds,
        ablation=chosen.ablation,
    )
    if not chosen.quick:
        return options
    return Options(
        chosen.tiles, chosen.photos, chosen.model_dir, rounds=1, splits=2, ablation=False
    )
