"""What the embedder measures; its workers do not, and answer with what they spent.

Queue depth and memory are not counted as they change: `watch` registers a
function that is asked for them at each export, so that no item pays for it.
"""

from collections.abc import Callable
from functools import partial

from opentelemetry import metrics

from services.embedder.item import Kind
from services.runtime import telemetry_contract as contract
from services.runtime.declared import Attributes, Instrument
from services.runtime.instruments import Observed, counter, histogram, observe

KINDS: dict[Kind, Attributes] = {kind: {contract.KIND: kind.name.lower()} for kind in Kind}
"""Attributes of items of each kind."""


class EmbedderMetrics:
    """The embedder's instruments.

    Args:
        meters: Where measurements go; the provider of this process if None.
    """

    def __init__(self, meters: metrics.MeterProvider | None = None) -> None:
        self._watchers: dict[Instrument, list[Callable[[], Observed]]] = {}
        self.items = counter(contract.EMBEDDER_ITEMS, meters)
        self.batch_size = histogram(contract.BATCH_SIZE, meters)
        self.preparing = histogram(contract.PREPARE_DURATION, meters)
        self.running = histogram(contract.MODEL_DURATION, meters)
        self.lookups = counter(contract.CACHE_LOOKUPS, meters)
        self.cache_failures = counter(contract.CACHE_FAILURES, meters)
        self.restarts = counter(contract.WORKER_RESTARTS, meters)
        for watched in (contract.QUEUE_DEPTH, contract.WORKER_MEMORY):
            observe(watched, partial(self._ask, watched), meters)

    def watch(self, watched: Instrument, ask: Callable[[], Observed]) -> Callable[[], None]:
        """Registers what is asked at each export, from any thread.

        Args:
            watched: `QUEUE_DEPTH` or `WORKER_MEMORY`.
            ask: Gives the present values.

        Returns:
            Ends the registration.
        """
        watchers = self._watchers.setdefault(watched, [])
        watchers.append(ask)
        return lambda: watchers.remove(ask)

    def _ask(self, watched: Instrument) -> Observed:
        return [seen for ask in self._watchers.get(watched, ()) for seen in ask()]
