"""Which TCP ports a mesh uses."""

import json
import random
import socket
import sys
from collections.abc import Collection

import psutil
from pydantic import BaseModel, ConfigDict

from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.options import (
    DEFAULT_ADMIN_PORT,
    DEFAULT_OBJECT_PORT,
    DEFAULT_PORT,
    DEFAULT_TLS_PORT,
    LOOPBACK,
    MeshOptions,
)


class Ports(BaseModel):
    """Ports of one mesh. The edge's and the object store's are for clients.

    What each is for, and what it asks of whoever connects, the parts say in their `listeners`.
    """

    model_config = ConfigDict(frozen=True)

    edge: int
    tls: int = 0
    """The edge with TLS; 0 only in what a mesh wrote down that had none."""

    objects: int
    admin: int
    jwks: int
    """Where the edge asks itself for the keys of access tokens."""

    internal: int
    """Where the edge balances what services send to the embedders."""

    auth: int
    storage: int
    embedder: int
    search: int
    inspection: int = 0
    """0 only in what a mesh wrote down that had no such service; it can still be stopped."""

    objects_grpc: int
    master: int
    master_grpc: int
    volume: int
    volume_grpc: int
    filer: int
    filer_grpc: int
    more_embedders: tuple[int, ...] = ()
    """Ports of the embedders beside the first."""

    auth_metrics: int = 0
    storage_metrics: int = 0
    embedder_metrics: int = 0
    search_metrics: int = 0
    inspection_metrics: int = 0
    """Where metrics are collected, with `argus up --metrics`; 0 only in what was written down by a
    mesh that had no such ports."""

    observe: int = 0
    """The page of `argus up --observe`; 0 only in what was written down before there was one."""

    metrics_store: int = 0
    """Prometheus, or what stands for it; as above."""

    more_embedder_metrics: tuple[int, ...] = ()
    """The same of the embedders beside the first."""

    more_auth: tuple[int, ...] = ()
    more_auth_metrics: tuple[int, ...] = ()
    more_storage: tuple[int, ...] = ()
    more_storage_metrics: tuple[int, ...] = ()
    more_search: tuple[int, ...] = ()
    more_search_metrics: tuple[int, ...] = ()
    more_inspection: tuple[int, ...] = ()
    more_inspection_metrics: tuple[int, ...] = ()
    """Ports of the replicas of other services beside the first, and where their metrics are."""

    @property
    def embedders(self) -> tuple[int, ...]:
        """Ports of all embedders."""
        return self.of("embedder")

    def of(self, service: str) -> tuple[int, ...]:
        """Ports of all replicas of a service."""
        return (int(getattr(self, service)), *getattr(self, _FIELDS[service]))

    @property
    def numbers(self) -> tuple[int, ...]:
        """Every port."""
        single = (int(getattr(self, name)) for name in _SINGLE)
        return (*single, *(port for field in _MORE for port in getattr(self, field)))

    def metrics_of(self, service: str, replica: int = 1) -> int:
        """Where the metrics of a replica are collected; the first is 1."""
        if replica == 1:
            return int(getattr(self, f"{service}_metrics"))
        return int(getattr(self, _FIELDS[f"{service}_metrics"])[replica - 2])


DEFAULTS = {
    "edge": DEFAULT_PORT,
    "tls": DEFAULT_TLS_PORT,
    "objects": DEFAULT_OBJECT_PORT,
    "admin": DEFAULT_ADMIN_PORT,
}
"""Where clients and operators look if nobody asked for anything else."""

# Inner ports are drawn from here: below the range from which the kernel takes ports for outgoing
# connections, so that a part that restarts finds its port free, and wide enough that meshes which
# start in the same moment do not meet.
_INNER_PORTS = range(20_000, 32_768)

_MORE = {
    "more_embedders": "embedder",
    "more_embedder_metrics": "embedder_metrics",
    **{
        f"more_{name}{end}": f"{name}{end}"
        for name in ("auth", "storage", "search", "inspection")
        for end in ("", "_metrics")
    },
}
"""Fields with a port of each replica beside the first, and what such a port is called."""

