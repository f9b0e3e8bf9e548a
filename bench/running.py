"""A mesh to measure: its own data folder, its own ports, gone afterwards."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mesh.layout import Layout
from mesh.supervision.memory import memory_bytes
from mesh.supervision.ports import Ports, draw_port
from mesh.supervision.state import MeshState, read_state


@dataclass(frozen=True)
class RunningMesh:
    """A mesh that is ready."""

    server: str
    """`host:port` of its edge."""

    data_dir: Path
    start_s: float
    """Seconds from the command to READY."""

    @property
    def embedder(self) -> str:
        """`host:port` of its embedder, without the edge."""
        return f"127.0.0.1:{self._state().ports.embedder}"

    @property
    def layout(self) -> Layout:
        """Its folders."""
        return Layout.of(self.data_dir)

    @property
    def ports(self) -> Ports:
        """Where its parts listen."""
        return self._state().ports

    def pid(self, part: str) -> int:
        """The process of a part, such as `edge`."""
        return self._state().part(part).pid

    def pids(self) -> dict[str, int]:
        """The processes of all parts that run here."""
        return {part.name: part.pid for part in self._state().parts if part.pid}

    @property
    def supervisor_pid(self) -> int:
        """The process of `argus up`, of which all others descend."""
        return self._state().pid

    def resident_mb(self) -> dict[str, float]:
        """Memory of each part, its children included, in MB (10^6 bytes)."""
        state = self._state()
        parts = {part.name: memory_bytes(part.pid) for part in state.parts if part.pid}
        supervisor = memory_bytes(state.pid, descendants=False)
        return {name: size / 1e6 for name, size in {**parts, "argus up": supervisor}.items()}

    def _state(self) -> MeshState:
        state = read_state(self.layout)
        if state is None:
            raise RuntimeError("the mesh does not run")
        return state


# One benchmark asks for more than any one caller may.
_LIMITS = Path(__file__).parent / "limits.toml"


@contextmanager
def running_mesh(
    data_dir: Path,
    *,
    model: str,
    settings: Mapping[str, str] | None = None,
    flags: Sequence[str] = (),
) -> Iterator[RunningMesh]:
    """Starts a mesh and stops it at the end.

    Args:
        data_dir: Where it keeps its data.
        model: What it embeds with.
        settings: `ARGUS_*` variables that it is started with; the caller's own do not count.
        flags: Further ones of `argus up`.
    """
    ports: list[int] = []
    for _ in range(3):
        ports.append(draw_port("127.0.0.1", ports))
    port, objects, admin = ports
    argus = [sys.executable, "-m", "mesh"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ARGUS_")}
    environment |= {"ARGUS_LIMITS_FILE": str(_LIMITS)} | dict(settings or {})
    started = time.monotonic()
    subprocess.run(
        [
            *argus, "up", "--detach", "--data-dir", str(data_dir), "--model", model,
            "--port", str(port), "--object-port", str(objects), "--admin-port", str(admin),
            *flags,
        ],
        check=True,
        env=environment,
        stdout=sys.stderr,
    )  # fmt: skip
    try:
        yield RunningMesh(f"127.0.0.1:{port}", data_dir, time.monotonic() - started)
    finally:
        subprocess.run(
            [*argus, "down", "--data-dir", str(data_dir)],
            check=True,
            env=environment,
            stdout=sys.stderr,
        )
