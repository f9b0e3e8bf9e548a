"""What a backup holds, in one file that proves all others and itself."""

import hashlib
import json
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from mesh.backup.errors import BackupDamaged
from mesh.errors import MeshError

FORMAT = 1
"""Raised when a reader of the former format would misunderstand."""

NAME = "manifest.json"


class File(BaseModel):
    """A file of a backup."""

    model_config = ConfigDict(frozen=True)

    size_bytes: int
    sha256: str


class Manifest(BaseModel):
    """What a backup holds."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    backup_id: str
    taken: datetime
    """The moment whose rows it has. Objects are those of these rows."""

    finished: datetime
    argus_version: str
    postgres_version: str
    migrations: dict[str, dict[str, str]]
    """SHA-256 of each migration that was applied, by schema and name."""

    models: dict[str, str]
    """Version of each model that was installed, by id. The models themselves are not in it."""

    tables: dict[str, int]
    """Rows of each table, by `schema.table`."""

    object_count: int
    object_bytes: int
    copied_bytes: int
    """Of these, what no former backup in the same repository had."""

    missing: list[str] = []
    """Keys of objects that rows name and that the mesh itself did not have, or had damaged."""

    files: dict[str, File]
    """Files beside this one, by their path."""

    digest: str = ""
    """SHA-256 of everything above."""

    @property
    def images(self) -> int:
        """Rows of images, also of those in the trash and of uploads that are not complete."""
        return self.tables.get("storage.image_uploads", 0)

    @property
    def users(self) -> int:
        """Rows of accounts."""
        return self.tables.get("auth.users", 0)

    def sealed(self) -> "Manifest":
        """The same with its digest."""
        return self.model_copy(update={"digest": _digest(self.model_dump(mode="json"))})


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Writes it sealed."""
    (folder / NAME).write_text(manifest.sealed().model_dump_json(indent=1), encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the backup in a folder.

    Raises:
        BackupDamaged: It is missing, or was changed.
        MeshError: A newer Argus made the backup.
    """
    path = folder / NAME
    try:
        raw = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise BackupDamaged(f"{path} is missing.", "Take another backup.") from None
    except ValueError as error:
        raise BackupDamaged(f"{path} was changed: {error}", "Take another backup.") from error
    found = raw.get("format") if isinstance(raw, dict) else None
    if isinstance(found, int) and found > FORMAT:
        raise MeshError(
            f"{path} has format {found}; this Argus reads up to {FORMAT}.",
            "Use the version of Argus that made it, or a newer one.",
        )
    try:
        manifest = Manifest.model_validate(raw)
    except ValidationError as error:
        raise BackupDamaged(f"{path} was changed: {error}", "Take another backup.") from error
    if manifest.digest != _digest(raw) or manifest.sealed() != manifest:
        raise BackupDamaged(f"{path} was changed since it was written.", "Take another backup.")
    return manifest


def _digest(raw: dict[str, object]) -> str:
    rest = {name: value for name, value in raw.items() if name != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
