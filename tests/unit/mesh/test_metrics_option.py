from pathlib import Path

import pytest

from mesh.credentials import Credentials
from mesh.options import MeshOptions
from mesh.supervision.part import Part, Stage
from mesh.supervision.plan import build_plan
from mesh.supervision.ports import Ports

NAMES = [name for name in Ports.model_fields if not name.startswith("more_")]
PORTS = Ports(
    **{name: 20_000 + number for number, name in enumerate(NAMES)},
    more_embedders=(21_000,),
    more_embedder_metrics=(21_001,),
)


def services(*, metrics: bool) -> dict[str, Part]:
    plan = build_plan(
        MeshOptions(data_dir=Path("/nowhere"), metrics=metrics, embedders=2),
        PORTS,
        Credentials(**dict.fromkeys(Credentials.model_fields, "")),
    )
    return {part.name: part for part in plan.parts if part.stage is Stage.SERVICE}


def test_every_replica_of_a_service_has_a_declared_port_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ARGUS_REPLICA", raising=False)
    found = services(metrics=True)
    assert len(found) == 6
    addresses = set()
    for part in found.values():
        (listener,) = (one for one in part.listeners if one.name == "metrics")
        assert part.env["ARGUS_METRICS_LISTEN"] == listener.address
        assert listener.address.startswith("127.0.0.1:")
        addresses.add(listener.address)
    assert len(addresses) == 6
    assert found["embedder-2"].env["ARGUS_REPLICA"].endswith("-2")
    assert "ARGUS_REPLICA" not in found["embedder"].env


def test_unless_somebody_asks_for_it_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    # What is meant for one process would be taken by all.
    monkeypatch.setenv("ARGUS_METRICS_LISTEN", "127.0.0.1:9464")
    for part in services(metrics=False).values():
        assert [one.name for one in part.listeners] == ["grpc"]
        assert part.env["ARGUS_METRICS_LISTEN"] == ""
