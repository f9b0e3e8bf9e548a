"""A copy of PostgreSQL's files in a backup, from which its log leads to later moments."""

import json
from datetime import datetime
from pathlib import Path

import asyncpg
from pydantic import BaseModel, ConfigDict, ValidationError

from mesh.archive.wal import position
from mesh.backup.database import connection_variables, run_program
from mesh.backup.errors import BackupDamaged

NAME = "base.json"
FOLDER = "base"
ARCHIVE = f"{FOLDER}/base.tar.gz"


class Base(BaseModel):
    """Where in which stream a copy belongs."""

    model_config = ConfigDict(frozen=True)

    stream_id: str
    timeline: int
    start_lsn: str
    """Where recovery begins to read the log."""

    end_lsn: str
    moment: datetime
    """The first moment to which it can be brought."""

    postgres_version: str

    @property
    def start(self) -> int:
        """Where recovery begins to read the log, in bytes."""
        return position(self.start_lsn)


async def take_base(url: str, folder: Path, stream_id: str) -> None:
    """Copies PostgreSQL's files, without its log, into a backup's folder.

    Args:
        url: Of the database; PostgreSQL writes as much into its log as recovery needs.
        folder: Of the backup.
        stream_id: Who has received the log since before.

    Raises:
        MeshError: pg_basebackup fails; carries what it said.
    """
    await run_program(
        "pg_basebackup",
        (
            f"--pgdata={folder / FOLDER}", "--format=tar", "--compress=client-gzip:1",
            "--wal-method=none", "--checkpoint=fast", "--no-sync",
        ),
        connection_variables(url),
    )  # fmt: skip
    # Later than everything in the copy.
    connection = await asyncpg.connect(url, timeout=10)
    try:
        moment = await connection.fetchval("SELECT clock_timestamp()")
        version = await connection.fetchval("SHOW server_version")
    finally:
        connection.terminate()
    manifest = json.loads((folder / FOLDER / "backup_manifest").read_bytes())
    [walked] = manifest["WAL-Ranges"]
    base = Base(
        stream_id=stream_id,
        timeline=walked["Timeline"],
        start_lsn=walked["Start-LSN"],
        end_lsn=walked["End-LSN"],
        moment=moment,
        postgres_version=version,
    )
    (folder / NAME).write_text(base.model_dump_json(indent=1), encoding="utf-8")


def base_of(folder: Path) -> Base | None:
    """The copy that a backup has; None if it has none.

    Args:
        folder: Of the backup, whose manifest proves its files.

    Raises:
        BackupDamaged: It was changed.
    """
    try:
        return Base.model_validate_json((folder / NAME).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise BackupDamaged(f"{folder / NAME} was changed: {error}") from error
