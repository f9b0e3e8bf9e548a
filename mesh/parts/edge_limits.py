"""How much of the edge one caller may have: the limits, and the filter that keeps them."""

import base64
import json
import os
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from google.protobuf import descriptor_pb2, duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.parts.edge_classes import HEALTH, cost_class, needs_no_token

VARIABLE = "ARGUS_LIMITS_FILE"
STREAM = "stream"
"""The class of streaming methods, which count here and in the class of their cost."""

MAX_CALLERS = 10_000
"""Of each class; beyond these, the caller who was away longest begins anew."""

_Count = Field(ge=1, le=1_000_000_000)
_LIMIT = "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit"
_ALL = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}


class _Table(BaseModel):
    """A table of the file, which has nothing that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rate(_Table):
    """A token bucket."""

    per_second: int = _Count
    burst: int = _Count


class Calls(_Table):
    """Rates by class."""

    read: Rate
    write: Rate
    search: Rate
    upload: Rate
    download: Rate
    embed: Rate
    inspect: Rate
    train: Rate
    watch: Rate
    auth: Rate
    health: Rate
    stream: Rate


class Connections(_Table):
    """How many connections there may be at once."""

    total: int = _Count
    per_address: int = _Count


class Edge(_Table):
    """The process, and what stands in front of it."""

    memory_bytes: int = Field(ge=2**26)
    trusted_proxies: int = Field(ge=0, le=16)


class Limits(_Table):
    """`envoy/limits.toml`, perhaps with another file over it."""

    calls: Calls
    connections: Connections
    edge: Edge


def load_limits(shipped: Path, layout: Layout | None) -> Limits:
    """The limits.

    Args:
        shipped: The product's own file.
        layout: The mesh whose folder may have a file of the operator's.

    Raises:
        MeshError: The operator's file cannot be read; says which entry is wrong.
    """
    values = tomllib.loads(shipped.read_text())
    chosen = _operators_file(layout)
    if chosen is None:
        return Limits.model_validate(values)
    try:
        return Limits.model_validate(_over(values, tomllib.loads(chosen.read_text())))
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise MeshError(f"{chosen} cannot be read: {error}", "Correct or remove it.") from error
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()
        )
        raise MeshError(f"{chosen}: {wrong}", f"{shipped} has every entry.") from error


def rate_limits(limits: Limits, descriptor_set: bytes) -> str:
    """The filter, as a value in YAML (JSON is YAML)."""
    kinds = list(_kinds(limits, descriptor_set))
    config = {
        "@type": _LIMIT,
        "stat_prefix": "calls",
        "filter_enabled": _ALL,
        "filter_enforced": _ALL,
        "enable_x_ratelimit_headers": "DRAFT_VERSION_03",
        "enable_retry_after_header": True,
        "rate_limited_as_resource_exhausted": True,
        "max_dynamic_descriptors": MAX_CALLERS,
        "rate_limits": [{"actions": [kind.class_action, kind.caller_action]} for kind in kinds],
        "descriptors": [kind.bucket for kind in kinds],
    }
    return json.dumps({"name": "envoy.filters.http.local_ratelimit", "typed_config": config})


def rate_limited_status() -> str:
    """What a refused gRPC call carries in `grpc-status-details-bin`."""
    status = status_pb2.Status(
        code=code_pb2.RESOURCE_EXHAUSTED,
        message="Too many calls of this kind: wait as RetryInfo says.",
    )
    status.details.add().Pack(
        error_details_pb2.ErrorInfo(reason="RATE_LIMITED", domain="argus.internal")
    )
    # Buckets are filled every second.
    status.details.add().Pack(
        error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=1))
    )
    return base64.b64encode(status.SerializeToString()).decode().rstrip("=")


class _Kind:
    """Methods that are counted together.

    Args:
        name: Their class.
        public: Whether they need no token, so that an address counts in place of a user.
        rate: What a caller may.
    """

    def __init__(self, name: str, *, public: bool, rate: Rate) -> None:
        self._name = f"{name} by address" if public else name
        self._public = public
        self._rate = rate
        self.methods: list[str] = []

    @cached_property
    def class_action(self) -> Mapping[str, object]:
        """Finds out whether a call is of this kind."""
        paths = "|".join(
            f"{re.escape(one)}.*" if one.endswith(("/", ".")) else re.escape(one)
            for one in sorted(self.methods)
        )
        match = {"name": ":path", "string_match": {"safe_regex": {"regex": paths}}}
        return {
            "header_value_match": {
                "descriptor_key": "class",
                "descriptor_value": self._name,
                "headers": [match],
            }
        }

    @cached_property
    def caller_action(self) -> Mapping[str, object]:
        """Finds out who calls."""
        if self._public:
            return {
                "masked_remote_address": {"v4_prefix_mask_len": 32, "v6_prefix_mask_len": 64},
            }
        return {
            "metadata": {
                "descriptor_key": "user",
                "metadata_key": {
                    "key": "envoy.filters.http.jwt_authn",
                    "path": [{"key": "jwt_payload"}, {"key": "sub"}],
                },
                "source": "DYNAMIC",
            }
        }

    @cached_property
    def bucket(self) -> Mapping[str, object]:
        """One for each caller."""
        caller = "masked_remote_address" if self._public else "user"
        return {
            "entries": [{"key": "class", "value": self._name}, {"key": caller}],
            "token_bucket": {
                "max_tokens": max(self._rate.burst, self._rate.per_second),
                "tokens_per_fill": self._rate.per_second,
                "fill_interval": "1s",
            },
        }


def _kinds(limits: Limits, descriptor_set: bytes) -> Iterator[_Kind]:
    methods: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)
    methods[HEALTH, True] += ["/grpc.health.v1.Health/", "/grpc.reflection."]
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptor_set).file:
        for service in file.service:
            for method in service.method:
                path = f"/{file.package}.{service.name}/{method.name}"
                public = needs_no_token(path)
                methods[cost_class(path), public].append(path)
                if method.client_streaming or method.server_streaming:
                    methods[STREAM, public].append(path)
    for (name, public), paths in sorted(methods.items()):
        kind = _Kind(name, public=public, rate=getattr(limits.calls, name))
        kind.methods += paths
        yield kind


def _operators_file(layout: Layout | None) -> Path | None:
    if named := os.environ.get(VARIABLE):
        return Path(named)
    if layout is not None and layout.limits_file.exists():
        return layout.limits_file
    return None


def _over(values: dict[str, object], chosen: Mapping[str, object]) -> dict[str, object]:
    """The values with those that were chosen over them, table by table."""
    merged = dict(values)
    for name, value in chosen.items():
        below = merged.get(name)
        both = isinstance(below, dict) and isinstance(value, Mapping)
        merged[name] = _over(below, value) if both else value  # type: ignore[arg-type] # a dict
    return merged
