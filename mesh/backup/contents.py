"""What is in a database's dump, read from the dump itself and without a database."""

import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from mesh.backup.errors import BackupDamaged
from mesh.parts.postgres import binaries
from mesh.supervision.environment import inherited
from services.storage.object_keys import artifact_key, content_key, rendition_key, thumbnail_key

IMAGES = "storage.image_uploads"
VERSIONS = "inspection.versions"
_NULL = "\\N"
_WEBP = "image/webp"
_ARTIFACT = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Needed:
    """An object that a row names."""

    key: str
    content_type: str
    sha256: str = ""
    """Empty if the row does not say."""

    size_bytes: int = 0
    """Of those whose SHA-256 is known."""


@dataclass
class Contents:
    """What is in a dump."""

    tables: dict[str, int] = field(default_factory=dict)
    """Rows of each table, by `schema.table`."""

    needed: list[Needed] = field(default_factory=list)


def read_contents(dump: Path) -> Contents:
    """Reads a dump whole.

    Raises:
        BackupDamaged: It is not a whole dump.
    """
    contents = Contents()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [str(binaries() / "pg_restore"), "--data-only", "--file=-", str(dump)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            env={**inherited(()), "LC_ALL": "C"},
        )
        with process:
            try:
                _read(iter(process.stdout or ()), contents)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            said.seek(0)
            words = said.read().decode(errors="replace").strip()[-500:]
            raise BackupDamaged(f"{dump} cannot be read: {words}", "Take another backup.")
    return contents


def _read(lines: Iterator[bytes], contents: Contents) -> None:
    for line in lines:
        if not line.startswith(b"COPY "):
            continue
        table, columns = _heading(line.decode())
        rows = 0
        for row in lines:
            if row == b"\\.\n":
                break
            rows += 1
            if table in {IMAGES, VERSIONS}:
                values = row.decode().rstrip("\n").split("\t")
                contents.needed += _needed(table, dict(zip(columns, values, strict=True)))
        contents.tables[table] = contents.tables.get(table, 0) + rows


def _heading(line: str) -> tuple[str, Sequence[str]]:
    """Table and columns of `COPY schema.table (a, b) FROM stdin;`."""
    name, _, rest = line.removeprefix("COPY ").partition(" (")
    columns = rest.partition(") FROM stdin;")[0]
    return name.replace('"', ""), [one.strip('"') for one in columns.split(", ")]


def _needed(table: str, row: Mapping[str, str]) -> Iterator[Needed]:
    if table == VERSIONS:
        yield Needed(
            artifact_key(row["artifact_name"]),
            _ARTIFACT,
            row["artifact_sha256"],
            int(row["artifact_bytes"]),
        )
    # An upload that was not completed has nothing but what its client may have put.
    elif row["completed_at"] != _NULL:
        user_id, image_id = UUID(row["user_id"]), UUID(row["image_id"])
        yield Needed(
            content_key(user_id, image_id),
            row["content_type"],
            row["sha256"],
            int(row["size_bytes"]),
        )
        yield Needed(thumbnail_key(user_id, image_id), _WEBP)
        for side in row.get("renditions", "{}").strip("{}").split(","):
            if side:
                yield Needed(rendition_key(user_id, image_id, int(side)), _WEBP)
