"""One network of a model, as this machine runs it best."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.embedder.errors import ModelUnavailable
from services.embedder.model import Runtime
from services.embedder.models.runtimes.candidate import AGREEMENT, ALL, Candidate, Measured
from services.embedder.models.runtimes.choice import (
    WantedPrecision,
    WantedRuntime,
    choose,
    reason,
    wanted,
)
from services.embedder.models.runtimes.machine import available
from services.embedder.models.runtimes.measure import (
    measure,
    measure_apart,
    measure_layout,
    open_network,
)
from services.embedder.models.runtimes.network import Network, Rows
from services.embedder.models.runtimes.record import Record
from services.embedder.models.runtimes.reference import Reference

_log = logging.getLogger(__name__)


class Tower:
    """A network, compiled once or twice: for all cores on one batch, and for batches side by side.

    Args:
        one: Runs one batch at a time, on all cores.
        many: Runs as many batches as `lanes` says, if that is faster in all; else None.
        max_batch: Larger batches are hardly faster.
        runtime: What runs it, and why.
    """

    def __init__(
        self, one: Network, many: Network | None, *, max_batch: int, runtime: Runtime
    ) -> None:
        self._one = one
        self._many = many
        self.max_batch = max_batch
        self.runtime = runtime

    @property
    def lanes(self) -> int:
        """How many threads may call it at once."""
        return self._many.lanes if self._many else self._one.lanes

    def __call__(self, *inputs: NDArray[np.generic], alone: bool = False) -> Rows:
        """Answers a batch.

        Args:
            *inputs: The network's inputs, [n, …] each.
            alone: Nothing else is under way, so all cores may serve this call.
        """
        network = self._one if alone or self._many is None else self._many
        return network(*inputs)


def open_tower(
    folder: Path,
    tower: str,
    *,
    threads: int,
    runtime: WantedRuntime = "auto",
    precision: WantedPrecision = "auto",
) -> Tower:
    """Opens a tower with the fastest candidate that agrees with its reference.

    What was not yet measured on this machine is measured now: with `auto`
    OpenVINO's candidates, which takes a second or two, and torch where there
    is a GPU, in a process of its own.

    Args:
        folder: The model's.
        tower: Its name, such as `image`.
        threads: How many threads it may use.
        runtime: What runs it; `auto` takes the fastest that agrees with the reference.
        precision: Floats that it computes in; `auto` likewise.

    Raises:
        ModelUnavailable: if nothing agrees, or files are damaged.
    """
    forced = runtime != "auto" or precision != "auto"
    allowed = wanted(available(), runtime, precision)
    record = Record(folder, threads)
    try:
        reference = Reference.read(folder, tower)
        measured = _measured(folder, tower, record, allowed, threads=threads, runtime=runtime)
        chosen = choose(measured, allowed, tower)
        layout = measured[chosen].layout
        if layout is None:
            layout = measure_layout(folder, tower, chosen, threads=threads)
            measured[chosen] = measured[chosen].model_copy(update={"layout": layout})
            record.add(tower, measured)
        one = open_network(folder, tower, chosen, threads=threads)
        cosine = reference.first(2).cosine(one)
        many = None
        if layout.lanes > 1:
            many = open_network(folder, tower, chosen, threads=threads, lanes=layout.lanes)
    except ModelUnavailable:
        raise
    except Exception as error:
        _log.exception("the %s network in %s cannot be opened", tower, folder)
        raise ModelUnavailable(_damaged(folder, tower, "its files are damaged")) from error
    if not cosine >= AGREEMENT:  # also if it is no number
        raise ModelUnavailable(_damaged(folder, tower, f"cosine to reference {cosine:.4f}"))
    why = reason(measured, chosen, forced=forced)
    _log.info("%s network: %s", tower, why)
    return Tower(one, many, max_batch=layout.max_batch, runtime=Runtime(str(chosen), why))


def measure_towers(folder: Path, towers: Iterable[str], *, threads: int) -> None:
    """Measures all that can run here, in this process, and writes the record.

    For the process that builds a model, which has torch loaded anyway.

    Raises:
        ModelUnavailable: if nothing that can run here agrees with the reference.
    """
    record = Record(folder, threads)
    for tower in towers:
        candidates = [one for one in ALL if one in available()]
        measured = measure(folder, tower, candidates, threads=threads)
        chosen = choose(measured, candidates, tower)
        layout = measure_layout(folder, tower, chosen, threads=threads)
        measured[chosen] = measured[chosen].model_copy(update={"layout": layout})
        record.add(tower, measured)


def describe(**towers: Tower) -> Runtime:
    """What runs a model of several towers; named for the first."""
    first = next(iter(towers.values()))
    reasons = "; ".join(f"{name}: {tower.runtime.reason}" for name, tower in towers.items())
    return Runtime(first.runtime.name, reasons)


def _measured(
    folder: Path,
    tower: str,
    record: Record,
    allowed: Sequence[Candidate],
    *,
    threads: int,
    runtime: WantedRuntime,
) -> dict[Candidate, Measured]:
    """What the record says of the candidates; what it lacks is measured, and added."""
    known = record.read(tower)
    measured = {one: known[str(one)] for one in allowed if str(one) in known}
    # Loading torch costs more than it could win on a CPU where OpenVINO runs.
    rounds = [list(allowed)]
    if runtime == "auto":
        rounds.insert(
            0, [one for one in allowed if one.runtime == "openvino" or one.device != "cpu"]
        )
    for candidates in rounds:
        missing = [one for one in candidates if one not in measured]
        here = [one for one in missing if one.runtime in {"openvino", runtime}]
        apart = [one for one in missing if one not in here]
        found = measure(folder, tower, here, threads=threads)
        found |= measure_apart(folder, tower, apart, threads=threads) if apart else {}
        if found:
            record.add(tower, found)
            measured |= found
        if any(one.agrees for one in measured.values()):
            break
    return measured


def _damaged(folder: Path, tower: str, why: str) -> str:
    return (
        f"the {tower} network of the model in {folder.name} does not answer as it did when it was "
        f"built ({why}); remove the model and install it anew, or delete its folder"
    )
