"""`compose.yaml` says what Compose knows, and what the services read."""

import copy
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from scripts.chart import SETTINGS
from scripts.image_locks import FOLDER, ROOT
from services.runtime.settings import RuntimeSettings

FILE = ROOT / "compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
CONFIGS = {
    name: yaml.safe_load((ROOT / one["file"]).read_text())
    for name, one in COMPOSE["configs"].items()
}
CONTAINERFILE = (FOLDER / "Containerfile").read_text()
SECRET = "x" * 40

# Read by what is not ours.
OTHERS = {"MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"}
UNASKED = {
    "minio-folder": "ends at once",
    "collector": "its image has nothing that could ask",
    "tempo": "its image has nothing that could ask",
}
"""Containers whose health nobody asks, each with the reason."""


def told(part: str) -> dict[str, str]:
    """The environment of a container, as it is when nobody sets more than must be."""
    variables = SERVICES[part].get("environment", {})
    return {name: filled_in(str(value)) for name, value in variables.items()}


def filled_in(text: str) -> str:
    """What Compose makes of it."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
    return re.sub(r"\$\{\w+:\?[^}]*\}", SECRET, text).replace("$$", "$")


def complaints(document: dict[str, Any], folder: Path) -> str:
    """What is wrong with it by the Compose specification's schema."""
    file = folder / "compose.yaml"
    file.write_text(yaml.safe_dump(document))
    command = ("-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file))
    done = subprocess.run((sys.executable, *command), capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def ports_of(part: str) -> set[int]:
    """Ports at which others of the same network reach a container."""
    known = {
        "postgres": {5432}, "redis": {6379}, "minio": {9000}, "qdrant": {6333, 6334},
        "prometheus": {9090}, "grafana": {3000},
        "collector": {_port(CONFIGS["collector"]["receivers"]["otlp"]["protocols"])},
        "tempo": {
            CONFIGS["tempo"]["server"]["http_listen_port"],
            _port(CONFIGS["tempo"]["distributor"]["receivers"]["otlp"]["protocols"]),
        },
    }  # fmt: skip
    if part in known:
        return known[part]
    said = (value for name, value in told(part).items() if name.endswith("_LISTEN"))
    return {int(value.rpartition(":")[2]) for value in said}


def _port(protocols: Any) -> int:
    return int(protocols["grpc"]["endpoint"].rpartition(":")[2])


def test_compose_knows_every_word(tmp_path: Path) -> None:
    assert complaints(COMPOSE, tmp_path) == ""


def test_the_check_finds_what_compose_does_not_know(tmp_path: Path) -> None:
    wrong = copy.deepcopy(COMPOSE)
    wrong["services"]["auth"]["helthcheck"] = {}
    assert "helthcheck" in complaints(wrong, tmp_path)


def test_whoever_opens_it_is_told_that_it_was_not_run() -> None:
    assert "NOT RUN" in "".join(FILE.read_text().splitlines(keepends=True)[:5])


@pytest.mark.parametrize("part", SETTINGS)
def test_a_part_starts_with_what_it_is_told(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = told(part)
    known = {f"ARGUS_{name.upper()}" for name in SETTINGS[part].model_fields}
    assert environment.keys() - known <= OTHERS
    for name in known:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = SETTINGS[part]()
    if isinstance(settings, RuntimeSettings):
        assert f"EXPOSE {settings.listen.rpartition(':')[2]}\n" in CONTAINERFILE


@pytest.mark.parametrize("part", SETTINGS)
def test_no_part_looks_for_another_on_its_own_machine(part: str) -> None:
    fields = SETTINGS[part].model_fields
    addresses = {
        f"ARGUS_{name.upper()}"
        for name, field in fields.items()
        if isinstance(field.default, str) and "127.0.0.1:" in field.default and name != "listen"
    } - ({"ARGUS_AUTH_URL"} if part == "auth" else set())
    assert addresses <= told(part).keys()


@pytest.mark.parametrize("part", SETTINGS)
def test_every_address_is_one_that_somebody_listens_on(part: str) -> None:
    for name, value in told(part).items():
        if not name.endswith("_URL") or name.endswith("PUBLIC_URL"):
            continue
        parsed = urlsplit(value if "://" in value else f"grpc://{value}")
        assert parsed.hostname in SERVICES, name
        assert parsed.port in ports_of(parsed.hostname), name
        networks = [set(SERVICES[one]["networks"]) for one in (part, parsed.hostname)]
        assert networks[0] & networks[1]


def test_prometheus_asks_who_answers() -> None:
    jobs = {one["job_name"]: one for one in CONFIGS["prometheus"]["scrape_configs"]}
    # As the operator names those of the chart's pod monitors, which rules speak of.
    assert jobs.keys() == {f"argus/argus-{part}" for part in SETTINGS}
    for name, job in jobs.items():
        ((target,),) = (group["targets"] for group in job["static_configs"])
        part, _, port = target.partition(":")
        assert name == f"argus/argus-{part}"
        said = "ARGUS_EDGE_ADMIN_LISTEN" if part == "edge" else "ARGUS_METRICS_LISTEN"
        assert told(part)[said] == f"0.0.0.0:{port}"


def test_traces_find_their_way() -> None:
    exporter = CONFIGS["collector"]["exporters"]["otlp"]["endpoint"]
    part, _, port = exporter.partition(":")
    assert int(port) in ports_of(part)
    for source in CONFIGS["grafana-sources"]["datasources"]:
        parsed = urlsplit(source["url"])
        assert parsed.port in ports_of(str(parsed.hostname))


@pytest.mark.parametrize("part", SERVICES)
def test_a_container_may_do_little(part: str) -> None:
    service = SERVICES[part]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert service["user"].partition(":")[0] not in {"0", "root"}
    assert ("healthcheck" in service) is (part not in UNASKED)
    assert re.fullmatch(r"\S+:[^:]*\d\S*", filled_in(service["image"])), "no tag, or a moving one"


def test_nothing_is_waited_for_that_cannot_be_asked() -> None:
    for service in SERVICES.values():
        for other, how in service.get("depends_on", {}).items():
            asked = how["condition"] == "service_healthy"
            assert asked is (other not in UNASKED)


def test_only_the_edge_and_grafana_are_reached_and_from_this_machine_only() -> None:
    published = {part: one["ports"] for part, one in SERVICES.items() if "ports" in one}
    assert published.keys() == {"edge", "grafana"}
    for part, ports in published.items():
        for port in ports:
            host, _, inside = filled_in(port).rpartition(":")
            assert host.startswith("127.0.0.1:")
            assert int(inside) in ports_of(part)
    outside = {part for part, one in SERVICES.items() if "outer" in one["networks"]}
    assert outside == published.keys()
    assert COMPOSE["networks"]["inner"]["internal"] is True


def test_no_secret_has_a_default() -> None:
    for part, service in SERVICES.items():
        for name, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|API_KEY", name):
                assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), (part, name)
    text = FILE.read_text()
    wanted = set(re.findall(r"\$\{(\w+):\?", text))
    (made,) = re.findall(r"for name in ([A-Z_ ]+); do", text)
    assert wanted == set(made.split())
    # Whoever wants a password gets none from a URL, either.
    for url in re.findall(r"\w+://[^\s:/]*:([^@\s]+)@", text):
        assert url.startswith("${"), url


def test_secrets_do_not_get_into_the_repository_or_a_build() -> None:
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()
    assert "*" in (ROOT / ".dockerignore").read_text().splitlines()


@pytest.mark.parametrize("part", [*SETTINGS, "minio-folder"])
def test_our_images_are_built_of_targets_that_there_are(part: str) -> None:
    service = SERVICES[part]
    target = service["build"]["target"]
    assert f" AS {target}\n" in CONTAINERFILE
    assert f"/argus-{target}:" in service["image"]
    assert (ROOT / service["build"]["dockerfile"]).exists()
    assert service["user"] == "10001:10001"
    # Folders that belong to that user, so that new volumes do.
    (owned,) = re.findall(r"install --directory --owner=10001 --group=10001 (.+)", CONTAINERFILE)
    for volume in service.get("volumes", []):
        assert volume.split(":")[1] in owned.split()
    for said in ("ARGUS_MODEL_DIR", "ARGUS_VECTOR_DIR"):
        if folder := told(part).get(said):
            assert folder in {volume.split(":")[1] for volume in service["volumes"]}


def test_every_file_is_of_somebody() -> None:
    used = {one["source"] for part in SERVICES.values() for one in part.get("configs", [])}
    assert used == COMPOSE["configs"].keys()
    assert {one.stem for one in (FOLDER / "compose").iterdir()} == used


def test_every_volume_is_of_somebody() -> None:
    used = {
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if not volume.startswith("./")
    }
    assert used == COMPOSE["volumes"].keys()
