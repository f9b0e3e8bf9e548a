"""Grafana's dashboards: what Argus is for on one page, and a page for each kind of work."""

from collections.abc import Callable, Mapping
from typing import Any

from scripts.monitoring import edge_metrics as edge
from scripts.monitoring.alerts import (
    ARCHIVE_AGE_M,
    BACKLOG,
    BACKUP_AGE_H,
    OLDEST_EVENT_S,
    WAITING_TEXTS,
    recorded,
)
from scripts.monitoring.objectives import INDEXED_S, INSPECT_MS, OBJECTIVES, SEARCH_MS, Objective
from scripts.monitoring.panels import Look, Panel, Query, dashboard
from scripts.monitoring.promql import JOBS, equal, like, selector
from scripts.monitoring.queries import (
    each_second,
    edge_each_second,
    edge_quantiles,
    edge_value,
    mean,
    quantiles,
    value,
)
from services.runtime import telemetry_contract as contract
from services.runtime.declared import Instrument

_OF_SERVICES = like(edge.CLUSTER, edge.SERVICES)
_FAILING = 'error_type!=""'


def dashboards() -> Mapping[str, dict[str, Any]]:
    """All, by the name of their file."""
    made: tuple[Callable[[], tuple[str, dict[str, Any]]], ...] = (
        _overview, _ingest, _search, _embedder, _inspection, _edge,
    )  # fmt: skip
    return dict(one() for one in made)


def _named(name: str, title: str, description: str, *panels: Panel) -> tuple[str, dict[str, Any]]:
    return name, dashboard(name, title, description, panels)


def _of(declared: Instrument, title: str, *queries: Query, **more: Any) -> Panel:  # noqa: ANN401 - fields of Panel
    """A panel of one metric, described as it is declared."""
    return Panel(title, f"{declared.meaning} (`{declared.name}`).", declared.unit, queries, **more)


def _rate(declared: Instrument, title: str, *queries: Query, **more: Any) -> Panel:  # noqa: ANN401 - fields of Panel
    """The same as rates."""
    words = f"{declared.meaning} (`{declared.name}`), each second."
    return Panel(title, words, "ops", queries, **more)


def _at_edge(
    declared: edge.EdgeMetric,
    title: str,
    unit: str,
    *queries: Query,
    **more: Any,  # noqa: ANN401 - fields of Panel
) -> Panel:
    return Panel(title, f"{declared.meaning} (`{declared.name}`).", unit, queries, **more)


def _objective(objective: Objective) -> Panel:
    of = equal("objective", objective.name)
    return Panel(
        f"Objective: {objective.name.replace('_', ' ')}",
        f"The share that was good in the last hour. Promised: {objective.promise}.",
        "percentunit",
        (Query(f"1 - {selector(recorded('1h'), of)}", objective.name),),
        floor=objective.target,
        look=Look.NUMBER,
        width=6,
        most=1,
    )


def _overview() -> tuple[str, dict[str, Any]]:
    return _named(
        "overview",
        "Overview",
        "Whether people get what Argus promises, and which part is to be looked at if not.",
        *(_objective(one) for one in OBJECTIVES),
        Panel(
            "Replicas that answer",
            "Replicas of each part whose metrics can be collected (`up`).",
            "short",
            (Query(f'sum by (job) (up{{{JOBS},job=~"$job"}})', "{{job}}"),),
        ),
        _rate(
            contract.RPC_DURATION,
            "Calls",
            Query(
                'sum by (job) (rate(rpc_server_call_duration_seconds_count{job=~"$job",'
                'instance=~"$instance"}[$__rate_interval]))',
                "{{job}}",
            ),
        ),
        _rate(
            contract.RPC_DURATION,
            "Calls that fail",
            each_second(
                contract.RPC_DURATION,
                contract.RPC_METHOD,
                contract.RPC_STATUS,
                matchers=(_FAILING,),
            ),
        ),
        _of(
            contract.STORAGE_DEPTH,
            "What waits in storage",
            value(contract.STORAGE_DEPTH, contract.QUEUE),
        ),
        _of(
            contract.INDEX_OLDEST,
            "Oldest image that waits for search",
            value(contract.INDEX_OLDEST),
            limit=INDEXED_S,
        ),
        _of(
            contract.BACKUP_AGE,
            "Age of the last backup",
            value(contract.BACKUP_AGE, how="min"),
            limit=BACKUP_AGE_H * 3600,
        ),
        _of(
            contract.ARCHIVE_AGE,
            "Changes that are not archived yet",
            value(contract.ARCHIVE_AGE, how="min"),
            limit=ARCHIVE_AGE_M * 60,
        ),
        _rate(
            contract.CLIENT_RETRIES,
            "Repeated calls between parts",
            each_second(contract.CLIENT_RETRIES, contract.REASON),
        ),
        _rate(
            contract.AUDIT_ENTRIES,
            "Entries of the audit",
            each_second(contract.AUDIT_ENTRIES, contract.OUTCOME),
        ),
        Panel(
            "Alerts",
            "Alerts that fire. Each names its runbook.",
            "short",
            (
                Query(
                    'count by (alertname, severity) (ALERTS{alertname=~"Argus.+",'
                    'alertstate="firing"})',
                    "{{severity}} {{alertname}}",
                ),
            ),
        ),
    )


