"""The contract's REST paths as routes of the edge.

A request that the transcoder takes leaves these routes for those of the gRPC methods; before that
they decide what happens to its body, and afterwards what is said of a method that the path does
not have. The route's name is what such an answer carries in `allow`.

A body is held whole before it is transcoded, so it is bounded, must come in time, and is not read
at all for a caller without a token, where the method needs one.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from google.api import annotations_pb2, http_pb2
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pool import DescriptorPool

from services.runtime.policy import MethodPolicy

MAX_BODY_BYTES = 2**25
"""What the transcoder takes, whatever the method would."""

BODY_TIMEOUT_S = 15
"""Until a body is there."""
LARGE_BODY_TIMEOUT_S = 60
"""The same for a body with a field of bytes: 20 MiB at 4 Mbit/s."""

_LUA = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.LuaPerRoute"
_BUFFER = "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute"
_CHECK = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig"
_ORDER = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

Fields = dict[str, "bool | Fields"]
"""Names that a JSON object may have: true for a value, fields again for a message."""


@dataclass
class RestPath:
    """A path of the contract.

    Attributes:
        pattern: RE2 of the whole path.
        bodies: HTTP methods, and the message that the body of each is; None without a body.
        limits: HTTP methods, and how long the body of each may be, in bytes.
        gives_bytes: Whether GET answers with bytes of some other media type than JSON.
        public: HTTP methods that need no token.
    """

    pattern: str
    bodies: dict[str, Descriptor | None] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    gives_bytes: bool = False
    public: set[str] = field(default_factory=set)

    @property
    def allow(self) -> str:
        """The HTTP methods that it has, as the header `allow` lists them."""
        methods = {*self.bodies, *({"HEAD"} if "GET" in self.bodies else ())}
        return ", ".join(sorted(methods, key=_ORDER.index))


def rest_paths(descriptor_set: bytes, policies: Mapping[str, MethodPolicy]) -> list[RestPath]:
    """The REST paths of a contract, the more special ones first.

    Args:
        descriptor_set: The contract.
        policies: Of each method, by full method.
    """
    files = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set)
    pool = DescriptorPool()
    for file in files.file:
        pool.Add(file)
    found: dict[str, RestPath] = {}
    for file in files.file:
        for service in file.service:
            for method in service.method:
                message = pool.FindMessageTypeByName(method.input_type.removeprefix("."))
                policy = policies[f"/{file.package}.{service.name}/{method.name}"]
                for verb, path, body in _bindings(method.options.Extensions[annotations_pb2.http]):
                    # Paths may name the same variable otherwise: `{image_id}`, `{image.image_id}`.
                    pattern = _pattern(path)
                    known = found.setdefault(pattern, RestPath(pattern))
                    known.bodies[verb] = _body_message(message, body)
                    known.limits[verb] = _longest_body(message, policy)
                    if policy.public:
                        known.public.add(verb)
                    known.gives_bytes |= verb == "GET" and method.output_type == _BYTES
    return [found[one] for one in sorted(found, key=lambda one: (_ANY in one, -len(one)))]


def rest_routes(descriptor_set: bytes, policies: Mapping[str, MethodPolicy]) -> list[str]:
    """The routes, each a line of a list in YAML (JSON is YAML)."""
    return [f"- {json.dumps(route)}" for route in _routes(rest_paths(descriptor_set, policies))]


def fields_of(message: Descriptor) -> Fields:
    """What a JSON object for a message may have, by both names of each field."""
    fields: Fields = {}
    for one in message.fields:
        inner = _looked_into(one)
        fields[one.json_name] = fields[one.name] = True if inner is None else fields_of(inner)
    return fields


def _routes(paths: list[RestPath]) -> Iterator[Mapping[str, object]]:
    for path in paths:
        match = {"safe_regex": {"regex": path.pattern}}
        for verb, message in path.bodies.items():
            answer = _ANSWER if path.gives_bytes and verb == "GET" else {}
            yield {
                "name": path.allow,
                "match": match | {"headers": [_method_is(verb)]},
                "route": _NOWHERE | {"max_stream_duration": _within(message)},
                "typed_per_filter_config": (
                    ({} if verb in path.public else _TOKEN_FIRST)
                    | _body_bound(path.limits[verb])
                    | (answer if message is None else _body_read(message))
                ),
            }
        # No method: nothing reads a body.
        yield {"name": path.allow, "match": match, "route": _NOWHERE}


_ANY = "[^/]+"
_BYTES = ".google.api.HttpBody"

# Has the filter's default script see the answer, which may say that the client has it already.
_ANSWER = {
    "envoy.filters.http.lua": {
        "@type": _LUA,
        "name": "answer",
    }
}

# What is still here after transcoding is no method's.
_NOWHERE = {"cluster": "nowhere", "cluster_not_found_response_code": "NOT_FOUND"}


def _method_is(verb: str) -> Mapping[str, object]:
    return {"name": ":method", "string_match": {"exact": verb}}


# The check behind the transcoder comes when a body is there.
_TOKEN_FIRST = {"argus.first_token_check": {"@type": _CHECK, "requirement_name": "user"}}


def _longest_body(message: Descriptor, policy: MethodPolicy) -> int:
    """Bytes of a body that stands for the largest message; bytes in it are base64."""
    limit = policy.max_request_bytes or MAX_BODY_BYTES
    if _has_bytes(message):
        limit += limit // 3
    return min(limit, MAX_BODY_BYTES)


def _body_bound(limit: int) -> dict[str, object]:
    return {"envoy.filters.http.buffer": {"@type": _BUFFER, "buffer": {"max_request_bytes": limit}}}


def _within(message: Descriptor | None) -> Mapping[str, str]:
    """How long the stream may last before its body is there; the gRPC method's route follows."""
    large = message is not None and _has_bytes(message)
    return {"max_stream_duration": f"{LARGE_BODY_TIMEOUT_S if large else BODY_TIMEOUT_S}s"}


def _has_bytes(message: Descriptor) -> bool:
    return any(one.type == one.TYPE_BYTES for one in message.fields)


def _body_read(message: Descriptor) -> dict[str, object]:
    context = {"fields": fields_of(message)}
    return {
        "envoy.filters.http.lua": {"@type": _LUA, "name": "json_body", "filter_context": context}
    }


def _body_message(message: Descriptor, body: str) -> Descriptor | None:
    """The message that a body is: the whole request, or one field of it."""
    if body in {"", "*"}:
        return message if body else None
    return message.fields_by_name[body].message_type


def _bindings(rule: http_pb2.HttpRule) -> Iterator[tuple[str, str, str]]:
    """HTTP method, path, and which field the body is, of each binding."""
    pattern = rule.WhichOneof("pattern")
    if pattern is not None:
        yield pattern.upper(), getattr(rule, pattern), rule.body
    for more in rule.additional_bindings:
        yield from _bindings(more)


def _pattern(path: str) -> str:
    """RE2 of a path such as `/api/images/{image_id}:complete`; a slash may follow."""
    pieces = re.split(r"(\{[^}]*\})", path)
    return "".join(_ANY if one.startswith("{") else re.escape(one) for one in pieces) + "/?"


def _looked_into(one: FieldDescriptor) -> Descriptor | None:
    """The message whose fields a field's JSON has; None for other values, and for maps."""
    message = one.message_type
    if message is None or message.GetOptions().map_entry:
        return None
    # Their JSON is not an object of their fields.
    return None if message.full_name.startswith("google.protobuf.") else message
