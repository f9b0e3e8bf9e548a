import os
import socket
import sys
from collections.abc import Iterator

import pytest

from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.options import LOOPBACK, MeshOptions
from mesh.supervision.ports import _answers, choose_ports, is_free, remember_ports
from tests.support.parts import free_port


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


def options(layout: Layout, **chosen: int) -> MeshOptions:
    ports = {"port": free_port(), "object_port": None, "admin_port": None, **chosen}
    return MeshOptions(data_dir=layout.data_dir, **ports)


def test_all_ports_are_free_and_different(layout: Layout) -> None:
    ports, _ = choose_ports(options(layout), objects_external=False)
    assert len(set(ports.numbers)) == len(ports.numbers)
    assert all(is_free(LOOPBACK, number) for number in ports.numbers)


def test_each_embedder_has_a_port_that_it_keeps(layout: Layout) -> None:
    chosen = options(layout, embedders=3)
    ports, _ = choose_ports(chosen, objects_external=False)
    assert len(set(ports.embedders)) == 3
    assert set(ports.embedders) <= set(ports.numbers)
    metrics = [ports.metrics_of("embedder", replica) for replica in (1, 2, 3)]
    assert {*metrics, ports.metrics_of("auth")} <= set(ports.numbers)
    assert len(set(ports.numbers)) == len(ports.numbers)
    remember_ports(layout, ports)
    assert choose_ports(chosen, objects_external=False) == (ports, [])
    fewer, _ = choose_ports(options(layout, embedders=2), objects_external=False)
    assert fewer.embedders == ports.embedders[:2]


def test_each_replica_has_a_port_that_it_keeps(layout: Layout) -> None:
    chosen = options(layout).model_copy(update={"replicas": {"auth": 3, "storage": 2}})
    ports, _ = choose_ports(chosen, objects_external=False)
    assert [len(ports.of(name)) for name in ("auth", "storage", "search")] == [3, 2, 1]
    assert ports.metrics_of("auth", 3) == ports.more_auth_metrics[1]
    assert {*ports.of("auth"), *ports.more_storage_metrics} <= set(ports.numbers)
    assert len(set(ports.numbers)) == len(ports.numbers)
    remember_ports(layout, ports)
    assert choose_ports(chosen, objects_external=False) == (ports, [])


@pytest.mark.parametrize(
    ("choice", "flag"),
    [("port", "--port"), ("object_port", "--object-port"), ("admin_port", "--admin-port")],
)
def test_a_port_that_was_asked_for_and_is_taken_is_an_error_that_says_by_whom(
    layout: Layout, taken: int, choice: str, flag: str
) -> None:
    with pytest.raises(MeshError, match=f"{taken} is taken.*pid {os.getpid()}") as caught:
        choose_ports(options(layout, **{choice: taken}), objects_external=False)
    assert flag in caught.value.advice


def test_a_port_of_the_last_run_that_is_taken_now_is_replaced_with_a_note(
    layout: Layout, taken: int
) -> None:
    ports, _ = choose_ports(options(layout), objects_external=False)
    remember_ports(layout, ports.model_copy(update={"objects": taken}))
    again, notes = choose_ports(options(layout), objects_external=False)
    assert again.objects != taken
    assert any(str(taken) in note and str(again.objects) in note for note in notes)


def test_the_next_start_has_the_same_ports(layout: Layout) -> None:
    chosen = options(layout)
    ports, _ = choose_ports(chosen, objects_external=False)
    remember_ports(layout, ports)
    assert choose_ports(chosen, objects_external=False) == (ports, [])


def test_the_edge_never_moves_silently(layout: Layout, taken: int) -> None:
    ports, _ = choose_ports(options(layout), objects_external=False)
    remember_ports(layout, ports.model_copy(update={"edge": taken}))
    unchosen = MeshOptions(data_dir=layout.data_dir)
    with pytest.raises(MeshError, match=str(taken)):
        choose_ports(unchosen, objects_external=False)


def test_unreadable_memory_is_no_obstacle(layout: Layout) -> None:
    layout.ports_file.write_text('{"edge": "no number"')
    choose_ports(options(layout), objects_external=False)


def test_ports_that_cannot_be_kept_leave_those_of_the_last_run(layout: Layout) -> None:
    chosen = options(layout)
    ports, _ = choose_ports(chosen, objects_external=False)
    remember_ports(layout, ports)
    layout.ports_file.with_suffix(".new").mkdir()
    with pytest.raises(OSError, match="ports"):
        remember_ports(layout, ports.model_copy(update={"objects": free_port()}))
    assert choose_ports(chosen, objects_external=False) == (ports, [])


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_a_port_is_taken_by_whoever_listens_on_all_addresses(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert is_free(LOOPBACK, free_port())
    with socket.socket() as server:
        server.bind(("0.0.0.0", 0))  # noqa: S104 - that is what the test is about
        server.listen()
        port = server.getsockname()[1]
        assert not is_free(LOOPBACK, port)
        assert _answers(LOOPBACK, port)
        assert _answers("0.0.0.0", port)  # noqa: S104 - compared, not bound
