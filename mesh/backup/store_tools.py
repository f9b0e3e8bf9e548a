"""SeaweedFS's own tools, on the store of a mesh."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mesh.errors import MeshError
from mesh.options import LOOPBACK
from mesh.parts.objects import binary
from mesh.supervision.environment import inherited
from mesh.supervision.ports import Ports

_ADVICE = "Is the disk full? See what it says."


@dataclass(frozen=True)
class StoreTools:
    """How the tools reach a store that runs.

    Args:
        ports: The store's.
        environment: What it is started with: certificates, and the keys of its inner ports.
    """

    ports: Ports
    environment: Mapping[str, str] = field(repr=False)

    async def load_names(self, names: Path) -> None:
        """Tells the filer which objects there are. What it takes is what the bucket then lists.

        Raises:
            MeshError: The tool does not run.
        """
        ports = self.ports
        await _weed(
            ("shell", f"-master={LOOPBACK}:{ports.master}.{ports.master_grpc}",
             f"-filer={LOOPBACK}:{ports.filer}.{ports.filer_grpc}"),
            self.environment,
            f"fs.meta.load -v=false {names}\n".encode(),
        )  # fmt: skip


async def make_indexes(folder: Path) -> None:
    """Makes the indexes of the volumes in a folder, on which no store runs.

    Raises:
        MeshError: A volume is not what it should be.
    """
    await _weed(("fix", str(folder)), {}, b"")


async def _weed(arguments: tuple[str, ...], environment: Mapping[str, str], said: bytes) -> None:
    process = await asyncio.create_subprocess_exec(
        str(binary()),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**inherited(()), **environment},
        cwd="/",
    )
    try:
        _, problem = await process.communicate(said)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        words = problem.decode(errors="replace").strip()[-500:]
        raise MeshError(f"weed {arguments[0]} failed: {words}", _ADVICE)
