"""What the embedder measures.

What is the case now (depth, memory) is asked of whoever watches (`watch`) when
it is exported, so that counting it costs an item nothing.
"""

from collections.abc import Callable, Iterable

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

from services.embedder.item import Kind

_meter = metrics.get_meter("argus.embedder")

KINDS = {kind: {"kind": kind.name.lower()} for kind in Kind}
"""Attributes of items of each kind."""

items = _meter.create_counter("argus.embedder.items", description="Items by kind and outcome")
batch_size = _meter.create_histogram(
    "argus.embedder.batch.size", description="Items in one run of the model, by kind"
)
preparing = _meter.create_histogram(
    "argus.embedder.prepare.duration", unit="s", description="Decoding or tokenizing one item"
)
running = _meter.create_histogram(
    "argus.embedder.model.duration", unit="s", description="One run of the model, by kind"
)
lookups = _meter.create_counter(
    "argus.embedder.cache.lookups", description="Lookups of the vector cache by kind and outcome"
)
cache_failures = _meter.create_counter(
    "argus.embedder.cache.failures", description="Round trips to the vector cache that failed"
)
restarts = _meter.create_counter(
    "argus.embedder.worker.restarts", description="Workers that died and were replaced, by model"
)

Observations = Iterable[Observation]

_watchers: dict[str, list[Callable[[], Observations]]] = {}


def watch(name: str, observe: Callable[[], Observations]) -> Callable[[], None]:
    """Asks for what is the case whenever metrics are exported, from any thread.

    Args:
        name: `queue.depth` or `resident.bytes`.
        observe: What to export.

    Returns:
        What ends it.
    """
    watchers = _watchers.setdefault(name, [])
    watchers.append(observe)
    return lambda: watchers.remove(observe)


def _asking(name: str) -> list[Callable[[CallbackOptions], Observations]]:
    def ask(_: CallbackOptions) -> Observations:
        return [seen for observe in _watchers.get(name, ()) for seen in observe()]

    return [ask]


_meter.create_observable_gauge(
    "argus.embedder.queue.depth",
    callbacks=_asking("queue.depth"),
    description="Items that wait for a worker, by model, kind and priority",
)
_meter.create_observable_gauge(
    "argus.embedder.resident.bytes",
    callbacks=_asking("resident.bytes"),
    unit="By",
    description="Resident memory of workers, by model",
)