def _ingest() -> tuple[str, dict[str, Any]]:
    return _named(
        "ingest",
        "Ingest",
        "Images from upload to searchable.",
        _rate(contract.COMPLETIONS, "Uploads", each_second(contract.COMPLETIONS, contract.OUTCOME)),
        _of(
            contract.VERIFICATION_DURATION,
            "Verifying an image",
            *quantiles(contract.VERIFICATION_DURATION, exemplars=True),
        ),
        _rate(
            contract.RENDERINGS, "Renditions", each_second(contract.RENDERINGS, contract.OUTCOME)
        ),
        _of(
            contract.STORAGE_DEPTH,
            "What waits in storage",
            value(contract.STORAGE_DEPTH, contract.QUEUE),
        ),
        _of(
            contract.INDEX_QUEUE,
            "Stream of images",
            value(contract.INDEX_QUEUE),
            limit=BACKLOG,
        ),
        _of(
            contract.INDEX_OLDEST,
            "Oldest event of the stream",
            value(contract.INDEX_OLDEST),
            limit=OLDEST_EVENT_S,
        ),
        _rate(
            contract.DEAD_EVENTS,
            "Events that were given up",
            each_second(contract.DEAD_EVENTS, contract.STREAM, contract.REASON),
        ),
        _rate(
            contract.INDEXED_IMAGES,
            "Images done",
            each_second(contract.INDEXED_IMAGES, contract.OUTCOME),
        ),
        _of(
            contract.INDEX_DELAY,
            "From upload to searchable",
            *quantiles(contract.INDEX_DELAY, exemplars=True),
            limit=INDEXED_S,
        ),
        _of(
            contract.INDEX_STAGE_DURATION,
            "Stages of indexing",
            *quantiles(contract.INDEX_STAGE_DURATION, contract.STAGE),
        ),
        _of(
            contract.INDEX_UNDER_WAY,
            "Images under way",
            value(contract.INDEX_UNDER_WAY, how="sum"),
        ),
        _of(
            contract.REINDEX_WAITING,
            "Images that another model is to embed",
            value(contract.REINDEX_WAITING),
        ),
        _rate(
            contract.RETENTION,
            "Images that went to the trash by a rule",
            each_second(contract.RETENTION),
        ),
        _rate(contract.VIDEOS, "Videos", each_second(contract.VIDEOS, contract.OUTCOME)),
        _of(
            contract.VIDEO_IMPORT_DURATION,
            "Importing a video",
            *quantiles(contract.VIDEO_IMPORT_DURATION),
        ),
    )


def _search() -> tuple[str, dict[str, Any]]:
    calls = like(contract.RPC_METHOD, "argus.search.+")
    return _named(
        "search",
        "Search",
        "Queries, where their time goes, and maps.",
        _rate(
            contract.RPC_DURATION,
            "Calls",
            each_second(contract.RPC_DURATION, contract.RPC_METHOD, matchers=(calls,)),
        ),
        _of(
            contract.RPC_DURATION,
            "SearchImages",
            *quantiles(
                contract.RPC_DURATION,
                matchers=(like(contract.RPC_METHOD, ".+/SearchImages"),),
                exemplars=True,
            ),
            limit=SEARCH_MS / 1000,
        ),
        _rate(
            contract.RPC_DURATION,
            "Calls that fail",
            each_second(
                contract.RPC_DURATION,
                contract.RPC_METHOD,
                contract.RPC_STATUS,
                matchers=(calls, _FAILING),
            ),
        ),
        _of(
            contract.QUERY_STAGE_DURATION,
            "Stages of a query",
            *quantiles(contract.QUERY_STAGE_DURATION, contract.STAGE, exemplars=True),
        ),
        _rate(
            contract.REMEMBERED,
            "Lookups of what was worked out lately",
            each_second(contract.REMEMBERED, contract.KIND, contract.OUTCOME),
        ),
        _rate(
            contract.EMBEDDED_CROPS,
            "Parts of images embedded",
            each_second(contract.EMBEDDED_CROPS),
        ),
        _rate(contract.HITS_DROPPED, "Hits without a record", each_second(contract.HITS_DROPPED)),
        _rate(
            contract.SAVED_MATCHES,
            "New matches of saved searches",
            each_second(contract.SAVED_MATCHES),
        ),
        _of(
            contract.SAVED_DELAY,
            "From searchable to a new match",
            *quantiles(contract.SAVED_DELAY),
        ),
        _of(
            contract.SAVED_WAITING,
            "Images to compare with saved searches",
            value(contract.SAVED_WAITING),
        ),
        _of(
            contract.MAP_DURATION,
            "Making maps",
            *quantiles(contract.MAP_DURATION, contract.KIND),
        ),
        _of(
            contract.CUTOFF_DURATION,
            "Learning cut-offs",
            *quantiles(contract.CUTOFF_DURATION),
        ),
        _of(
            contract.DUPLICATES_DURATION,
            "Looking for duplicates",
            *quantiles(contract.DUPLICATES_DURATION, contract.STAGE),
        ),
        _rate(
            contract.DUPLICATE_CLUSTERS,
            "Clusters of duplicates",
            each_second(contract.DUPLICATE_CLUSTERS, contract.KIND),
        ),
        _of(
            contract.GRAPH_WAITING,
            "Images without a graph",
            value(contract.GRAPH_WAITING),
        ),
        _of(
            contract.GRAPH_BUILD_DURATION,
            "Building Edge's graph",
            *quantiles(contract.GRAPH_BUILD_DURATION, contract.OUTCOME),
        ),
    )


