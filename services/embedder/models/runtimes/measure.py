"""How fast a candidate runs a tower, and how closely it agrees with the reference.

Run as `python -m services.embedder.models.runtimes.measure FOLDER TOWER THREADS
CANDIDATE…` it prints what it measured, in a process of its own, because torch
would stay in memory.
"""

import json
import logging
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from services.embedder.models.runtimes.candidate import ALL, Candidate, Layout, Measured
from services.embedder.models.runtimes.network import Arrays, Network
from services.embedder.models.runtimes.reference import Reference

PATCHES = "patches"
BATCHES = (1, 2, 4, 8)
CUDA_BATCH = 32
MAX_LANES = 16
ROUNDS = 5
ROUND_S = 0.04
"""How long a round goes on, unless one run takes longer."""
SHORT_RUN_S = 0.025
"""A batch that is done within this time makes nobody wait."""
LONGEST_S = 0.5
"""No further round begins when rounds took this long for each thing that is measured."""
BETTER = 1.05
"""Lanes of a large network must be this much faster to be worth the memory of a second copy."""
SMALL_BYTES = 64 * 2**20
"""A smaller network gets lanes if it is not slower with them: a batch on all cores waits for
each of them, and in the service they prepare images meanwhile."""
NEAR = 0.97
"""Batches that come so near to the fastest are as good."""
NEAR_SHORT = 0.93
"""So are short ones, each of which costs a third of a millisecond around the model."""
TIMEOUT_S = 600

_log = logging.getLogger(__name__)


def open_network(
    folder: Path, tower: str, candidate: Candidate, *, threads: int, lanes: int = 1
) -> Network:
    """Opens a tower of a model's folder; imports only what runs it.

    Raises:
        Exception: whatever the runtime raises on files that it cannot read.
    """
    if candidate.runtime == "openvino":
        from services.embedder.models.runtimes.openvino_network import OpenVinoNetwork  # noqa: PLC0415 - as the docstring says

        return OpenVinoNetwork(
            folder / f"{tower}.xml", precision=candidate.precision, threads=threads, lanes=lanes
        )
    from services.embedder.models.runtimes.torch_network import TorchNetwork  # noqa: PLC0415 - as the docstring says

    return TorchNetwork(
        folder / f"{tower}.pt2",
        precision=candidate.precision,
        device=candidate.device,
        threads=threads,
    )


def measure(
    folder: Path, tower: str, candidates: Iterable[Candidate], *, threads: int
) -> dict[Candidate, Measured]:
    """Measures candidates one after the other; one that cannot run is left out, and logged."""
    reference = Reference.read(folder, tower)
    found = {}
    for candidate in candidates:
        try:
            network = open_network(folder, tower, candidate, threads=threads)
            cosine = reference.cosine(network)
        except Exception as error:  # noqa: BLE001 - runtimes raise what they like
            _log.warning("%s cannot be run by %s: %s", tower, candidate, error)
            continue
        (speed,) = _speeds([(network, reference.batch)], reference)
        found[candidate] = Measured(
            cosine=-1 if math.isnan(cosine) else cosine, per_second=round(speed, 2)
        )
        _log.info("%s by %s: %.1f/s, cosine %.5f", tower, candidate, speed, cosine)
        del network  # before the next one needs the memory
    return found


def measure_apart(
    folder: Path, tower: str, candidates: Sequence[Candidate], *, threads: int
) -> dict[Candidate, Measured]:
    """`measure` in another process; what fails there is logged and left out."""
    arguments = [str(folder), tower, str(threads), *map(str, candidates)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, no input of others
            [sys.executable, "-m", __name__, *arguments],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        answer = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError, IndexError) as error:
        _log.warning("measuring %s failed: %s", tower, error)
        return {}
    if answer is None:
        _log.warning("measuring %s failed: %s", tower, done.stderr[-2000:])
        return {}
    named = {str(candidate): candidate for candidate in candidates}
    return {named[name]: Measured.model_validate(value) for name, value in answer.items()}


