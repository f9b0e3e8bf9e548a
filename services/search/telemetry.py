"""What search tells of its work: metrics and spans."""

import time

from services.runtime import telemetry_contract as contract
from services.runtime.instruments import Observed, counter, gauge, histogram, observe
from services.runtime.tracing import Tracing

tracing = Tracing()

query_stage_s = histogram(contract.QUERY_STAGE_DURATION)
dropped_hits = counter(contract.HITS_DROPPED)
remembered = counter(contract.REMEMBERED)
indexed_images = counter(contract.INDEXED_IMAGES)
index_delay_s = histogram(contract.INDEX_DELAY)
embedded_crops = counter(contract.EMBEDDED_CROPS)
index_stage_s = histogram(contract.INDEX_STAGE_DURATION)
waiting_events = gauge(contract.INDEX_QUEUE)
images_under_way = counter(contract.INDEX_UNDER_WAY)
reindex_waiting = gauge(contract.REINDEX_WAITING)
map_build_s = histogram(contract.MAP_DURATION)
cutoff_learning_s = histogram(contract.CUTOFF_DURATION)
duplicates_s = histogram(contract.DUPLICATES_DURATION)
new_matches = counter(contract.SAVED_MATCHES)
saved_delay_s = histogram(contract.SAVED_DELAY)
arrivals_waiting = gauge(contract.SAVED_WAITING)
duplicate_clusters = counter(contract.DUPLICATE_CLUSTERS)
graph_waiting = gauge(contract.GRAPH_WAITING)
graph_build_s = histogram(contract.GRAPH_BUILD_DURATION)


class OldestEvent:
    """The oldest event that is not finished.

    Its age is taken when it is asked for: it grows although nobody reads the stream any more.

    Attributes:
        since_ms: When it came, in milliseconds since 1970; None if there is none, 0 if nobody has
            looked yet.
    """

    def __init__(self) -> None:
        self.since_ms: int | None = 0

    def ages(self) -> Observed:
        """Its age in seconds."""
        if self.since_ms == 0:
            return []
        age_ms = 0.0 if self.since_ms is None else time.time() * 1000 - self.since_ms
        return [(max(0.0, age_ms) / 1000, {})]


oldest_event = OldestEvent()
observe(contract.INDEX_OLDEST, oldest_event.ages)