def _embedder() -> tuple[str, dict[str, Any]]:
    return _named(
        "embedder",
        "Embedder",
        "What waits for models, how well they are used, and what the cache saves.",
        _rate(
            contract.EMBEDDER_ITEMS,
            "Items",
            each_second(contract.EMBEDDER_ITEMS, contract.KIND, contract.OUTCOME),
        ),
        _of(
            contract.QUEUE_DEPTH,
            "What waits",
            value(contract.QUEUE_DEPTH, contract.MODEL, contract.KIND, contract.PRIORITY),
        ),
        _of(
            contract.QUEUE_DEPTH,
            "Queries that wait",
            value(
                contract.QUEUE_DEPTH,
                contract.MODEL,
                matchers=(equal(contract.PRIORITY, "interactive"),),
            ),
            limit=WAITING_TEXTS,
        ),
        _of(
            contract.BATCH_SIZE,
            "Items in a run, on average",
            mean(contract.BATCH_SIZE, contract.KIND),
        ),
        _of(
            contract.MODEL_DURATION,
            "A run of the model",
            *quantiles(contract.MODEL_DURATION, contract.KIND),
        ),
        _of(
            contract.PREPARE_DURATION,
            "Decoding or tokenizing",
            *quantiles(contract.PREPARE_DURATION, contract.KIND),
        ),
        _rate(
            contract.CACHE_LOOKUPS,
            "Lookups of the cache",
            each_second(contract.CACHE_LOOKUPS, contract.KIND, contract.OUTCOME),
        ),
        _rate(
            contract.CACHE_FAILURES,
            "The cache does not answer",
            each_second(contract.CACHE_FAILURES),
        ),
        _of(
            contract.WORKER_MEMORY,
            "Memory of models",
            value(contract.WORKER_MEMORY, contract.MODEL, how="sum"),
        ),
        _rate(
            contract.WORKER_RESTARTS,
            "Workers that died",
            each_second(contract.WORKER_RESTARTS, contract.MODEL),
        ),
    )


def _inspection() -> tuple[str, dict[str, Any]]:
    return _named(
        "inspection",
        "Inspection",
        "Verdicts, what people think of them, and whether scores are still those of calibration.",
        _rate(
            contract.INSPECTED_IMAGES,
            "Verdicts",
            each_second(contract.INSPECTED_IMAGES, contract.OUTCOME),
        ),
        _rate(
            contract.INSPECTED_PARTS,
            "Verdicts of parts",
            each_second(contract.INSPECTED_PARTS, contract.OUTCOME),
        ),
        _rate(
            contract.INSPECTED_IMAGES,
            "Frames that cannot be inspected",
            each_second(
                contract.INSPECTED_IMAGES,
                contract.FRAME_PROBLEM,
                matchers=(equal(contract.OUTCOME, "uninspectable"),),
            ),
        ),
        _of(
            contract.RPC_DURATION,
            "Inspect",
            *quantiles(
                contract.RPC_DURATION,
                matchers=(like(contract.RPC_METHOD, ".+/Inspect"),),
                exemplars=True,
            ),
            limit=INSPECT_MS / 1000,
        ),
        _rate(
            contract.FRAMES_DROPPED,
            "Frames dropped",
            each_second(contract.FRAMES_DROPPED, contract.STAGE),
        ),
        _of(contract.FRAME_WAIT, "Wait of frames", *quantiles(contract.FRAME_WAIT)),
        _rate(
            contract.RESULTS_SENT,
            "Results sent on",
            each_second(contract.RESULTS_SENT, contract.KIND, contract.OUTCOME),
        ),
        _of(
            contract.INSPECTION_STAGE_DURATION,
            "Stages of an inspection",
            *quantiles(contract.INSPECTION_STAGE_DURATION, contract.STAGE, exemplars=True),
        ),
        _rate(
            contract.FEEDBACK, "What people judged", each_second(contract.FEEDBACK, contract.KIND)
        ),
        _of(
            contract.DRIFT_DISTANCE,
            "Distance from the calibration",
            value(contract.DRIFT_DISTANCE, contract.REFERENCE_SET),
            most=1,
        ),
        _of(
            contract.DRIFT_WARNING,
            "Sets that drift",
            value(contract.DRIFT_WARNING, contract.REFERENCE_SET),
            limit=1,
        ),
        _rate(contract.JOBS, "Jobs", each_second(contract.JOBS, contract.KIND, contract.OUTCOME)),
        _rate(contract.VERSION_LOADS, "Versions loaded", each_second(contract.VERSION_LOADS)),
        _of(
            contract.VERSION_MEMORY,
            "Memory of versions",
            value(contract.VERSION_MEMORY, how="sum"),
        ),
    )


