"""Which TCP ports a mesh uses."""

import json
import socket
from collections.abc import Iterable

import psutil
from pydantic import BaseModel, ConfigDict

from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.options import (
    DEFAULT_ADMIN_PORT,
    DEFAULT_OBJECT_PORT,
    DEFAULT_PORT,
    LOOPBACK,
    MeshOptions,
)


class Ports(BaseModel):
    """Ports of one mesh. The edge's and the object store's are for clients, the rest loopback."""

    model_config = ConfigDict(frozen=True)

    edge: int
    objects: int
    admin: int
    jwks: int
    """Where the edge asks itself for the keys of access tokens."""

    auth: int
    storage: int
    embedder: int
    search: int
    objects_grpc: int
    master: int
    master_grpc: int
    volume: int
    volume_grpc: int
    filer: int
    filer_grpc: int


DEFAULTS = {
    "edge": DEFAULT_PORT,
    "objects": DEFAULT_OBJECT_PORT,
    "admin": DEFAULT_ADMIN_PORT,
    "auth": 50051,
    "storage": 50052,
    "embedder": 50053,
    "search": 50054,
    **dict.fromkeys(
        (
            "jwks", "objects_grpc", "master", "master_grpc", "volume", "volume_grpc", "filer",
            "filer_grpc",
        ),
        0,
    ),
}  # fmt: skip
"""Where nobody asked for anything; 0: no number is better than another."""

_FLAGS = {"edge": "--port", "objects": "--object-port", "admin": "--admin-port"}


def choose_ports(options: MeshOptions, *, objects_external: bool) -> tuple[Ports, list[str]]:
    """Chooses ports that are free now: what was asked for, else the last run's, else the defaults.

    Args:
        options: What was asked for.
        objects_external: Whether the object store runs elsewhere and needs no port here.

    Returns:
        The ports, and a sentence for each well-known port that had to change.

    Raises:
        MeshError: A port that was asked for, or the edge's, is taken.
    """
    asked = {"edge": options.port, "objects": options.object_port, "admin": options.admin_port}
    remembered = remembered_ports(options.layout)
    chosen: dict[str, int] = {}
    notes: list[str] = []
    for name, default in DEFAULTS.items():
        host = options.host if name in {"edge", "objects"} else LOOPBACK
        explicit = asked.get(name)
        wanted = explicit or remembered.get(name, default)
        unused = name == "objects" and objects_external
        if wanted and wanted not in chosen.values() and (unused or is_free(host, wanted)):
            chosen[name] = wanted
            continue
        if explicit or name == "edge":
            flag = _FLAGS[name]
            raise MeshError(
                f"Port {wanted} is taken{describe_owner(wanted)}.",
                f"Stop that, or choose another port with {flag}.",
            )
        chosen[name] = free_port(host, chosen.values())
        if name in _FLAGS:
            notes.append(
                f"Port {wanted} is taken{describe_owner(wanted)}; "
                f"using {chosen[name]} instead ({_FLAGS[name]} chooses another)."
            )
    return Ports(**chosen), notes


def remember_ports(layout: Layout, ports: Ports) -> None:
    """Keeps the ports for the next start."""
    layout.ports_file.write_text(ports.model_dump_json(indent=2))


def remembered_ports(layout: Layout) -> dict[str, int]:
    """The ports of the last run by name; none if there was no run."""
    try:
        kept = json.loads(layout.ports_file.read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(kept, dict):
        return {}
    return {name: port for name, port in kept.items() if isinstance(port, int) and port > 0}


def is_free(host: str, port: int) -> bool:
    """Whether somebody could listen on the port now."""
    with socket.socket(_family(host)) as probe:
        # As servers do: connections that are only waiting to be forgotten are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port(host: str, taken: Iterable[int] = ()) -> int:
    """A port nobody listens on, other than the taken ones."""
    while True:
        with socket.socket(_family(host)) as probe:
            probe.bind((host, 0))
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port


def describe_owner(port: int) -> str:
    """` by NAME (pid N)` for whoever listens on the port, or nothing if that is hidden from us."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,):
                if connection.pid is None:
                    return ""
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        return ""
    return ""


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
