"""The whole description."""

from collections.abc import Iterator

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from scripts.openapi.comments import comments
from scripts.openapi.operations import ERROR, Operations, rules_of
from scripts.openapi.schemas import REFERENCE, WELL_KNOWN, Schema, Schemas
from services.runtime.policy import MethodPolicy, policies_of_service

STATUS = "google.rpc.Status"
_ABOUT = """\
Visual search and anomaly detection. This is the REST surface, made from the contract in \
`protos/`; the same methods are there over gRPC and gRPC-web. `docs/api.md` says how requests are \
read, `docs/errors.md` has the reasons of errors, and `x-argus-policy` of each operation who may \
call it and what it costs.

A body has at most 32 MiB. Names of fields are `camelCase` or the contract's `snake_case`; unknown \
ones are refused. 64-bit numbers are answered as strings, bytes are base64.
"""


def document(files: FileDescriptorSet, version: str) -> Schema:
    """The OpenAPI 3.1 description of what the edge routes over REST.

    Args:
        files: The contract, with its comments; its stubs are loaded.
        version: Of Argus.
    """
    words = comments(files)
    schemas = Schemas(words)
    schemas.components[STATUS] = _status()
    operations = Operations(words, schemas)
    paths: dict[str, Schema] = {}
    tags = []
    for service in _services(files):
        policies = policies_of_service(service.full_name)
        called = [
            (method, policy)
            for method in service.methods
            if (policy := policies[f"/{service.full_name}/{method.name}"]).through_edge
        ]
        if any(True for method, _ in called for _ in rules_of(method)):
            tags.append({"name": service.name, "description": words.get(service.full_name, "")})
        _add(paths, operations, called)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Argus",
            "version": version,
            "description": _ABOUT,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "http://127.0.0.1:8080", "description": "A mesh on this machine"}],
        "security": [{"bearer": []}],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token: of `AuthService_Login`, or, for machines, of "
                    "`AuthService_ExchangeApiKey`.",
                }
            },
            "responses": {ERROR: _error()},
            "schemas": dict(sorted(schemas.components.items())),
        },
    }


def _services(files: FileDescriptorSet) -> Iterator[ServiceDescriptor]:
    pool = descriptor_pool.Default()
    for file in files.file:
        if file.package.startswith("argus."):
            for service in file.service:
                yield pool.FindServiceByName(f"{file.package}.{service.name}")


def _add(
    paths: dict[str, Schema],
    operations: Operations,
    called: list[tuple[MethodDescriptor, MethodPolicy]],
) -> None:
    for method, policy in called:
        for number, rule in enumerate(rules_of(method)):
            operation = operations.operation(method, rule, policy, number)
            paths.setdefault(rule.path, {})[rule.verb] = operation


def _status() -> Schema:
    return {
        "type": "object",
        "description": "Why a request failed.",
        "properties": {
            "code": {"type": "integer", "description": "gRPC's code."},
            "message": {"type": "string", "description": "What happened, in words."},
            "details": {
                "type": "array",
                "items": WELL_KNOWN["google.protobuf.Any"](),
                "description": "`google.rpc.ErrorInfo` with the `reason`, one of `docs/errors.md`; "
                "with it perhaps `BadRequest`, `RetryInfo`.",
            },
        },
        "required": ["code", "message"],
    }


def _error() -> Schema:
    return {
        "description": "The request failed; the reason is in the details.",
        "headers": {
            "retry-after": {
                "description": "Seconds after which trying again is sensible.",
                "schema": {"type": "integer"},
            }
        },
        "content": {"application/json": {"schema": {"$ref": REFERENCE + STATUS}}},
    }
