"""Receives PostgreSQL's log as it is written, by its own `pg_receivewal`."""

import asyncio
import os
from pathlib import Path

import asyncpg

from mesh.archive.wal import position
from mesh.backup.database import connection_variables
from mesh.errors import MeshError
from mesh.parts.postgres import binaries
from mesh.supervision.environment import inherited

_NAME = "argus_archive"
_POLL_S = 0.05
_STOP_S = 3.0
_GAPS = ("has already been removed", "not in this server's history", "ahead of the WAL")
"""What PostgreSQL says when it cannot go on where the files end."""

_RECEIVED = (
    "SELECT flush_lsn::text FROM pg_stat_replication "
    "WHERE application_name = $1 AND state = 'streaming' ORDER BY flush_lsn DESC NULLS LAST LIMIT 1"
)


class LogGap(MeshError):
    """PostgreSQL does not have any more what comes after what was received."""


class Receiver:
    """One `pg_receivewal`. It flushes what it gets at once.

    No slot holds the log back for it: what PostgreSQL keeps is bounded (`wal_keep_size`), so a
    disk that takes nothing does no harm to the mesh, and in the end costs the archive a gap.

    Args:
        url: Of the database.
        folder: Where to; it goes on where the files there end.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def ensure(self) -> None:
        """Starts it if it does not run.

        Raises:
            LogGap: It ended because it cannot go on.
            MeshError: It ended for another reason; the next call starts it again.
        """
        if self._process is not None and self._process.returncode is not None:
            said = (await self._process.stderr.read()).decode(errors="replace").strip()  # type: ignore[union-attr]  # it is a pipe
            self._process = None
            words = f"pg_receivewal ended: {said[-500:]}"
            if any(gap in said for gap in _GAPS):
                raise LogGap(words)
            raise MeshError(words, "Is the disk full, or not there?")
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                str(binaries() / "pg_receivewal"),
                f"--directory={self._folder}", "--no-loop", "--synchronous", "--no-password",
                "--status-interval=1",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env={
                    **inherited(("ARGUS_MESH_DIR",)),
                    "LC_ALL": "C",
                    **connection_variables(self.url),
                    "PGAPPNAME": _NAME,
                },
                cwd=os.sep,
            )  # fmt: skip

    async def received(self, connection: asyncpg.Connection, lsn: str, *, within_s: float) -> None:
        """Waits until everything up to a position is on the archive's disk.

        Raises:
            LogGap: It cannot go on.
            MeshError: It has ended, or does not get so far in time.
        """
        deadline = asyncio.get_running_loop().time() + within_s
        while True:
            await self.ensure()
            flushed = await connection.fetchval(_RECEIVED, _NAME)
            if flushed is not None and position(flushed) >= position(lsn):
                return
            if asyncio.get_running_loop().time() > deadline:
                raise MeshError(
                    f"The archive has PostgreSQL's log up to {flushed}, not to {lsn}.",
                    "Is its disk too slow, or full?",
                )
            await asyncio.sleep(_POLL_S)

    async def stop(self) -> None:
        """Ends it, after it has written what it has."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()