_FIELDS = {kind: field for field, kind in _MORE.items()}
_SINGLE = [name for name in Ports.model_fields if name not in _MORE]

_OUTSIDE = {"edge", "tls"}
# SeaweedFS binds the gRPC port of its S3 gateway where it binds S3.
_OBJECTS = {"objects", "objects_grpc"}
_ANSWER_TIMEOUT_S = 0.5
FLAGS = {
    "edge": "--port",
    "tls": "--tls-port",
    "objects": "--object-port",
    "admin": "--admin-port",
}


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
    asked = {
        "edge": options.port,
        "tls": options.tls_port,
        "objects": options.object_port,
        "admin": options.admin_port,
    }
    remembered = remembered_ports(options.layout)
    chosen: dict[str, int] = {}
    notes: list[str] = []
    for name in _names(options):
        host = options.host if name in _OUTSIDE else LOOPBACK
        if name in _OBJECTS:
            host = options.objects_host
        explicit = asked.get(name)
        wanted = explicit or remembered.get(name) or DEFAULTS.get(name)
        unused = name == "objects" and objects_external
        if wanted and wanted not in chosen.values() and (unused or is_free(host, wanted)):
            chosen[name] = wanted
            continue
        if explicit or name == "edge":
            raise MeshError(
                f"Port {wanted} is taken{describe_owner(wanted or 0)}.",
                f"Stop that, or choose another port with {FLAGS[name]}.",
            )
        chosen[name] = draw_port(host, chosen.values())
        if name in FLAGS:
            notes.append(
                f"Port {wanted} is taken{describe_owner(wanted or 0)}; "
                f"using {chosen[name]} instead ({FLAGS[name]} chooses another)."
            )
    more = {
        field: tuple(chosen.pop(name) for name in _further(kind, _replicas(options, kind)))
        for field, kind in _MORE.items()
    }
    return Ports.model_validate({**chosen, **more}), notes


def remember_ports(layout: Layout, ports: Ports) -> None:
    """Keeps the ports for the next start, whole or not at all."""
    fresh = layout.ports_file.with_suffix(".new")
    fresh.write_text(ports.model_dump_json(indent=2))
    fresh.replace(layout.ports_file)


def remembered_ports(layout: Layout) -> dict[str, int]:
    """The ports of the last run by name; none if there was no run."""
    try:
        kept = json.loads(layout.ports_file.read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(kept, dict):
        return {}
    for field, kind in _MORE.items():
        more = kept.pop(field, [])
        if isinstance(more, list):
            kept |= dict(zip(_further(kind, len(more) + 1), more, strict=True))
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
    # Elsewhere one address may be bound beside a listener on all of them.
    return sys.platform == "linux" or not _answers(host, port)


def _answers(host: str, port: int) -> bool:
    """Whether somebody takes connections there."""
    address = {"0.0.0.0": LOOPBACK, "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    with socket.socket(_family(host)) as caller:
        caller.settimeout(_ANSWER_TIMEOUT_S)
        return caller.connect_ex((address, port)) == 0


def draw_port(host: str, taken: Collection[int]) -> int:
    """An inner port nobody listens on, other than the taken ones."""
    while True:
        port = random.choice(_INNER_PORTS)  # noqa: S311 - a port is no secret
        if port not in taken and is_free(host, port):
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


def _names(options: MeshOptions) -> list[str]:
    """Every port's name, those of further replicas among them."""
    further = (_further(kind, _replicas(options, kind)) for kind in _MORE.values())
    return [*_SINGLE, *(name for names in further for name in names)]


def _replicas(options: MeshOptions, kind: str) -> int:
    """How many ports of a kind there are."""
    return options.replicas_of(kind.removesuffix("_metrics"))


def _further(kind: str, replicas: int) -> list[str]:
    """Names of a port of each replica beside the first."""
    return [f"{kind}-{number}" for number in range(2, replicas + 1)]


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
