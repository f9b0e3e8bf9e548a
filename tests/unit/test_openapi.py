"""The description of the REST surface, beside the contract and the edge."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from openapi_spec_validator import validate

from mesh.parts.edge import descriptor_set
from mesh.parts.edge_policy import policies_of, rest_services
from tests.support.contract import methods

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def openapi() -> Any:
    return yaml.load((ROOT / "docs" / "openapi.yaml").read_text(), Loader=yaml.CSafeLoader)


def test_it_is_openapi(openapi: Any) -> None:
    validate(openapi)


def test_it_has_what_the_edge_routes_and_nothing_else(openapi: Any) -> None:
    contract = descriptor_set().read_bytes()
    policies = policies_of(contract)
    routed = set()
    for file in FileDescriptorSet.FromString(contract).file:
        for service in file.service:
            name = f"{file.package}.{service.name}"
            if f'"{name}"' not in rest_services(policies.values()):
                continue
            for method in service.method:
                options: Any = method.options
                rule = options.Extensions[annotations_pb2.http]
                if not policies[f"/{name}/{method.name}"].through_edge:
                    continue
                for one in (rule, *rule.additional_bindings):
                    if verb := one.WhichOneof("pattern"):
                        routed.add((verb, getattr(one, verb)))
    described = {(verb, path) for path, item in openapi["paths"].items() for verb in item}
    assert described == routed
    assert len(described) > 100


def test_every_operation_says_what_the_contract_says(openapi: Any) -> None:
    found = [one for item in openapi["paths"].values() for one in item.values()]
    assert all(one["summary"] and one["description"] for one in found)
    ids = [one["operationId"] for one in found]
    assert len(set(ids)) == len(ids)
    names = {f"{one.containing_service.name}_{one.name}" for one in methods()}
    assert {re.sub(r"_\d$", "", one) for one in ids} <= names
    open_to_all = {one["operationId"] for one in found if one.get("security") == []}
    assert {"AuthService_Login", "AuthService_Register"} <= open_to_all
    assert "ImageService_GetImage" not in open_to_all


def test_constraints_are_there(openapi: Any) -> None:
    schema = openapi["components"]["schemas"]["argus.storage.v1.CreateUploadRequest"]
    assert set(schema["required"]) == {"filename", "contentType", "sizeBytes"}
    sha256 = schema["properties"]["sha256"]["anyOf"]
    assert sha256 == [{"const": ""}, {"maxLength": 64, "pattern": "^[0-9a-fA-F]{64}$"}]
    assert schema["properties"]["labels"]["maxProperties"] == 64
    page_size = next(
        one
        for one in openapi["paths"]["/api/images"]["get"]["parameters"]
        if one["name"] == "page_size"
    )["schema"]
    assert (page_size["minimum"], page_size["maximum"]) == (0, 500)
    assert all("description" in one for one in schema["properties"].values())
