import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from mesh.checks import Level, check_listeners
from mesh.credentials import Credentials
from mesh.layout import Layout
from mesh.options import LOOPBACK, MeshOptions
from mesh.supervision.listener import Guard, Listener, tcp
from mesh.supervision.part import Part, Stage
from mesh.supervision.plan import Plan, build_plan
from mesh.supervision.ports import Ports
from mesh.supervision.sockets import open_sockets
from mesh.supervision.state import MeshState, PartState, new_state

NAMES = [name for name in Ports.model_fields if not name.startswith("more_")]
PORTS = Ports(**{name: 20_000 + number for number, name in enumerate(NAMES)})


def mine() -> set[str]:
    return open_sockets([psutil.Process()])


@pytest.fixture
def before() -> set[str]:
    """What this process has open anyway."""
    return mine()


@pytest.fixture
def kept() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def listening(kept: ExitStack, family: socket.AddressFamily, address: tuple[str, int] | str) -> int:
    """Listens until the test ends; the port, if there is one."""
    server = kept.enter_context(socket.socket(family))
    server.bind(address)
    server.listen()
    name = server.getsockname()
    return int(name[1]) if isinstance(name, tuple) else 0


def test_what_takes_connections_is_found(before: set[str], kept: ExitStack, layout: Layout) -> None:
    port = listening(kept, socket.AF_INET, (LOOPBACK, 0))
    path = str(layout.sockets / "own.sock")
    listening(kept, socket.AF_UNIX, path)
    datagrams = kept.enter_context(socket.socket(type=socket.SOCK_DGRAM))
    datagrams.bind((LOOPBACK, 0))
    expected = {f"{LOOPBACK}:{port}", path, tcp(*datagrams.getsockname())}
    assert mine() - before == expected


def test_connections_and_their_ends_are_no_listeners(
    before: set[str], kept: ExitStack, layout: Layout
) -> None:
    path = str(layout.sockets / "own.sock")
    server = kept.enter_context(socket.socket(socket.AF_UNIX))
    server.bind(path)
    server.listen()
    client = kept.enter_context(socket.socket(socket.AF_UNIX))
    client.connect(path)
    kept.enter_context(server.accept()[0])
    other = kept.enter_context(socket.create_server((LOOPBACK, 0)))
    kept.enter_context(socket.create_connection(other.getsockname()))
    kept.enter_context(other.accept()[0])
    kept.enter_context(socket.socket())
    for end in socket.socketpair():
        kept.enter_context(end)
    assert mine() - before == {path, tcp(*other.getsockname())}


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6 here")
def test_an_ipv4_address_is_told_as_one_although_it_is_bound_as_ipv6(
    before: set[str], kept: ExitStack
) -> None:
    server = kept.enter_context(socket.socket(socket.AF_INET6))
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind(("::ffff:127.0.0.1", 0))
    server.listen()
    assert mine() - before == {f"{LOOPBACK}:{server.getsockname()[1]}"}


async def _ready() -> None:
    pass


def stood_for_by_this_process(layout: Layout, *listeners: Listener) -> tuple[MeshState, Plan]:
    """A mesh of one part, which is this process."""
    part = Part(name="store", stage=Stage.STORE, ready=_ready, command=("x",), listeners=listeners)
    state = new_state(MeshOptions(data_dir=layout.data_dir), PORTS, os.getpid(), 0.0)
    state.parts = [PartState(name="store", pid=os.getpid())]
    return state, Plan((part,), _ready)


@pytest.mark.usefixtures("before")
def test_a_socket_that_nobody_declared_is_a_failure(layout: Layout, kept: ExitStack) -> None:
    declared, other = (listening(kept, socket.AF_INET, (LOOPBACK, 0)) for _ in range(2))
    known = Listener("s3", tcp(LOOPBACK, declared), "images", "storage", Guard.SIGNATURE, "/status")
    state, plan = stood_for_by_this_process(layout, known)
    findings = {finding.text: finding.level for finding in check_listeners(state, plan)}
    said = next(text for text in findings if text.startswith(f"{known.address} (store: images)"))
    assert findings[said] is Level.OK
    assert "for storage; " in said
    assert known.guard.value in said
    assert said.endswith("public: /status")
    unknown = next(text for text in findings if text.startswith(f"{LOOPBACK}:{other} "))
    assert findings[unknown] is Level.FAIL


def test_what_refuses_nobody_is_a_warning(layout: Layout, kept: ExitStack) -> None:
    port = listening(kept, socket.AF_INET, (LOOPBACK, 0))
    trusting = Listener("admin", tcp(LOOPBACK, port), "pages", "operators", Guard.MACHINE)
    findings = list(check_listeners(*stood_for_by_this_process(layout, trusting)))
    said = next(finding for finding in findings if trusting.address in finding.text)
    assert said.level is Level.WARN
    assert said.advice


def test_a_part_that_does_not_run_has_no_sockets(layout: Layout) -> None:
    state, plan = stood_for_by_this_process(
        layout, Listener("s3", tcp(LOOPBACK, 1), "images", "storage", Guard.SIGNATURE)
    )
    state.parts[0].pid = 0
    assert list(check_listeners(state, plan)) == []


def test_sockets_that_are_hidden_are_told_as_such(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of PostgreSQL are from an account that is not root, on some systems."""

    def refuse(*_: object, **__: object) -> None:
        raise psutil.AccessDenied

    known = Listener("s3", tcp(LOOPBACK, 1), "images", "storage", Guard.SIGNATURE)
    monkeypatch.setattr(psutil.Process, "net_connections", refuse)
    findings = list(check_listeners(*stood_for_by_this_process(layout, known)))
    assert [finding.level for finding in findings] == [Level.WARN, Level.OK]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "2001:db8::1"])  # noqa: S104 - not bound
def test_what_other_machines_reach_asks_for_a_key(host: str) -> None:
    plan = build_plan(
        MeshOptions(data_dir=Path("/nowhere"), host=host),
        PORTS,
        Credentials(**dict.fromkeys(Credentials.model_fields, "")),
    )
    outside = {
        f"{part.name} {listener.name}": listener.guard
        for part in plan.parts
        for listener in part.listeners
        if not listener.is_unix and not listener.address.startswith(f"{LOOPBACK}:")
    }
    assert outside == {
        "edge public": Guard.TOKEN,
        "edge tls": Guard.TOKEN,
        "objects s3": Guard.SIGNATURE,
        # It cannot be bound elsewhere than S3.
        "objects s3-grpc": Guard.CERTIFICATE,
    }


def test_the_documentation_tells_every_listener() -> None:
    text = (Path(__file__).parents[3] / "docs" / "security.md").read_text()
    rows = {line for line in text.splitlines() if line.startswith("| ")}
    plan = build_plan(
        MeshOptions(data_dir=Path("/nowhere")),
        PORTS,
        Credentials(**dict.fromkeys(Credentials.model_fields, "")),
    )
    for part in plan.parts:
        for listener in part.listeners:
            told = [row for row in rows if part.name in row and f"`{listener.name}`" in row]
            assert told, (part.name, listener.name)
