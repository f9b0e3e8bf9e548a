"""What can be done over REST: a path and a verb for each rule of the contract."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from argus.policy.v1 import policy_pb2
from google.api import annotations_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

from scripts.openapi.schemas import WELL_KNOWN, Schema, Schemas, is_required
from services.runtime.policy import MethodPolicy

_VARIABLE = re.compile(r"\{([^}=]+)(?:=[^}]*)?\}")
_BODY = "google.api.HttpBody"
ERROR = "Error"


@dataclass(frozen=True, slots=True)
class Rule:
    """A verb and a path by which a method is called."""

    verb: str
    path: str
    body: str
    """Field that the body is; `*`: all that the path does not have; empty: there is none."""

    @property
    def variables(self) -> list[str]:
        """Names of fields that the path has."""
        return _VARIABLE.findall(self.path)


def rules_of(method: MethodDescriptor) -> Iterator[Rule]:
    """The rules by which a method is called over REST."""
    options: Any = method.GetOptions()
    rule = options.Extensions[annotations_pb2.http]
    for one in (rule, *rule.additional_bindings):
        if verb := one.WhichOneof("pattern"):
            yield Rule(verb, _VARIABLE.sub(r"{\1}", getattr(one, verb)), one.body)


class Operations:
    """Makes operations.

    Args:
        words: What the contract says of each thing, by full name.
        schemas: Where messages are described.
    """

    def __init__(self, words: Mapping[str, str], schemas: Schemas) -> None:
        self._words = words
        self._schemas = schemas

    def operation(
        self, method: MethodDescriptor, rule: Rule, policy: MethodPolicy, number: int
    ) -> Schema:
        """An operation; `number` tells those of one method apart."""
        service = method.containing_service
        words = self._words.get(method.full_name, "")
        summary, _, _ = words.partition("\n\n")
        operation: Schema = {
            "operationId": f"{service.name}_{method.name}" + (f"_{number}" if number else ""),
            "tags": [service.name],
            "summary": re.split(r"(?<=[.:;]) ", summary)[0].rstrip(".:;"),
            "description": words,
        }
        if policy.public:
            operation["security"] = []
        parameters = [*self._path(method.input_type, rule), *self._query(method.input_type, rule)]
        if parameters:
            operation["parameters"] = parameters
        if rule.body:
            operation["requestBody"] = self._body(method.input_type, rule)
        operation["responses"] = {"200": self._answer(method), "default": _failure()}
        operation["x-argus-policy"] = _policy(policy)
        return operation

    def _path(self, request: Descriptor, rule: Rule) -> Iterator[Schema]:
        for name in rule.variables:
            yield self._parameter(name, _field(request, name), "path")

    def _query(self, request: Descriptor, rule: Rule) -> Iterator[Schema]:
        if rule.body == "*":
            return
        taken = {*rule.variables, rule.body}
        yield from self._parameters(request, "", taken, ())

    def _parameters(
        self, message: Descriptor, prefix: str, taken: set[str], above: tuple[str, ...]
    ) -> Iterator[Schema]:
        for field in message.fields:
            name = f"{prefix}{field.name}"
            inner = field.message_type
            if name in taken or (inner is not None and inner.GetOptions().map_entry):
                continue
            if inner is None or inner.full_name in WELL_KNOWN:
                yield self._parameter(name, field, "query")
            elif not field.is_repeated and inner.full_name not in above:
                yield from self._parameters(
                    inner, f"{name}.", taken, (*above, message.full_name, inner.full_name)
                )

    def _parameter(self, name: str, field: FieldDescriptor, where: str) -> Schema:
        schema = self._schemas.field(field)
        parameter: Schema = {"name": name, "in": where}
        if words := schema.pop("description", ""):
            parameter["description"] = words
        if where == "path" or is_required(field):
            parameter["required"] = True
        schema.pop("readOnly", None)
        return parameter | {"schema": schema}

    def _body(self, request: Descriptor, rule: Rule) -> Schema:
        if rule.body != "*":
            schema = self._schemas.field(request.fields_by_name[rule.body])
        elif rule.variables:
            left = [field for field in request.fields if field.name not in rule.variables]
            schema = self._schemas.object(request, left)
        else:
            schema = self._schemas.message(request)
        fields = request.fields if rule.body == "*" else [request.fields_by_name[rule.body]]
        needed = any(is_required(one) for one in fields if one.name not in rule.variables)
        return {"required": needed, "content": {"application/json": {"schema": schema}}}

    def _answer(self, method: MethodDescriptor) -> Schema:
        answer = method.output_type
        if answer.full_name == _BODY:
            return {
                "description": "The bytes, with their own media type.",
                "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
            }
        words = self._words.get(answer.full_name, "The answer.")
        if method.server_streaming:
            words += " One of these a line, as they come."
        schema = self._schemas.message(answer)
        return {"description": words, "content": {"application/json": {"schema": schema}}}


def _failure() -> Schema:
    return {"$ref": f"#/components/responses/{ERROR}"}


def _field(message: Descriptor, path: str) -> FieldDescriptor:
    name, _, rest = path.partition(".")
    field = message.fields_by_name[name]
    if not rest:
        return field
    assert field.message_type is not None, path  # noqa: S101 - the edge takes no other rule
    return _field(field.message_type, rest)


def _policy(policy: MethodPolicy) -> Schema:
    said: Schema = {
        "callers": policy_pb2.Callers.Name(policy.callers),
        "cost": policy_pb2.Cost.Name(policy.cost),
        "deadlineSeconds": policy.deadline_s,
        "retryable": policy.retryable,
        "audited": policy.audited,
    }
    if policy.minimum_role:
        said["minimumRole"] = policy_pb2.Role.Name(policy.minimum_role)
    if policy.max_request_bytes:
        said["maxRequestBytes"] = policy.max_request_bytes
    return said
