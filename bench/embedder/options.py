"""What is measured, and how long."""

import argparse
from dataclasses import dataclass
from pathlib import Path

BUILD = Path("build")


@dataclass(frozen=True)
class Plan:
    """How one model is measured."""

    model: str
    """`compact`, or an OpenCLIP architecture, which gets random weights."""
    count: int
    """Images of a pass."""
    trial: int
    """Images with which an arrangement of the limit is tried."""
    single_turns: int
    """Turns of images that are sent one by one (`rounds.TURN`) in each round, each way."""
    peer_goal: float
    """How many times as fast as the usual service it is to be."""
    peer_count: int
    """Images that a peer embeds in each round."""


@dataclass(frozen=True)
class Options:
    """What is measured."""

    plans: tuple[Plan, ...]
    photos: Path | None
    """A folder of photographs; those of packages if None."""
    rounds: int
    """How often each pair is measured."""
    in_flight: int = 64
    """Images of the client's stream that are not answered yet."""
    group: int = 16
    """Images of one message of that stream."""
    callers: int = 32
    """Concurrent callers of one image each."""
    person_s: float = 6.0
    """How long a person searches, beside an import and without one, in each round."""
    models: Path = BUILD / "bench-models"
    """Where models are kept between runs."""
    peers: Path | None = BUILD / "bench-peers"
    """Where the peers' environments are; None leaves them out."""
    gpu: bool = True
    """Measure a GPU if there is one."""


FULL = (
    Plan("compact", count=1000, trial=300, single_turns=8, peer_goal=5.0, peer_count=60),
    Plan("ViT-B-32", count=200, trial=64, single_turns=2, peer_goal=2.0, peer_count=24),
)
QUICK = (Plan("compact", count=100, trial=60, single_turns=2, peer_goal=5.0, peer_count=16),)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line's options; `--photos` is common to all benchmarks."""
    parser.add_argument("--quick", action="store_true", help="100 images, compact only, no peers")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions of each pair")
    parser.add_argument(
        "--model-dir", type=Path, default=BUILD / "bench-models", help="keeps models between runs"
    )
    parser.add_argument(
        "--peers", type=Path, default=BUILD / "bench-peers", help="keeps the peers' environments"
    )
    parser.add_argument("--no-peers", action="store_true", help="leave the peers out")


def options_from(chosen: argparse.Namespace) -> Options:
    """What the command line asks for."""
    if chosen.quick:
        return Options(
            QUICK, chosen.photos, rounds=2, person_s=1.5, models=chosen.model_dir, peers=None,
            gpu=False,
        )  # fmt: skip
    return Options(
        FULL,
        chosen.photos,
        rounds=chosen.rounds,
        models=chosen.model_dir,
        peers=None if chosen.no_peers else chosen.peers,
    )
