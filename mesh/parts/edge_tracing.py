"""The edge's part in traces: it begins the span of a request, or goes on with its client's."""

import json
import os
import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mesh.errors import MeshError

CLUSTER = "collector"
_TYPES = "type.googleapis.com"


@dataclass(frozen=True)
class Traces:
    """What becomes of requests' spans."""

    otlp_url: str = ""
    """The collector, for OTLP over gRPC without TLS, `http://host:port` or `unix:///path`; empty:
    there are none."""

    percent: float = 100.0
    """Of the requests that bring no trace of their own, so many are traced."""

    replica: str = field(default_factory=socket.gethostname)
    """Which edge it is."""

    def values(self) -> dict[str, str]:
        """What the template calls them.

        Raises:
            MeshError: The address is none.
        """
        return {
            "TRACING": _tracing(self.otlp_url, percent=self.percent, replica=self.replica),
            "COLLECTOR_CLUSTER": _collector_cluster(self.otlp_url),
        }


def traces_by_environment() -> Traces:
    """What whoever starts the mesh has set.

    Raises:
        MeshError: It makes no sense.
    """
    said = os.environ.get("ARGUS_TRACE_PERCENT") or "100"
    try:
        percent = float(said)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise MeshError(
            f"ARGUS_TRACE_PERCENT is {said!r}.", "It is a number from 0 to 100; 100 if unset."
        )
    return Traces(
        os.environ.get("ARGUS_OTLP_URL", ""),
        percent,
        os.environ.get("ARGUS_REPLICA") or socket.gethostname(),
    )


def _tracing(otlp_url: str, *, percent: float, replica: str) -> str:
    """A line of the listener's connection manager; empty without a collector."""
    if not otlp_url:
        return ""
    provider = {
        "name": "envoy.tracers.opentelemetry",
        "typed_config": {
            "@type": f"{_TYPES}/envoy.config.trace.v3.OpenTelemetryConfig",
            "grpc_service": {"envoy_grpc": {"cluster_name": CLUSTER}, "timeout": "1s"},
            "service_name": "argus-edge",
            "sampler": _sampler(percent),
            "resource_detectors": [
                {
                    "name": "envoy.tracers.opentelemetry.resource_detectors.static_config",
                    "typed_config": {
                        "@type": f"{_TYPES}/envoy.extensions.tracers.opentelemetry."
                        "resource_detectors.v3.StaticConfigResourceDetectorConfig",
                        "attributes": {
                            "service.namespace": "argus",
                            "service.instance.id": replica,
                        },
                    },
                }
            ],
        },
    }
    return "tracing: " + json.dumps(
        {
            "provider": provider,
            # The sampler decides; this would leave out requests that bring a trace, too.
            "random_sampling": {"value": 100},
            "operation": "%REQ(:METHOD)% %PATH(NQ:ORIG_OR_PATH)%",
            # What is after the question mark may sign, or sign in.
            "max_path_tag_length": 0,
            "custom_tags": [{"tag": "url.path", "value": "%PATH(NQ:ORIG_OR_PATH)%"}],
        }
    )


def _sampler(percent: float) -> dict[str, object]:
    """As a client's trace says; of requests without one so many of a hundred are recorded."""
    samplers = f"{_TYPES}/envoy.extensions.tracers.opentelemetry.samplers.v3"
    of_a_million = {"numerator": round(percent * 10_000), "denominator": "MILLION"}
    return {
        "name": "envoy.tracers.opentelemetry.samplers.parent_based",
        "typed_config": {
            "@type": f"{samplers}.ParentBasedSamplerConfig",
            "wrapped_sampler": {
                "name": "envoy.tracers.opentelemetry.samplers.trace_id_ratio_based",
                "typed_config": {
                    "@type": f"{samplers}.TraceIdRatioBasedSamplerConfig",
                    "sampling_percentage": of_a_million,
                },
            },
        },
    }


def _collector_cluster(otlp_url: str) -> str:
    """An entry of the list of clusters; empty without a collector.

    Raises:
        MeshError: The address is none.
    """
    if not otlp_url:
        return ""
    kind, address = _address(otlp_url)
    cluster = {
        "name": CLUSTER,
        "type": kind,
        "connect_timeout": "1s",
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": f"{_TYPES}/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        },
        "load_assignment": {
            "cluster_name": CLUSTER,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
    }
    return f"- {json.dumps(cluster)}"


def _address(otlp_url: str) -> tuple[str, dict[str, object]]:
    """How Envoy finds the collector, and its address as Envoy has it.

    Raises:
        MeshError: It is none.
    """
    try:
        found = urlsplit(otlp_url)
        host, port = found.hostname, found.port or 4317
    except ValueError:
        found, host, port = urlsplit(""), None, 0
    if found.scheme == "unix" and not host and found.path.startswith("/"):
        return "STATIC", {"pipe": {"path": found.path}}
    if not host or found.scheme != "http":
        raise MeshError(
            f"ARGUS_OTLP_URL does not name a collector: {otlp_url}",
            "It is like http://127.0.0.1:4317 or unix:///run/otlp.sock, without TLS.",
        )
    return "STRICT_DNS", {"socket_address": {"address": host, "port_value": port}}
