"""What is in a database's dump, read from the dump itself and without a database."""

import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from mesh.backup.errors import BackupDamaged
from mesh.parts.postgres import binaries
from mesh.supervision.environment import inherited
from services.storage.object_keys import (
    artifact_key,
    content_key,
    rendition_key,
    thumbnail_key,
    video_key,
)

IMAGES = "storage.image_uploads"
VERSIONS = "inspection.versions"
VIDEOS = "storage.videos"
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
            if table in {IMAGES, VERSIONS, VIDEOS}:
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
        yield of_version(row["artifact_name"], row["artifact_sha256"], int(row["artifact_bytes"]))
    elif table == VIDEOS:
        # One that is not imported yet has nothing but what its client may have put.
        if row["state"] == "READY":
            yield Needed(
                video_key(UUID(row["user_id"]), UUID(row["video_id"])),
                row["content_type"],
                row["sha256"],
                int(row["size_bytes"]),
            )
    # An upload that was not completed has nothing but what its client may have put.
    elif row["completed_at"] != _NULL:
        yield from of_image(
            UUID(row["user_id"]),
            UUID(row["image_id"]),
            (row["content_type"], row["sha256"], int(row["size_bytes"])),
            [int(side) for side in row.get("renditions", "{}").strip("{}").split(",") if side],
        )


def of_version(artifact_name: str, sha256: str, size_bytes: int) -> Needed:
    """What the row of a version names."""
    return Needed(artifact_key(artifact_name), _ARTIFACT, sha256, size_bytes)


def of_image(
    user_id: UUID,
    image_id: UUID,
    content: tuple[str, str, int],
    sides: Iterable[int],
) -> Iterator[Needed]:
    """What the row of an image that is complete names.

    Args:
        user_id: Its owner.
        image_id: Its id.
        content: Type and SHA-256 of its bytes, and how many they are.
        sides: Of the renditions that there are, in pixels.
    """
    yield Needed(content_key(user_id, image_id), *content)
    yield Needed(thumbnail_key(user_id, image_id), _WEBP)
    for side in sides:
        yield Needed(rendition_key(user_id, image_id, side), _WEBP)
