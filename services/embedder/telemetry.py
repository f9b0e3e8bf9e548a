"""What the embedder measures."""

from opentelemetry import metrics

_meter = metrics.get_meter("argus.embedder")

items = _meter.create_counter("argus.embedder.items", description="Items by kind and outcome")
waiting = _meter.create_up_down_counter(
    "argus.embedder.queue.depth", description="Items taken in and not yet answered, by kind"
)
batch_size = _meter.create_histogram(
    "argus.embedder.batch.size", description="Items in one run of the model, by kind"
)
preparing = _meter.create_histogram(
    "argus.embedder.prepare.duration", unit="s", description="Decoding or tokenizing one item"
)
running = _meter.create_histogram(
    "argus.embedder.model.duration", unit="s", description="One run of the model, by kind"
)
