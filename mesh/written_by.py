"""Which Argus a data folder was written by, so that an older one does not start on it."""

from pathlib import Path

from pydantic import BaseModel, ValidationError

from mesh.backup.compatibility import check_known, known_migrations
from mesh.errors import MeshError
from mesh.layout import Layout
from services.installation.wiring import argus_version
from services.runtime.migrations import SCHEMAS

POSTGRES_VERSION = "18"
"""What the wheel brings; another major version does not read its files."""


class WrittenBy(BaseModel):
    """What the folder's database may have been brought up to."""

    argus_version: str
    migrations: dict[str, dict[str, str]]
    """SHA-256 of each migration, by schema and name."""


def check_written_by(layout: Layout) -> None:
    """Refuses a folder that a newer Argus, or another PostgreSQL, has written.

    A folder without a record is of an Argus from before there were any: services bring it forward.

    Raises:
        MeshError: It is; nothing in it was changed.
    """
    _check_postgres(layout.data_dir / "postgres" / "PG_VERSION")
    try:
        written = WrittenBy.model_validate_json(layout.written_by_file.read_bytes())
    except FileNotFoundError:
        return
    except ValidationError as error:
        raise MeshError(
            f"{layout.written_by_file} cannot be read.",
            "A newer Argus may have written it: use that one. Remove the file if you know better.",
        ) from error
    check_known(f"{layout.data_dir} was written", written.argus_version, written.migrations)


def note_written_by(layout: Layout) -> None:
    """Notes that this Argus writes the folder from now on."""
    fresh = layout.written_by_file.with_suffix(".new")
    written = WrittenBy(
        argus_version=argus_version(),
        migrations={schema: known_migrations(schema) for schema in SCHEMAS.values()},
    )
    fresh.write_text(written.model_dump_json(indent=1), encoding="utf-8")
    fresh.replace(layout.written_by_file)


def _check_postgres(file: Path) -> None:
    try:
        found = file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return
    if found != POSTGRES_VERSION:
        raise MeshError(
            f"{file.parent} is of PostgreSQL {found}; this Argus has {POSTGRES_VERSION}.",
            "Take a backup with the Argus that wrote it, and restore that: `argus backup`.",
        )
