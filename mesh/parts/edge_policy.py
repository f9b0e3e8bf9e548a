"""The contract's policies as the edge has them: routes of methods, and who needs a token.

Each method has a route of its own, by its full path. What is not for the outside has none, and is
answered as what is not there; what nobody says a policy of does not build.
"""

import json
from collections.abc import Iterable, Mapping

from argus.auth.v1 import auth_pb2
from argus.policy.v1 import policy_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from mesh.parts.edge_limits import counts_as
from services.runtime.edge import CLIENT_ADDRESS, EDGE_KEY
from services.runtime.policy import FOREIGN, MethodPolicy, contract_policies

SPARE_S = 1
"""So much longer than the services waits the edge, because they can say better what took long."""

FRAMING_BYTES = 1024
"""What a body may have beside its message."""

METADATA = "argus.policy"
"""Name of the routes' metadata, in which limits and logs find the cost class."""

_EMBEDDERS = ("argus.embedder.v1.EmbedderService", "argus.embedder.v1.NetworkService")
_HEALTH = "grpc.health.v1.Health"

# Where a service answers whose cluster has another name than its package.
_CLUSTERS = {
    "argus.installation.v1.InstallationService": "inspection",
    # Nobody needs a token for these, so they have connections of their own.
    _HEALTH: "health",
    "grpc.reflection.v1alpha.ServerReflection": "reflection",
}

# For what may be sent again. Other requests are, by the virtual host's own policy, only if they had
# not begun.
_RETRY = {
    "retry_on": "connect-failure,refused-stream,reset-before-request,unavailable",
    "num_retries": 2,
    "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
    "host_selection_retry_max_attempts": 3,
    "retry_host_predicate": [
        {
            "name": "envoy.retry_host_predicates.previous_hosts",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3"
                ".PreviousHostsPredicate"
            },
        }
    ],
}
_BUFFER = "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute"

KEYS_METHOD = (
    f"/{auth_pb2.DESCRIPTOR.services_by_name['AuthService'].full_name}"
    f"/{auth_pb2.DESCRIPTOR.services_by_name['AuthService'].methods_by_name['GetJwks'].name}"
)
"""What gives the token check its keys."""


def policies_of(descriptor_set: bytes) -> dict[str, MethodPolicy]:
    """The policies of the contract's methods and of `FOREIGN`, by full method.

    Raises:
        PolicyError: a method has none.
    """
    return {**contract_policies(FileDescriptorSet.FromString(descriptor_set)), **FOREIGN}


def method_routes(policies: Iterable[MethodPolicy], *, proof: str = "") -> list[str]:
    """The routes of what can be called from outside, each a line of a list in YAML.

    Args:
        policies: Of all methods.
        proof: What the edge proves itself to services with.
    """
    return _lines(_route(policy, proof) for policy in policies if policy.through_edge)


def service_routes(policies: Iterable[MethodPolicy]) -> list[str]:
    """The routes of what services call through the edge, which is the embedders alone."""
    called = (policy for policy in policies if policy.service in (*_EMBEDDERS, _HEALTH))
    return _lines(_service_route(policy) for policy in called)


def token_rules(policies: Iterable[MethodPolicy]) -> str:
    """What needs a token, as a value in YAML: the first rule that a path matches counts."""
    open_to_all = [{"match": {"path": policy.method}} for policy in policies if policy.public]
    rest = {"match": {"prefix": "/argus."}, "requires": {"provider_name": "argus"}}
    return json.dumps([*open_to_all, rest])


def rest_services(policies: Iterable[MethodPolicy]) -> str:
    """Our services with something for the outside, as a value in YAML."""
    names = {policy.service: None for policy in policies if policy.through_edge}
    return json.dumps([name for name in names if name.startswith("argus.")])


def _route(policy: MethodPolicy, proof: str) -> Mapping[str, object]:
    to: dict[str, object] = {"cluster": _cluster(policy)} | _time(policy)
    to["rate_limits"] = counts_as(policy)
    if policy.retryable:
        to["retry_policy"] = _RETRY
    route: dict[str, object] = {
        "match": {"path": policy.method},
        "route": to,
        "metadata": {"filter_metadata": {METADATA: {"cost": policy_pb2.Cost.Name(policy.cost)}}},
    }
    if policy.cost == policy_pb2.AUTH or policy.audited:
        # Auth counts attempts by address, and the audit says where calls came from. Services
        # believe the edge alone, which proves itself.
        said = {CLIENT_ADDRESS: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", EDGE_KEY: proof}
        route["request_headers_to_add"] = [
            {
                "header": {"key": key, "value": value},
                "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
            }
            for key, value in said.items()
        ]
    if policy.public and not policy.client_streaming and policy.max_request_bytes:
        # Nobody has said who it is: a request is passed on when it is whole, and is not too large.
        limit = policy.max_request_bytes + FRAMING_BYTES
        route["typed_per_filter_config"] = {
            "envoy.filters.http.buffer": {"@type": _BUFFER, "buffer": {"max_request_bytes": limit}}
        }
    return route


def _service_route(policy: MethodPolicy) -> Mapping[str, object]:
    to: dict[str, object] = {"cluster": "embedder"}
    if policy.streaming:
        to |= {"timeout": "0s", "idle_timeout": "0s"}
    else:
        to |= _time(policy)
    if policy.retryable:
        to["retry_policy"] = _RETRY
    return {"match": {"path": policy.method}, "route": to}


def _time(policy: MethodPolicy) -> dict[str, object]:
    limits = {
        "max_stream_duration": _duration(policy.deadline_s + SPARE_S),
        "grpc_timeout_header_max": _duration(policy.max_deadline_s + SPARE_S),
    }
    if policy.idle_s is None:
        return {"max_stream_duration": limits}
    return {
        "timeout": "0s",
        "idle_timeout": _duration(policy.idle_s),
        "max_stream_duration": limits,
    }


def _duration(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"


def _cluster(policy: MethodPolicy) -> str:
    return _CLUSTERS.get(policy.service) or policy.service.split(".")[1]


def _lines(routes: Iterable[Mapping[str, object]]) -> list[str]:
    """JSON is YAML."""
    return [f"- {json.dumps(route)}" for route in routes]
