"""What one mesh archives without a gap, in a folder of backups.

    streams/ID/stream.json     whose it is
    streams/ID/reached.json    up to which moment it is whole
    streams/ID/wal/            PostgreSQL's log, the last file as `.partial`
    streams/ID/objects/BACKUP  objects that were archived since that backup, in the index's form

A gap in the log ends a stream; what comes after it is another, which begins with a backup.
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from mesh.archive.base import Base
from mesh.archive.wal import SEGMENT_BYTES, position, segment, segments
from mesh.backup.errors import BackupDamaged
from mesh.backup.index import Entry, append_index, drop_cut_off, read_entries
from mesh.errors import MeshError

PARTIAL = ".partial"


class Whose(BaseModel):
    """Which mesh a stream is of."""

    model_config = ConfigDict(frozen=True)

    data_dir: Path
    system_identifier: str
    began: datetime


class Reached(BaseModel):
    """Up to where a stream is whole: rows, and the bytes that they name."""

    model_config = ConfigDict(frozen=True)

    moment: datetime
    lsn: str


class Stream:
    """A stream that is there.

    Args:
        folder: Its own.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def begun(cls, streams: Path, data_dir: Path, system_identifier: str) -> "Stream":
        """A new one."""
        began = datetime.now(UTC)
        stream = cls(streams / f"{began:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}")
        for folder in (stream.wal, stream.folder / "objects"):
            folder.mkdir(mode=0o700, parents=True)
        whose = Whose(data_dir=data_dir, system_identifier=system_identifier, began=began)
        (stream.folder / "stream.json").write_text(whose.model_dump_json(), encoding="utf-8")
        return stream

    @property
    def stream_id(self) -> str:
        """Its name."""
        return self.folder.name

    @property
    def wal(self) -> Path:
        """Where PostgreSQL's log is."""
        return self.folder / "wal"

    def is_of(self, data_dir: Path, system_identifier: str) -> bool:
        """Whether it is there and of this mesh."""
        try:
            whose = Whose.model_validate_json((self.folder / "stream.json").read_bytes())
        except (OSError, ValidationError):
            return False
        return (whose.data_dir, whose.system_identifier) == (data_dir, system_identifier)

    def reached(self) -> Reached | None:
        """Up to where it is whole; None as long as it is nowhere."""
        try:
            return Reached.model_validate_json((self.folder / "reached.json").read_bytes())
        except (OSError, ValidationError):
            return None

    def reach(self, reached: Reached) -> None:
        """Says up to where it is whole."""
        fresh = self.folder / "reached.new"
        fresh.write_text(reached.model_dump_json(), encoding="utf-8")
        fresh.replace(self.folder / "reached.json")

    def add(self, backup_id: str, entries: Iterable[Entry]) -> None:
        """Notes objects that were archived since a backup."""
        append_index(self.folder / "objects" / backup_id, entries)

    def added(self, backup_id: str) -> list[Entry]:
        """Objects that were archived between a backup and the next one.

        Raises:
            BackupDamaged: They cannot be read.
        """
        path = self.folder / "objects" / backup_id
        return list(read_entries(path)) if path.exists() else []

    def repair(self) -> None:
        """Drops the line of an object that was being noted when its writer was killed."""
        for path in (self.folder / "objects").iterdir():
            drop_cut_off(path)

    def noted_since(self, backup_id: str) -> Iterator[str]:
        """Backups, from this one on, since which objects were archived; in order."""
        names = sorted(path.name for path in (self.folder / "objects").glob("*"))
        return (name for name in names if name >= backup_id)

    def file_of(self, name: str) -> Path | None:
        """The file of a segment, whole or as far as it was received; None if there is none."""
        for path in (self.wal / name, self.wal / f"{name}{PARTIAL}"):
            if path.is_file():
                return path
        return None

    def files_since(self, base: Base, reached: Reached) -> dict[str, Path]:
        """The files of the log from a base on, by their names in PostgreSQL's own folder.

        Raises:
            BackupDamaged: One is missing or too short: the log has a gap.
        """
        found: dict[str, Path] = {}
        for name in segments(base.timeline, base.start, position(reached.lsn)):
            path = self.file_of(name)
            if path is None or path.stat().st_size != SEGMENT_BYTES:
                raise BackupDamaged(
                    f"The log of {self.stream_id} has a gap: {self.wal / name} is "
                    f"{'missing' if path is None else 'cut off'}.",
                    "Restore a backup, or a moment after a later one.",
                )
            found[name] = path
        return found

    def forget_before(self, kept: Iterable[tuple[str, Base]]) -> None:
        """Removes what is of no use without the bases that were removed.

        Args:
            kept: Backups with a base of this stream that stay, by id.
        """
        bases = dict(kept)
        first = min(segment(base.timeline, base.start) for base in bases.values())
        for path in self.wal.iterdir():
            if path.name < first:
                path.unlink()
        for path in (self.folder / "objects").iterdir():
            if path.name not in bases:
                path.unlink()

    def remove(self) -> None:
        """Removes all of it, unless somebody archives into it."""
        try:
            with self.used():
                shutil.rmtree(self.folder)
        except MeshError:
            return

    @contextmanager
    def used(self) -> Iterator[None]:
        """While it lasts, nobody else archives into it or removes it.

        Raises:
            MeshError: Somebody does.
        """
        descriptor = os.open(self.folder / "stream.json", os.O_RDONLY)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise MeshError(
                    f"Another process archives into {self.folder}.", "Wait until it ends."
                ) from None
            yield
        finally:
            os.close(descriptor)
