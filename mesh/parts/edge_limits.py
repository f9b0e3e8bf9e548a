"""How much of the edge one caller may have: the limits, and the filter that keeps them."""

import json
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mesh.errors import MeshError
from mesh.layout import Layout
from services.runtime.message_limits import MessageLimits
from services.runtime.policy import Cost, MethodPolicy

VARIABLE = "ARGUS_LIMITS_FILE"
STREAM = "stream"
"""The class of streaming methods, which count here and in the class of their cost."""

MAX_CALLERS = 10_000
"""Of each class; beyond these, the caller who was away longest begins anew."""

_FILTER = "envoy.filters.http.local_ratelimit"
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
    messages: MessageLimits
    connections: Connections
    edge: Edge


def load_limits(shipped: Path, layout: Layout | None, named: Path | None = None) -> Limits:
    """The limits.

    Args:
        shipped: The product's own file.
        layout: The mesh whose folder may have a file of the operator's.
        named: The operator's file, if it is not the one that this process would choose.

    Raises:
        MeshError: The operator's file cannot be read; says which entry is wrong.
    """
    values = tomllib.loads(shipped.read_text())
    chosen = named or operators_file(layout)
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


def rate_limits(
    limits: Limits, policies: Iterable[MethodPolicy], resource: Path | None = None
) -> str:
    """The filter, as a value in YAML (JSON is YAML); what counts as what, routes say (`counts_as`).

    Args:
        limits: What callers may.
        policies: Of all methods.
        resource: File from which Envoy takes it instead, and again when it is replaced: it has
            `limits_resource`.
    """
    if resource is None:
        return json.dumps({"name": _FILTER, "typed_config": _filter(limits, policies)})
    source = {
        "path_config_source": {"path": str(resource)},
        "resource_api_version": "V3",
        "initial_fetch_timeout": "15s",
    }
    discovery = {"config_source": source, "type_urls": [_LIMIT]}
    return json.dumps({"name": _FILTER, "config_discovery": discovery})


def limits_resource(limits: Limits, policies: Iterable[MethodPolicy]) -> Mapping[str, object]:
    """The filter as Envoy discovers it in a file (ECDS).

    With new limits every caller's bucket is full again; connections and calls under way stay.
    """
    config = {
        "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
        "name": _FILTER,
        "typed_config": _filter(limits, policies),
    }
    return {"resources": [config]}


def _filter(limits: Limits, policies: Iterable[MethodPolicy]) -> Mapping[str, object]:
    kinds = {kind for policy in policies if policy.through_edge for kind in _kinds(policy)}
    return {
        "@type": _LIMIT,
        "stat_prefix": "calls",
        "filter_enabled": _ALL,
        "filter_enforced": _ALL,
        "enable_x_ratelimit_headers": "DRAFT_VERSION_03",
        "enable_retry_after_header": True,
        "rate_limited_as_resource_exhausted": True,
        "max_dynamic_descriptors": MAX_CALLERS,
        "descriptors": [kind.bucket(getattr(limits.calls, kind.name)) for kind in sorted(kinds)],
    }


def counts_as(policy: MethodPolicy) -> list[Mapping[str, object]]:
    """What a call of a method counts as, for its route: its class and caller, and as a stream."""
    return [
        {
            "actions": [
                {"generic_key": {"descriptor_key": _CLASS, "descriptor_value": kind.value}},
                _BY_ADDRESS if kind.public else _BY_USER,
            ]
        }
        for kind in _kinds(policy)
    ]


class _Kind(NamedTuple):
    """Calls that are counted together."""

    name: str
    """Their class."""

    public: bool
    """Whether they need no token, so that an address counts in place of a user."""

    @property
    def value(self) -> str:
        """What a descriptor says of them."""
        return f"{self.name} by address" if self.public else self.name

    def bucket(self, rate: Rate) -> Mapping[str, object]:
        """One for each caller."""
        caller = "masked_remote_address" if self.public else "user"
        return {
            "entries": [{"key": _CLASS, "value": self.value}, {"key": caller}],
            "token_bucket": {
                "max_tokens": max(rate.burst, rate.per_second),
                "tokens_per_fill": rate.per_second,
                "fill_interval": "1s",
            },
        }


_CLASS = "class"
_BY_ADDRESS = {"masked_remote_address": {"v4_prefix_mask_len": 32, "v6_prefix_mask_len": 64}}
_BY_USER = {
    "metadata": {
        "descriptor_key": "user",
        "metadata_key": {
            "key": "envoy.filters.http.jwt_authn",
            "path": [{"key": "jwt_payload"}, {"key": "sub"}],
        },
        "source": "DYNAMIC",
    }
}


def _kinds(policy: MethodPolicy) -> Iterator[_Kind]:
    yield _Kind(Cost.Name(policy.cost).lower(), policy.public)
    if policy.streaming:
        yield _Kind(STREAM, policy.public)


def named_file() -> Path | None:
    """The file that the environment names."""
    named = os.environ.get(VARIABLE)
    return Path(named).absolute() if named else None


def operators_file(layout: Layout | None) -> Path | None:
    """The file in which whoever runs the mesh chose limits; None if there is none."""
    if named := named_file():
        return named
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