def measure_layout(folder: Path, tower: str, candidate: Candidate, *, threads: int) -> Layout:
    """The batch and the lanes that a candidate is fastest with.

    Lanes are of use to networks whose layers are too small for many cores.
    """
    reference = Reference.read(folder, tower)
    if candidate.device == "cuda":
        return Layout(max_batch=CUDA_BATCH)
    if reference.batch == 1 and tower != PATCHES:
        return Layout(max_batch=max(BATCHES))
    # Images whose patches are wanted may each be of another size.
    batches = BATCHES if reference.batch > 1 else (1,)
    networks = [open_network(folder, tower, candidate, threads=threads)]
    lanes = min(threads, MAX_LANES)
    if candidate.runtime == "openvino" and lanes > 1:
        networks.append(
            open_network(folder, tower, candidate, threads=threads, lanes=lanes),
        )
    plans = [(network, batch) for network in networks for batch in batches]
    found = dict(zip(plans, _speeds(plans, reference), strict=True))
    layouts = [
        best_layout(
            {batch: speed for (one, batch), speed in found.items() if one is network},
            lanes=network.lanes,
        )
        for network in networks
    ]
    _log.info("%s: items per second by lanes: %s", tower, [round(speed, 1) for speed, _ in layouts])
    one, many = layouts[0], layouts[-1]
    small = (folder / f"{tower}.bin").stat().st_size < SMALL_BYTES
    if networks[-1].lanes == 1 or many[0] < one[0] * (NEAR if small else BETTER):
        return Layout(max_batch=one[1])
    return Layout(max_batch=many[1], lanes=networks[-1].lanes)


def best_layout(speeds: Mapping[int, float], *, lanes: int) -> tuple[float, int]:
    """Items per second of the fastest batch, and the batch to use.

    Of batches near the fastest the largest that is done in a short time,
    because everything around the model costs the same for a batch of any size;
    if none is, the smallest.
    """
    best = max(speeds.values())
    near = [batch for batch, speed in speeds.items() if speed >= NEAR * best]
    short = [
        batch
        for batch, speed in speeds.items()
        if speed >= NEAR_SHORT * best and batch * lanes / speed <= SHORT_RUN_S
    ]
    return best, max(short, default=min(near))


def _speeds(plans: Sequence[tuple[Network, int]], reference: Reference) -> list[float]:
    """Items per second of networks in batches, all lanes busy.

    Of several short rounds in turn the best, so that what else the machine
    does between them counts little.
    """
    best = [0.0] * len(plans)
    for network, batch in plans:
        network(*reference.usual_batch(batch))  # the first run of a shape prepares for it
    started = time.perf_counter()
    for _ in range(ROUNDS):
        for index, (network, batch) in enumerate(plans):
            best[index] = max(best[index], _round(network, reference.usual_batch(batch)))
        if time.perf_counter() - started > len(plans) * LONGEST_S:
            break
    return best


def _round(network: Network, inputs: Arrays) -> float:
    """Items per second with all lanes busy for a moment."""
    runs = [0] * network.lanes
    started = time.perf_counter()

    def run(lane: int) -> None:
        while not runs[lane] or time.perf_counter() - started < ROUND_S:
            network(*inputs)
            runs[lane] += 1

    others = [threading.Thread(target=run, args=(lane,)) for lane in range(1, network.lanes)]
    for other in others:
        other.start()
    run(0)
    for other in others:
        other.join()
    return len(inputs[0]) * sum(runs) / (time.perf_counter() - started)


def _main(arguments: Sequence[str]) -> None:
    folder, tower, threads, *names = arguments
    candidates = [candidate for candidate in ALL if str(candidate) in names]
    measured = measure(Path(folder), tower, candidates, threads=int(threads))
    values = {str(candidate): value.model_dump() for candidate, value in measured.items()}
    sys.stdout.write(json.dumps(values) + os.linesep)


if __name__ == "__main__":
    _main(sys.argv[1:])
