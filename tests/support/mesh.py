"""A mesh with all real parts, started as a person starts it."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from mesh.layout import Layout
from mesh.parts.inner_tls import inner_tls
from mesh.supervision.leftovers import find_leftovers
from mesh.supervision.state import MeshState, read_state
from services.runtime.channel import open_channel
from services.runtime.mutual_tls import MutualTls, TlsFiles
from services.runtime.peers import OPERATOR
from tests.support.model_dir import MODEL_DIR
from tests.support.parts import free_port

CROWDED = {
    "ARGUS_REGISTRATIONS_OF_ADDRESS": "1000000",
    "ARGUS_LOGIN_FREE_ATTEMPTS_OF_ADDRESS": "1000000",
    "ARGUS_MAIL_REQUESTS_OF_ADDRESS": "1000000",
}
"""Everybody in a test comes from this machine."""

SIGN_INS_AT_ONCE = 500
"""How many calls that check passwords or tokens the shared mesh takes at once from this machine."""

START_TIMEOUT_S = 600.0
STOP_TIMEOUT_S = 90.0


@dataclass(frozen=True)
class Mesh:
    """A mesh that runs, or ran, on a folder of its own."""

    data_dir: Path
    port: int
    object_port: int
    admin_port: int
    tls_port: int
    embedders: int = 1
    mtls: bool = False
    public: bool = False
    """Whether the port with TLS is the one at which people reach it."""
    metrics: bool = False
    """Whether each service has a port from which metrics are collected."""
    observe: bool = False
    """Whether it keeps traces, metrics and logs, which includes these ports."""
    replicas: str = ""
    """How many of other services it has, as in `--replicas`."""

    @property
    def edge_url(self) -> str:
        """Base URL of REST and gRPC-web."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def edge_target(self) -> str:
        """Target of gRPC channels."""
        return f"127.0.0.1:{self.port}"

    @property
    def layout(self) -> Layout:
        """Its folders."""
        return Layout.of(self.data_dir)

    @property
    def flags(self) -> list[str]:
        """What `argus up` is told."""
        return [
            "--data-dir", str(self.data_dir), "--port", str(self.port),
            "--tls-port", str(self.tls_port),
            "--object-port", str(self.object_port), "--admin-port", str(self.admin_port),
            "--embedders", str(self.embedders),
            *(["--replicas", self.replicas] if self.replicas else []),
            *(["--mtls"] if self.mtls else []),
            *(["--metrics"] if self.metrics else []),
            *(["--observe"] if self.observe else []),
            *(["--public-url", self.tls_url] if self.public else []),
        ]  # fmt: skip

    @property
    def tls_url(self) -> str:
        """Base URL over TLS."""
        return f"https://localhost:{self.tls_port}"

    def state(self) -> MeshState:
        """What its supervisor knows now."""
        state = read_state(self.layout)
        assert state is not None, f"no state in {self.data_dir}"
        return state

    def pid(self, part: str) -> int:
        """The process of a part."""
        return self.state().part(part).pid

    def channel(self, service: str, part: str = OPERATOR) -> grpc.aio.Channel:
        """To a service itself, past the edge, as a part of the mesh comes: as its operator."""
        target = f"127.0.0.1:{getattr(self.state().ports, service)}"
        tls: MutualTls | None = None
        if inner := inner_tls(self.layout, mtls=self.mtls):
            files = TlsFiles(inner.certificate(part), inner.key(part), inner.authority)
            tls = MutualTls(files)
        peer = "embedder" if service == "internal" else service
        return open_channel(target, max_message_bytes=2**26, peer=peer, tls=tls)

    def logs(self) -> str:
        """The end of every log, for a test's failure message."""
        return "\n".join(
            f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}"
            for log in sorted(self.layout.logs.glob("*.log"))
        )

    def up(self, **variables: str) -> None:
        """Starts it with these variables set, and waits until it is ready."""
        variables = CROWDED | variables
        done = argus("up", "--detach", *self.flags, timeout_s=START_TIMEOUT_S, **variables)
        assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{self.logs()}"

    def down(self) -> None:
        """Stops it and proves that no process is left."""
        done = argus("down", "--data-dir", str(self.data_dir), timeout_s=STOP_TIMEOUT_S)
        assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{self.logs()}"
        assert find_leftovers(self.layout) == []


def argus(
    *arguments: str, timeout_s: float = 60.0, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs the command line as a person would, with no variables of Argus's but these."""
    return subprocess.run(
        [sys.executable, "-m", "mesh", *arguments],
        env={**_own_environment(), "ARGUS_MODEL_DIR": str(MODEL_DIR), "COLUMNS": "200"} | variables,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def _own_environment() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("ARGUS_")}


@contextmanager
def mesh_folder(
    *,
    embedders: int = 1,
    mtls: bool | None = None,
    public: bool = False,
    metrics: bool = False,
    observe: bool = False,
    replicas: str = "",
) -> Iterator[Mesh]:
    """Yields a mesh that was not started yet; afterwards nothing of it is left.

    Args:
        embedders: How many it has.
        mtls: Whether its parts prove themselves to each other; None: if this run of the tests is
            told so (`ARGUS_MTLS`, `--mtls`).
        public: Whether people reach it over TLS, links included.
        metrics: Whether each service has a port from which metrics are collected.
        observe: Whether it keeps traces, metrics and logs.
        replicas: How many of other services it has, as in `--replicas`.
    """
    if mtls is None:
        mtls = os.environ.get("ARGUS_MTLS", "") not in {"", "0", "false"}
    folder = Path(tempfile.mkdtemp(prefix="argus-mesh-"))
    ports: set[int] = set()
    while len(ports) < 4:
        ports.add(free_port())
    edge, objects, admin, tls = ports
    mesh = Mesh(
        folder / "data",
        edge,
        objects,
        admin,
        tls,
        embedders,
        mtls,
        public,
        metrics,
        observe,
        replicas,
    )
    try:
        yield mesh
        mesh.down()
    finally:
        # Also when a test failed or was interrupted.
        argus("down", "--data-dir", str(mesh.data_dir), timeout_s=STOP_TIMEOUT_S)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(mesh.layout.sockets, ignore_errors=True)
