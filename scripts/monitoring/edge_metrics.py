"""What the edge exports that rules and dashboards read: Envoy's names, of `/stats/prometheus`.

Calls are counted once by the statistics of gRPC if a service answered, over REST too, and once by
the cluster's codes if the edge had to answer instead. A native call that the edge answers is in
both (envoyproxy/envoy issue 11556).
"""

from dataclasses import dataclass

SERVICES = "auth|storage|embedder|search|inspection"
"""Clusters of services; calls of health and reflection have clusters of their own."""

OBJECTS = "store"
"""The cluster of the object store, which bytes go through."""

PUBLIC = "public"
"""What people reach."""


@dataclass(frozen=True)
class EdgeMetric:
    """A metric of Envoy."""

    name: str
    """As Prometheus sees it; without `_bucket` and so on if it is a histogram."""

    meaning: str
    unit: str
    labels: tuple[str, ...]
    histogram: bool = False


CLUSTER = "envoy_cluster_name"
METHOD = "envoy_grpc_bridge_method"
SERVICE = "envoy_grpc_bridge_service"
STATUS = "envoy_grpc_status"
CODE_CLASS = "envoy_response_code_class"
LISTENER = "envoy_http_conn_manager_prefix"

CALLS = EdgeMetric(
    "envoy_cluster_grpc",
    "Calls by method and how they ended: the number of gRPC's status",
    "{call}",
    (CLUSTER, SERVICE, METHOD, STATUS),
)
CALL_TIME = EdgeMetric(
    "envoy_cluster_grpc_upstream_rq_time",
    "Time from a call's end of sending to the end of its answer, by method",
    "ms",
    (CLUSTER, SERVICE, METHOD),
    histogram=True,
)
ANSWERS = EdgeMetric(
    "envoy_cluster_upstream_rq_xx",
    "Requests by where they went and the class of HTTP's status; 5 of a service is what the edge "
    "answered because the service did not",
    "{request}",
    (CLUSTER, CODE_CLASS),
)
REQUESTS = EdgeMetric(
    "envoy_http_downstream_rq_xx",
    "Requests by listener and the class of HTTP's status; native gRPC fails with class 2",
    "{request}",
    (LISTENER, CODE_CLASS),
)
ACTIVE = EdgeMetric(
    "envoy_http_downstream_rq_active",
    "Requests and streams that are open",
    "{request}",
    (LISTENER,),
)
CONNECTIONS = EdgeMetric(
    "envoy_http_downstream_cx_active", "Connections that are open", "{connection}", (LISTENER,)
)
RECEIVED = EdgeMetric(
    "envoy_http_downstream_cx_rx_bytes_total", "Bytes received", "By", (LISTENER,)
)
SENT = EdgeMetric("envoy_http_downstream_cx_tx_bytes_total", "Bytes sent", "By", (LISTENER,))
HEALTHY = EdgeMetric(
    "envoy_cluster_membership_healthy", "Replicas that the edge finds well", "{replica}", (CLUSTER,)
)
MEMBERS = EdgeMetric(
    "envoy_cluster_membership_total", "Replicas that the edge knows", "{replica}", (CLUSTER,)
)
RETRIES = EdgeMetric(
    "envoy_cluster_upstream_rq_retry", "Requests that were sent again", "{request}", (CLUSTER,)
)
MEMORY = EdgeMetric("envoy_server_memory_allocated", "Memory that the edge has taken", "By", ())

EDGE_METRICS = tuple(found for found in tuple(globals().values()) if isinstance(found, EdgeMetric))
