"""What the supervisor knows, kept in a file for `argus status`, `down` and the next `up`."""

import time
from typing import Literal

import psutil
from pydantic import BaseModel, ValidationError

from mesh.layout import Layout
from mesh.options import MeshOptions
from mesh.supervision.ports import Ports

Status = Literal["waiting", "starting", "ready", "unhealthy", "restarting", "stopping", "stopped"]

# A process's start is counted in ticks since boot; as a time it moves when the clock is set.
_CREATED_TOLERANCE_S = 2.0


class PartState(BaseModel):
    """How one part is."""

    name: str
    status: Status = "waiting"
    external: bool = False
    """True if it runs elsewhere and is only watched."""

    optional: bool = False
    """True if the mesh does its work without it."""

    pid: int = 0
    """0: no process."""

    created: float = 0.0
    """Create time of the process, seconds since 1970."""

    restarts: int = 0
    """How often it ended by itself."""

    was_ready: bool = False
    """True once it was ready in this run."""

    detail: str = ""
    """What it waits for or what is wrong."""

    advice: str = ""
    """What to look at when it does not start."""


class MeshState(BaseModel):
    """How the whole mesh is."""

    pid: int
    """The supervisor."""

    created: float
    """Create time of the supervisor, seconds since 1970."""

    options: MeshOptions
    ports: Ports
    parts: list[PartState]
    ready: bool = False
    """True while every part is ready that the mesh needs, and the edge says SERVING."""

    detail: str = ""
    """Why it is not ready although all parts are."""

    notes: list[str] = []
    """What a person should know about this start, such as a port that had to change."""

    started: float = 0.0
    """When `argus up` began, seconds since 1970."""

    ready_after_s: float = 0.0
    """How long the start took; 0 while it lasts."""

    def part(self, name: str) -> PartState:
        """The part of that name."""
        return next(part for part in self.parts if part.name == name)

    @property
    def parts_ready(self) -> bool:
        """Whether every part is ready that the mesh needs."""
        return all(part.status == "ready" for part in self.parts if not part.optional)

    @property
    def alive(self) -> bool:
        """Whether the supervisor that wrote this still runs."""
        return is_process(self.pid, self.created)

    @property
    def edge_url(self) -> str:
        """Where clients find the mesh."""
        return f"http://{_reachable(self.options.host)}:{self.ports.edge}"

    @property
    def tls_url(self) -> str:
        """The same over TLS."""
        return f"https://{_reachable(self.options.host)}:{self.ports.tls}"

    @property
    def objects_url(self) -> str:
        """Where clients find the object store, if it runs here."""
        return f"http://{_reachable(self.options.host)}:{self.ports.objects}"


def new_state(options: MeshOptions, ports: Ports, pid: int, created: float) -> MeshState:
    """The state of a mesh that begins now."""
    return MeshState(
        pid=pid, created=created, options=options, ports=ports, parts=[], started=time.time()
    )


def write_state(layout: Layout, state: MeshState) -> None:
    """Replaces the file, whole or not at all."""
    fresh = layout.state_file.with_suffix(".new")
    fresh.write_text(state.model_dump_json(indent=1))
    fresh.replace(layout.state_file)


def read_state(layout: Layout) -> MeshState | None:
    """What the last supervisor wrote; None if there was none or it cannot be read."""
    try:
        return MeshState.model_validate_json(layout.state_file.read_text())
    except (OSError, ValidationError):
        return None


def is_process(pid: int, created: float) -> bool:
    """Whether exactly this process runs: the pid was not given to another one since."""
    if pid <= 0:
        return False
    try:
        process = psutil.Process(pid)
        return (
            abs(process.create_time() - created) < _CREATED_TOLERANCE_S
            and process.status() != psutil.STATUS_ZOMBIE
        )
    except psutil.NoSuchProcess:
        return False


def _reachable(host: str) -> str:
    """An address that a client on this machine can use."""
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