def _edge() -> tuple[str, dict[str, Any]]:
    public = equal(edge.LISTENER, edge.PUBLIC)
    return _named(
        "edge",
        "Edge",
        "What people's requests meet: how they end, how long they take, who is behind.",
        _at_edge(
            edge.CALLS,
            "Calls by status",
            "ops",
            edge_each_second(edge.CALLS, edge.STATUS, matchers=(_OF_SERVICES,)),
        ),
        _at_edge(
            edge.CALLS,
            "Calls that failed by method",
            "ops",
            edge_each_second(
                edge.CALLS,
                edge.METHOD,
                edge.STATUS,
                matchers=(_OF_SERVICES, f'{edge.STATUS}!="0"'),
            ),
        ),
        _at_edge(
            edge.ANSWERS,
            "What the edge answered instead",
            "ops",
            edge_each_second(
                edge.ANSWERS, edge.CLUSTER, matchers=(_OF_SERVICES, equal(edge.CODE_CLASS, "5"))
            ),
        ),
        _at_edge(
            edge.CALL_TIME,
            "Time of searches",
            "ms",
            *edge_quantiles(
                edge.CALL_TIME, edge.METHOD, matchers=(equal(edge.METHOD, "SearchImages"),)
            ),
            limit=SEARCH_MS,
        ),
        _at_edge(
            edge.CALL_TIME,
            "Time of inspections",
            "ms",
            *edge_quantiles(edge.CALL_TIME, edge.METHOD, matchers=(equal(edge.METHOD, "Inspect"),)),
            limit=INSPECT_MS,
        ),
        _at_edge(
            edge.CALL_TIME,
            "Slowest methods",
            "ms",
            Query(
                "topk(10, "
                + edge_quantiles(edge.CALL_TIME, edge.METHOD, matchers=(_OF_SERVICES,))[1].expr
                + ")",
                "{{envoy_grpc_bridge_method}}",
            ),
        ),
        _at_edge(
            edge.HEALTHY,
            "Replicas that are well",
            "short",
            edge_value(edge.HEALTHY, edge.CLUSTER, how="min", matchers=(_OF_SERVICES,)),
            floor=1,
        ),
        _at_edge(
            edge.MEMBERS,
            "Replicas that are known",
            "short",
            edge_value(edge.MEMBERS, edge.CLUSTER, how="max", matchers=(_OF_SERVICES,)),
        ),
        _at_edge(
            edge.RETRIES,
            "Requests sent again",
            "ops",
            edge_each_second(edge.RETRIES, edge.CLUSTER, matchers=(_OF_SERVICES,)),
        ),
        _at_edge(
            edge.REQUESTS,
            "Requests by class",
            "ops",
            edge_each_second(edge.REQUESTS, edge.CODE_CLASS, matchers=(public,)),
        ),
        _at_edge(
            edge.ACTIVE, "Open requests", "short", edge_value(edge.ACTIVE, matchers=(public,))
        ),
        _at_edge(
            edge.CONNECTIONS,
            "Connections",
            "short",
            edge_value(edge.CONNECTIONS, matchers=(public,)),
        ),
        _at_edge(
            edge.RECEIVED,
            "Bytes received",
            "Bps",
            edge_each_second(edge.RECEIVED, matchers=(public,)),
        ),
        _at_edge(edge.SENT, "Bytes sent", "Bps", edge_each_second(edge.SENT, matchers=(public,))),
        _at_edge(edge.MEMORY, "Memory", "bytes", edge_value(edge.MEMORY, "instance")),
    )
