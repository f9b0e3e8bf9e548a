import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from mesh.credentials import Credentials
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.options import MeshOptions
from mesh.parts.edge_tracing import Traces
from mesh.parts.metrics_store import find_metrics_store, scrape_configuration
from mesh.parts.observe import make_observe_key, observe_key
from mesh.supervision.part import Part, Stage
from mesh.supervision.plan import build_plan
from mesh.supervision.ports import Ports

NAMES = [name for name in Ports.model_fields if not name.startswith("more_")]
PORTS = Ports(
    **{name: 20_000 + number for number, name in enumerate(NAMES)},
    more_embedders=(21_000,),
    more_embedder_metrics=(21_001,),
)


def parts(program: Path | None, *, observe: bool = True) -> Sequence[Part]:
    plan = build_plan(
        MeshOptions(
            data_dir=Path("/nowhere"),
            metrics=True,
            observe=observe,
            metrics_store=program,
            embedders=2,
        ),
        PORTS,
        Credentials(**dict.fromkeys(Credentials.model_fields, "")),
    )
    return plan.parts


def test_all_services_tell_it_by_a_socket_and_nobody_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # To that it sends everything on.
    monkeypatch.setenv("ARGUS_OTLP_URL", "http://127.0.0.1:4317")
    found = {part.name: part for part in parts(None)}
    observe = found.pop("observe")
    [page, otlp] = observe.listeners
    assert page.address == f"127.0.0.1:{PORTS.observe}"
    assert otlp.is_unix
    assert observe.optional
    assert not observe.needs
    services = [part for part in found.values() if part.stage is Stage.SERVICE]
    assert len(services) == 6
    for part in services:
        assert part.env["ARGUS_OTLP_URL"] == f"unix://{otlp.address}"
    assert not any(part.optional or "observe" in part.needs for part in found.values())


def test_unless_somebody_asks_for_it_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARGUS_OTLP_URL", raising=False)
    found = {part.name: part for part in parts(None, observe=False)}
    assert "observe" not in found
    assert not any(part.env.get("ARGUS_OTLP_URL") for part in found.values())


@pytest.mark.parametrize("name", ["prometheus", "victoria-metrics"])
def test_the_metrics_store_is_bounded_and_on_loopback(name: str) -> None:
    store = parts(Path(f"/usr/bin/{name}"))[-1]
    assert store.name == name
    assert store.optional
    assert store.listeners[0].address == f"127.0.0.1:{PORTS.metrics_store}"
    assert any("retention" in argument for argument in store.command)
    assert not any("lifecycle" in argument for argument in store.command)


def test_it_asks_every_replica_and_the_edge() -> None:
    jobs = yaml.safe_load(scrape_configuration(PORTS, {"embedder": [1, 2]}))["scrape_configs"]
    asked = {job["job_name"]: job["static_configs"][0]["targets"] for job in jobs}
    assert asked == {
        "argus-embedder": ["127.0.0.1:1", "127.0.0.1:2"],
        "argus-edge": [f"127.0.0.1:{PORTS.admin}"],
    }


def test_the_program_is_looked_for_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_metrics_store() is None
    for name in ("victoria-metrics", "prometheus"):
        (tmp_path / name).touch(mode=0o755)
        assert find_metrics_store() == tmp_path / name


def test_the_key_is_made_once_and_nobody_else_reads_it(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    layout.make()
    assert observe_key(layout) == ""
    make_observe_key(layout)
    key = observe_key(layout)
    assert len(key) >= 32
    assert layout.observe_key_file.stat().st_mode & 0o077 == 0
    make_observe_key(layout)
    assert observe_key(layout) == key


def test_the_edge_finds_a_collector_by_socket_or_by_address() -> None:
    found = json.loads(Traces("unix:///run/otlp.sock").values()["COLLECTOR_CLUSTER"][2:])
    [endpoint] = found["load_assignment"]["endpoints"][0]["lb_endpoints"]
    assert endpoint["endpoint"]["address"] == {"pipe": {"path": "/run/otlp.sock"}}
    assert found["type"] == "STATIC"
    for wrong in ("unix://otlp.sock", "https://collector:4317", "collector", "unix:"):
        with pytest.raises(MeshError, match="does not name a collector"):
            Traces(wrong).values()
