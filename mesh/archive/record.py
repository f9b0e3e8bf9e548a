"""Where a mesh is archived and how far, kept in its folder for whoever watches it."""

import time
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from mesh.backup.record import words_of_age
from mesh.layout import Layout


class ArchiveRecord(BaseModel):
    """How the archive of a mesh is."""

    model_config = ConfigDict(frozen=True)

    folder: Path
    """The folder of backups."""

    stream_id: str = ""
    reached: datetime | None = None
    """The last moment that can be restored; None as long as there is none."""

    problem: str = ""
    """Why it does not go on; empty if it does."""

    pid: int = 0
    """Who archives."""

    @property
    def age_s(self) -> float:
        """Seconds since the last moment that can be restored; 0 if there is none."""
        return max(0.0, time.time() - self.reached.timestamp()) if self.reached else 0.0


def archive_words(record: ArchiveRecord) -> str:
    """How far it is, for a person."""
    if record.reached is None:
        return f"Nothing is archived in {record.folder} yet"
    return (
        f"Archived in {record.folder} up to {record.reached:%Y-%m-%dT%H:%M:%SZ}, "
        f"{words_of_age(record.age_s)} ago"
    )


def keep_record(layout: Layout, record: ArchiveRecord) -> None:
    """Keeps it, whole or not at all."""
    fresh = layout.archive_file.with_suffix(".new")
    fresh.write_text(record.model_dump_json(indent=1), encoding="utf-8")
    fresh.replace(layout.archive_file)


def archive_record(layout: Layout) -> ArchiveRecord | None:
    """How the archive is; None if the mesh has none."""
    try:
        return ArchiveRecord.model_validate_json(layout.archive_file.read_bytes())
    except (OSError, ValidationError):
        return None
