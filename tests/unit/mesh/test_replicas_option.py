from pathlib import Path

import pytest

from mesh.commands.up import _arguments
from mesh.credentials import Credentials
from mesh.errors import MeshError
from mesh.options import MeshOptions
from mesh.parts.edge_places import of_machine
from mesh.replicas import replicas
from mesh.supervision.part import Part
from mesh.supervision.plan import build_plan
from mesh.supervision.ports import Ports

NAMES = [name for name in Ports.model_fields if not name.startswith("more_")]
PORTS = Ports(
    **{name: 20_000 + number for number, name in enumerate(NAMES)},
    more_auth=(21_000,),
    more_storage=(21_001, 21_002),
    more_search=(21_003,),
)


@pytest.fixture(autouse=True)
def without_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARGUS_QDRANT_URL", raising=False)


def parts() -> dict[str, Part]:
    options = MeshOptions(
        data_dir=Path("/nowhere"), replicas={"auth": 2, "storage": 3, "search": 2}
    )
    plan = build_plan(options, PORTS, Credentials(**dict.fromkeys(Credentials.model_fields, "")))
    return {part.name: part for part in plan.parts}


@pytest.mark.parametrize(
    ("text", "embedders", "asked"),
    [
        ("", None, {}),
        ("", 3, {"embedder": 3}),
        ("auth=2, storage=3", None, {"auth": 2, "storage": 3}),
        ("auth=2", 4, {"auth": 2, "embedder": 4}),
        ("embedder=4", 4, {"embedder": 4}),
        ("2", None, {"auth": 2, "storage": 2, "embedder": 2, "inspection": 2}),
        ("2", 4, {"auth": 2, "storage": 2, "embedder": 4, "inspection": 2}),
        ("search=1", None, {"search": 1}),
    ],
)
def test_what_was_asked_for(text: str, embedders: int | None, asked: dict[str, int]) -> None:
    assert replicas(text, embedders) == asked


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("auth", "does not understand 'auth'"),
        ("edge=2", "does not understand 'edge=2'"),
        ("auth=two", "does not understand 'auth=two'"),
        ("auth=2,auth=3", "does not understand 'auth=3'"),
        ("auth=2,", "does not understand ''"),
        ("auth=0", "1 to 8 of auth, not 0"),
        ("9", "1 to 8 of auth, not 9"),
        ("embedder=65", "1 to 64 of embedder"),
        ("search=2", "one search only"),
    ],
)
def test_nonsense_is_refused_with_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(MeshError, match=said):
        replicas(text, None)


def test_two_numbers_of_embedders_contradict_each_other() -> None:
    with pytest.raises(MeshError, match="contradict"):
        replicas("embedder=2", 3)


def test_with_a_qdrant_server_there_may_be_several_of_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ARGUS_QDRANT_URL", "http://qdrant:6334")
    assert replicas("search=2", None) == {"search": 2}
    assert replicas("2", None)["search"] == 2


def test_every_replica_is_a_part_that_waits_for_the_first() -> None:
    found = parts()
    assert found["storage-3"].needs == ("storage",)
    assert found["storage-3"].env["ARGUS_LISTEN"] == "127.0.0.1:21002"
    assert found["storage-3"].env["ARGUS_REPLICA"].endswith("-3")
    folders = {found[name].env["ARGUS_VECTOR_DIR"] for name in ("search", "search-2")}
    assert len(folders) == 2


def test_services_and_the_edge_know_all_replicas() -> None:
    found = parts()
    assert found["search"].env["ARGUS_STORAGE_URL"] == (
        f"ipv4:127.0.0.1:{PORTS.storage},127.0.0.1:21001,127.0.0.1:21002"
    )
    assert found["search"].env["ARGUS_AUTH_URL"] == f"ipv4:127.0.0.1:{PORTS.auth},127.0.0.1:21000"
    places = of_machine(PORTS, "127.0.0.1").services
    assert [port for _, port in places["storage"]] == [PORTS.storage, 21_001, 21_002]
    assert [port for _, port in places["inspection"]] == [PORTS.inspection]


def test_postgresql_takes_the_connections_of_all() -> None:
    (setting,) = (one for one in parts()["postgres"].command if one.startswith("max_connections"))
    assert int(setting.partition("=")[2]) >= 60 + 8 * 3


def test_a_detached_mesh_has_as_many() -> None:
    options = MeshOptions(data_dir=Path("/nowhere"), embedders=2, replicas={"auth": 3})
    arguments = _arguments(options)
    text = arguments[arguments.index("--replicas") + 1]
    assert replicas(text, None) == {"auth": 3, "embedder": 2}
