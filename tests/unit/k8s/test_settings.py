"""Every part gets what it reads, and nothing that it does not."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from mesh.parts.edge import limits_template
from mesh.parts.edge_limits import load_limits
from scripts.chart import CHART, SETTINGS, Document
from services.runtime.settings import RuntimeSettings
from tests.unit.k8s.manifests import containers, of_kind, variables
from tests.unit.k8s.variants import EVERYTHING, VARIANTS

SERVICES = [part for part in SETTINGS if part != "edge"]
# What is read, but by no settings of ours.
OTHERS = {"HOME", "MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"}
Variant = Callable[[str], list[Document]]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What whoever runs the tests has set is not what a pod finds."""
    for settings in SETTINGS.values():
        for field in settings.model_fields:
            monkeypatch.delenv(f"ARGUS_{field.upper()}", raising=False)


def told(documents: list[Document], part: str) -> dict[str, str]:
    """The environment in which a part's settings are read."""
    first = next(containers(of_kind(documents, "Deployment")[part]))
    secrets = {"POSTGRES_URL": "postgresql://db", "REDIS_URL": "redis://redis"}
    found = variables(first)
    return found | {
        f"ARGUS_{name}": value for name, value in secrets.items() if f"ARGUS_{name}" in found
    }


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("part", SETTINGS)
def test_a_part_starts_with_what_it_is_told(
    variant: Variant, monkeypatch: pytest.MonkeyPatch, name: str, part: str
) -> None:
    environment = told(variant(name), part)
    known = {f"ARGUS_{field.upper()}" for field in SETTINGS[part].model_fields}
    assert environment.keys() - known <= OTHERS
    required = {
        f"ARGUS_{field.upper()}"
        for field, described in SETTINGS[part].model_fields.items()
        if described.is_required()
    }
    assert required - environment.keys() == set()
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    settings = SETTINGS[part]()
    # Others reach it, too, at the port that it says.
    if isinstance(settings, RuntimeSettings):
        port = of_kind(variant(name), "Service")[part]["spec"]["ports"][0]["port"]
        assert settings.listen == f"0.0.0.0:{port}"


@pytest.mark.parametrize("part", SETTINGS)
def test_no_part_looks_for_another_on_its_own_machine(variant: Variant, part: str) -> None:
    fields = SETTINGS[part].model_fields
    addresses = {
        f"ARGUS_{name.upper()}"
        for name, field in fields.items()
        if isinstance(field.default, str) and "127.0.0.1:" in field.default and name != "listen"
    } - ({"ARGUS_AUTH_URL"} if part == "auth" else set())
    assert addresses <= told(variant("defaults"), part).keys()


@pytest.mark.parametrize("name", VARIANTS)
def test_every_address_is_one_of_a_service(variant: Variant, name: str) -> None:
    documents = variant(name)
    known = {
        f"{one['metadata']['name']}:{port['port']}"
        for one in documents
        if one["kind"] == "Service"
        for port in one["spec"]["ports"]
    }
    for part in SETTINGS:
        for variable, value in told(documents, part).items():
            if re.fullmatch(r"ARGUS_(AUTH|STORAGE|EMBEDDER|SEARCH|INSPECTION)_URL", variable):
                assert value in known, (part, variable)


def test_numbers_arrive_as_they_were_said(variant: Variant) -> None:
    documents = variant("everything")
    assert told(documents, "search")["ARGUS_SEARCH_MAP_BYTES"] == str(2**33)
    assert told(documents, "search")["ARGUS_VECTOR_QUANTIZATION"] == "binary"
    assert told(documents, "auth")["ARGUS_LOGIN_FIRST_WAIT_S"] == "0.5"
    assert told(documents, "embedder")["ARGUS_EMBEDDER_MODEL_MEMORY_BYTES"] == str(3 * 2**30)
    assert told(documents, "edge")["ARGUS_CORS_ORIGIN_REGEX"] == r"https://argus\.example\.org"


def test_search_opens_as_many_streams_as_there_may_be_embedders(variant: Variant) -> None:
    for name in ("defaults", "fixed", "everything"):
        documents = variant(name)
        scaled = [
            one["spec"].get("maxReplicas") or one["spec"].get("maxReplicaCount")
            for kind in ("HorizontalPodAutoscaler", "ScaledObject")
            for part, one in of_kind(documents, kind).items()
            if part == "embedder"
        ]
        fixed = of_kind(documents, "Deployment")["embedder"]["spec"].get("replicas")
        for part in ("search", "inspection"):
            streams = told(documents, part)["ARGUS_EMBED_STREAMS"]
            assert streams == str(scaled[0] if scaled else fixed)


def test_the_edge_takes_the_limits_that_it_is_given(
    variant: Variant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "limits.toml"
    monkeypatch.setenv("ARGUS_LIMITS_FILE", str(file))
    file.write_text(of_kind(variant("everything"), "ConfigMap")["edge"]["data"]["limits.toml"])
    limits = load_limits(limits_template(), None)
    assert limits.calls.auth.burst == 1_000_000_000
    assert limits.calls.auth.per_second == 3
    assert limits.edge.trusted_proxies == EVERYTHING["edge"]["limits"]["edge"]["trusted_proxies"]


def test_the_edge_refuses_before_its_memory_ends() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    gibibytes = int(values["edge"]["resources"]["limits"]["memory"].removesuffix("Gi"))
    # Envoy counts its heap, to which threads' stacks and buffers of the kernel's come.
    assert load_limits(limits_template(), None).edge.memory_bytes <= gibibytes * 2**30 // 2


def test_secrets_come_from_secrets(variant: Variant) -> None:
    for name in VARIANTS:
        documents = variant(name)
        assert not [one for one in documents if one["kind"] == "Secret"]
        for part, deployment in of_kind(documents, "Deployment").items():
            for container in containers(deployment):
                said = {one["name"] for one in container["env"] if "value" in one}
                secret = {
                    f"ARGUS_{field.upper()}"
                    for field, described in SETTINGS[part].model_fields.items()
                    if "Secret" in str(described.annotation)
                }
                assert not said & (secret | {"ARGUS_POSTGRES_URL", "ARGUS_REDIS_URL"})


def test_the_edge_that_strangers_reach_does_not_have_the_services_secret(variant: Variant) -> None:
    (edge,) = of_kind(variant("everything"), "Deployment")["edge"]["spec"]["template"]["spec"][
        "containers"
    ]
    assert variables(edge).keys() == {"HOME"}
