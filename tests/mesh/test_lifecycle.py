"""A mesh as the machine sees it: started, killed, started again, side by side, gone."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mesh.supervision.leftovers import find_leftovers
from mesh.supervision.state import is_process
from tests.support.eventually import wait_until
from tests.support.mesh import Mesh, argus, mesh_folder

ACCOUNT = {"email": "keeper@example.com", "password": "correct horse battery"}


@pytest.fixture(scope="module")
def own() -> Iterator[Mesh]:
    """A mesh that the tests of this module stop and kill as they like, and leave running."""
    with mesh_folder() as mesh:
        mesh.up()
        register(mesh)
        yield mesh


def register(mesh: Mesh) -> None:
    answer = httpx.post(f"{mesh.edge_url}/api/auth/register", json=ACCOUNT)
    assert answer.status_code == 200, answer.text


def can_sign_in(mesh: Mesh) -> bool:
    answer = httpx.post(f"{mesh.edge_url}/api/auth/login", json=ACCOUNT)
    return answer.status_code == 200


def processes(mesh: Mesh) -> list[tuple[int, float]]:
    state = mesh.state()
    return [(state.pid, state.created), *((part.pid, part.created) for part in state.parts)]


def test_a_second_start_finds_the_same_data_at_the_same_ports(own: Mesh) -> None:
    ports, before = own.state().ports, processes(own)
    assert all(is_process(pid, created) for pid, created in before)
    own.down()
    assert not any(is_process(pid, created) for pid, created in before)
    status = argus("status", "--data-dir", str(own.data_dir))
    assert status.returncode == 1
    assert "Nothing runs" in status.stdout
    own.up()
    assert own.state().ports == ports
    assert can_sign_in(own)


def test_a_killed_supervisor_takes_its_parts_along_and_the_next_start_works(own: Mesh) -> None:
    before = processes(own)
    os.kill(own.state().pid, signal.SIGKILL)
    own.up()
    assert not any(is_process(pid, created) for pid, created in before)
    assert can_sign_in(own)


def test_what_ended_its_part_without_the_supervisor_is_ended_by_the_next_start(own: Mesh) -> None:
    """A part that is stopped cannot obey the kernel's request to end."""
    frozen, created = own.pid("objects"), own.state().part("objects").created
    os.kill(frozen, signal.SIGSTOP)
    os.kill(own.state().pid, signal.SIGKILL)
    wait_until(lambda: not own.state().alive, "the supervisor is gone")
    assert is_process(frozen, created)
    doctor = argus("doctor", "--data-dir", str(own.data_dir))
    assert str(frozen) in doctor.stdout
    own.up()
    assert not is_process(frozen, created)
    assert can_sign_in(own)


def test_every_part_that_is_killed_comes_back(own: Mesh) -> None:
    for part in ("redis", "postgres", "objects", "edge", "auth"):
        os.kill(own.pid(part), signal.SIGKILL)

    def recovered() -> bool:
        state = own.state()
        return state.ready and all(
            state.part(part).restarts > 0
            for part in ("redis", "postgres", "objects", "edge", "auth")
        )

    wait_until(recovered, "all parts are back")
    wait_until(lambda: can_sign_in(own), "people can sign in again")


def test_status_says_what_is_wrong_with_its_exit_code(own: Mesh) -> None:
    ready = argus("status", "--data-dir", str(own.data_dir))
    assert ready.returncode == 0, ready.stdout
    assert "READY" in ready.stdout
    assert "total" in ready.stdout
    embedder = own.pid("embedder")
    os.kill(embedder, signal.SIGSTOP)
    try:
        broken = argus("status", "--data-dir", str(own.data_dir))
    finally:
        os.kill(embedder, signal.SIGCONT)
    assert broken.returncode == 1
    assert "embedder: " in broken.stdout
    wait_until(lambda: own.state().ready, "it is ready again")


def test_two_meshes_live_side_by_side(own: Mesh, mesh: Mesh) -> None:
    assert can_sign_in(own)
    assert not can_sign_in(mesh)
    assert not {*own.state().ports.numbers} & {*mesh.state().ports.numbers}


def test_a_second_supervisor_is_told_who_runs_the_folder(own: Mesh) -> None:
    second = argus("up", "--detach", "--data-dir", str(own.data_dir))
    assert second.returncode == 1
    assert f"pid {own.state().pid}" in second.stderr
    assert own.state().ready


def test_a_taken_port_is_an_error_that_names_its_owner(tmp_path: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        refused = argus("up", "--detach", "--data-dir", str(tmp_path / "data"), "--port", str(port))
    assert refused.returncode == 1
    assert f"Port {port} is taken" in refused.stderr
    assert f"pid {os.getpid()}" in refused.stderr
    assert "--port" in refused.stderr


def test_a_mesh_that_cannot_start_says_why_and_leaves_nothing() -> None:
    with mesh_folder() as mesh:
        broken = mesh.data_dir / "postgres"
        broken.mkdir(parents=True)
        # All else of it is gone.
        (broken / "PG_VERSION").write_text("18\n")
        failed = argus("up", "--detach", *mesh.flags)
        assert failed.returncode == 1
        assert "postgres does not start" in failed.stderr
        assert "postgresql.conf" in failed.stderr
        assert "another PostgreSQL version" in failed.stderr
        assert find_leftovers(mesh.layout) == []


def test_stopping_what_does_not_run_says_so(tmp_path: Path) -> None:
    done = argus("down", "--data-dir", str(tmp_path / "data"))
    assert done.returncode == 0
    assert "Nothing runs" in done.stderr
