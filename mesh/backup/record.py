"""When the last backup of a mesh was taken, kept in its folder for whoever watches it."""

import time
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from mesh.backup.manifest import Manifest
from mesh.layout import Layout


class LastBackup(BaseModel):
    """The last backup that was whole."""

    model_config = ConfigDict(frozen=True)

    backup_id: str
    taken: datetime
    folder: Path
    """Where it is."""

    images: int

    @property
    def age_s(self) -> float:
        """Seconds since the moment that it is of."""
        return max(0.0, time.time() - self.taken.timestamp())


def remember(layout: Layout, manifest: Manifest, folder: Path) -> None:
    """Keeps it, whole or not at all."""
    fresh = layout.backup_file.with_suffix(".new")
    last = LastBackup(
        backup_id=manifest.backup_id, taken=manifest.taken, folder=folder, images=manifest.images
    )
    fresh.write_text(last.model_dump_json(indent=1), encoding="utf-8")
    fresh.replace(layout.backup_file)


def last_backup(layout: Layout) -> LastBackup | None:
    """The last one; None if there was none."""
    try:
        return LastBackup.model_validate_json(layout.backup_file.read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None


def words_of_age(age_s: float) -> str:
    """An age for a person, such as `3 hours`."""
    for seconds, noun in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if age_s >= seconds:
            count = int(age_s // seconds)
            return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
    return "less than a minute"
