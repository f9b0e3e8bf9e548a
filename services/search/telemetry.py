"""What search tells of its work: metrics and spans, by the OpenTelemetry API."""

from opentelemetry import metrics, trace

tracer = trace.get_tracer("argus.search")
_meter = metrics.get_meter("argus.search")

query_stage_s = _meter.create_histogram(
    "argus.search.query.stage.duration",
    unit="s",
    description="Time of a query's stages; `stage` is embed, retrieve or enrich",
)
dropped_hits = _meter.create_counter(
    "argus.search.query.hits.dropped",
    description="Hits that storage did not give a record of: images deleted meanwhile",
)
indexed_images = _meter.create_counter(
    "argus.search.index.images",
    description="Images done; `outcome` is indexed, reused, deleted or the failure's reason",
)
index_delay_s = _meter.create_histogram(
    "argus.search.index.delay",
    unit="s",
    description="Time from storage's event to its end",
)
index_stage_s = _meter.create_histogram(
    "argus.search.index.stage.duration",
    unit="s",
    description="Time of an image's stages; `stage` is resolve, fetch, embed or commit",
)
waiting_events = _meter.create_gauge(
    "argus.search.index.queue",
    description="Events in the stream that are not finished",
)
images_under_way = _meter.create_up_down_counter(
    "argus.search.index.under_way",
    description="Images that are being fetched, embedded or written",
)
map_build_s = _meter.create_histogram(
    "argus.search.map.duration",
    unit="s",
    description="Time of making a map; `kind` is built, or added if images were only placed",
)
