"""What the embedder measures, by the OpenTelemetry API.

Queue depth and memory are not counted as they change: `watch` registers a
function that is asked for them at each export, so that no item pays for it.
"""

from collections.abc import Callable, Iterable

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

from services.embedder.item import Kind

KINDS = {kind: {"kind": kind.name.lower()} for kind in Kind}
"""Attributes of items of each kind."""

Observations = Iterable[Observation]


class EmbedderMetrics:
    """The embedder's instruments.

    Args:
        meters: Where measurements go; the provider of this process if None.
    """

    def __init__(self, meters: metrics.MeterProvider | None = None) -> None:
        meter = metrics.get_meter("argus.embedder", meter_provider=meters)
        self._watchers: dict[str, list[Callable[[], Observations]]] = {}
        self.items = meter.create_counter(
            "argus.embedder.items", description="Items by kind and outcome"
        )
        self.batch_size = meter.create_histogram(
            "argus.embedder.batch.size", description="Items in one run of the model, by kind"
        )
        self.preparing = meter.create_histogram(
            "argus.embedder.prepare.duration",
            unit="s",
            description="Decoding or tokenizing one item",
        )
        self.running = meter.create_histogram(
            "argus.embedder.model.duration", unit="s", description="One run of the model, by kind"
        )
        self.lookups = meter.create_counter(
            "argus.embedder.cache.lookups",
            description="Lookups of the vector cache by kind and outcome",
        )
        self.cache_failures = meter.create_counter(
            "argus.embedder.cache.failures",
            description="Round trips to the vector cache that failed",
        )
        self.restarts = meter.create_counter(
            "argus.embedder.worker.restarts",
            description="Workers that died and were replaced, by model",
        )
        meter.create_observable_gauge(
            "argus.embedder.queue.depth",
            callbacks=self._asking("queue.depth"),
            description="Items that wait for a worker, by model, kind and priority",
        )
        meter.create_observable_gauge(
            "argus.embedder.resident.bytes",
            callbacks=self._asking("resident.bytes"),
            unit="By",
            description="Resident memory of workers, by model",
        )

    def watch(self, name: str, observe: Callable[[], Observations]) -> Callable[[], None]:
        """Registers what is asked at each export, from any thread.

        Args:
            name: `queue.depth` or `resident.bytes`.
            observe: Gives the present values.

        Returns:
            Ends the registration.
        """
        watchers = self._watchers.setdefault(name, [])
        watchers.append(observe)
        return lambda: watchers.remove(observe)

    def _asking(self, name: str) -> list[Callable[[CallbackOptions], Observations]]:
        def ask(_: CallbackOptions) -> Observations:
            return [seen for observe in self._watchers.get(name, ()) for seen in observe()]

        return [ask]
