"""A folder of backups that share their objects.

    argus-backups.json        says that it is one
    objects/ab/abcd…          bytes by their SHA-256, each once
    backups/ID/               manifest.json, database.dump, objects.tsv, settings/…
    streams/ID/               what happened after them, see `mesh.archive.stream`
    incoming/                 what is being written

A backup is written under `incoming` and renamed when it is whole, so what is in `backups` is whole.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from mesh.archive.base import Base, base_of
from mesh.archive.stream import Stream
from mesh.backup.errors import RepositoryBusy
from mesh.backup.index import read_index
from mesh.errors import MeshError

MARKER = "argus-backups.json"
CHUNK_BYTES = 2**20
_POLL_S = 0.1
_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")


class Readable(Protocol):
    """Bytes as they come."""

    def read(self, amt: int, /) -> bytes:
        """At most so many; none at the end."""


class Repository:
    """A folder of backups.

    Args:
        folder: Absolute path; it is one already, see `opened` and `made`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def opened(cls, folder: Path) -> "Repository":
        """A repository that is there.

        Raises:
            MeshError: It is not.
        """
        folder = folder.expanduser().resolve()
        if not (folder / MARKER).is_file():
            raise MeshError(
                f"There are no backups in {folder}.",
                "`argus backup create FOLDER` makes the first.",
            )
        return cls(folder)

    @classmethod
    def made(cls, folder: Path) -> "Repository":
        """A repository that is there, or is made in a folder that is missing or empty.

        Raises:
            MeshError: The folder has something else.
            OSError: It cannot be made.
        """
        folder = folder.expanduser().resolve()
        if not (folder / MARKER).is_file():
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise MeshError(
                    f"{folder} is not empty and has no backups.",
                    "Name an empty folder, one that does not exist, or one with backups.",
                )
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = folder / f"{MARKER}.new"
            fresh.write_text(json.dumps({"format": 1}) + "\n", encoding="utf-8")
            fresh.rename(folder / MARKER)
        folder.chmod(0o700)
        for name in ("objects", "backups", "incoming"):
            (folder / name).mkdir(mode=0o700, exist_ok=True)
        return cls(folder)

    @contextmanager
    def locked(self, *, for_writing: bool, wait_s: float = 0.0) -> Iterator[None]:
        """One writer, or any number of readers.

        Args:
            for_writing: Whether it is for a writer.
            wait_s: How long to wait for others. An archive reads for moments, again and again.

        Raises:
            MeshError: Somebody else writes, or reads what is to be written.
        """
        descriptor = os.open(self.folder / MARKER, os.O_RDONLY)
        try:
            kind = fcntl.LOCK_EX if for_writing else fcntl.LOCK_SH
            self._lock(descriptor, kind, time.monotonic() + wait_s)
            if for_writing:
                # Of a writer that was killed.
                shutil.rmtree(self.incoming, ignore_errors=True)
                self.incoming.mkdir(mode=0o700, exist_ok=True)
            yield
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int, kind: int, deadline: float) -> None:
        while True:
            try:
                return fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise RepositoryBusy(
                        f"Another `argus backup` is at work on {self.folder}.",
                        "Wait until it ends.",
                    ) from None
            time.sleep(_POLL_S)

    @property
    def incoming(self) -> Path:
        """Where things are written before they are whole."""
        return self.folder / "incoming"

    def ids(self) -> list[str]:
        """Ids of all whole backups, the oldest first."""
        return sorted(
            path.name for path in (self.folder / "backups").glob("*") if _ID.fullmatch(path.name)
        )

    def chosen(self, backup_id: str) -> str:
        """The id of a backup: the one named, or the newest if none is.

        Raises:
            MeshError: There is no such one.
        """
        ids = self.ids()
        if not ids:
            raise MeshError(f"There are no backups in {self.folder}.", "`argus backup create`.")
        if not backup_id:
            return ids[-1]
        if backup_id not in ids:
            raise MeshError(
                f"There is no backup {backup_id} in {self.folder}.",
                f"`argus backup list {self.folder}` shows those that there are.",
            )
        return backup_id

    def backup(self, backup_id: str) -> Path:
        """The folder of a backup."""
        return self.folder / "backups" / backup_id

    def prune(self, keep: int) -> tuple[list[str], int]:
        """Removes all backups but the newest, and the bytes that no backup has any more.

        The newest that an archive goes on from stays, too.

        Args:
            keep: How many stay, at least 1.

        Returns:
            Ids of those that were removed, and how many bytes of objects went with them.

        Raises:
            BackupDamaged: Which objects one that stays has cannot be read; no bytes are removed.
        """
        bases = [backup_id for backup_id in self.ids() if self.base(backup_id) is not None]
        # An archive that goes on goes on from there.
        gone = [backup_id for backup_id in self.ids()[:-keep] if backup_id not in bases[-1:]]
        return gone, self.remove(gone)

    def remove(self, gone: Collection[str]) -> int:
        """Removes backups, and what no other one has any use for: bytes, and streams.

        Args:
            gone: Their ids.

        Returns:
            How many bytes of objects and logs went with them.

        Raises:
            BackupDamaged: Which objects one that stays has cannot be read; no bytes are removed.
        """
        kept = [backup_id for backup_id in self.ids() if backup_id not in gone]
        bases = {
            backup_id: base for backup_id in kept if (base := self.base(backup_id)) is not None
        }
        needed = {
            entry.sha256
            for backup_id in kept
            for entry in read_index(self.backup(backup_id)).values()
        }
        for backup_id, base in bases.items():
            needed |= {entry.sha256 for entry in self.stream(base.stream_id).added(backup_id)}
        for backup_id in gone:
            # Out of sight first: what is in `backups` is whole.
            self.backup(backup_id).rename(self.incoming / backup_id)
            shutil.rmtree(self.incoming / backup_id)
        before = size_of(self.folder / "objects") + size_of(self.streams)
        for blob in (self.folder / "objects").glob("*/*"):
            if blob.name not in needed:
                blob.unlink()
        for folder in self.streams.glob("*"):
            its = [item for item in bases.items() if item[1].stream_id == folder.name]
            if its:
                Stream(folder).forget_before(its)
            else:
                Stream(folder).remove()
        return before - size_of(self.folder / "objects") - size_of(self.streams)

    @property
    def streams(self) -> Path:
        """Where what happened after backups is."""
        return self.folder / "streams"

    def stream(self, stream_id: str) -> Stream:
        """The stream of that name."""
        return Stream(self.streams / stream_id)

    def base(self, backup_id: str) -> Base | None:
        """From what later moments can be restored; None if a backup has no such thing.

        Raises:
            BackupDamaged: It cannot be read.
        """
        return base_of(self.backup(backup_id))

    def begin(self, backup_id: str) -> Path:
        """The folder in which a new backup is written."""
        folder = self.incoming / backup_id
        folder.mkdir(mode=0o700)
        return folder

    def commit(self, backup_id: str) -> Path:
        """Makes a backup that was written a whole one, once all of it is on the disk."""
        os.sync()
        whole = self.backup(backup_id)
        (self.incoming / backup_id).rename(whole)
        return whole

    def blob(self, sha256: str) -> Path:
        """Where the bytes with this SHA-256 are."""
        return self.folder / "objects" / sha256[:2] / sha256

    def has(self, sha256: str, size_bytes: int) -> bool:
        """Whether these bytes are there; only their number is looked at."""
        try:
            return self.blob(sha256).stat().st_size == size_bytes
        except FileNotFoundError:
            return False

    def keep(self, content: Readable) -> tuple[str, int]:
        """Keeps bytes, if they are new; their SHA-256 and how many they are."""
        digest, size = hashlib.sha256(), 0
        fresh = self.incoming / uuid4().hex
        try:
            with fresh.open("wb") as file:
                while chunk := content.read(CHUNK_BYTES):
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
            sha256 = digest.hexdigest()
            if not self.has(sha256, size):
                self.blob(sha256).parent.mkdir(mode=0o700, exist_ok=True)
                fresh.replace(self.blob(sha256))
        finally:
            fresh.unlink(missing_ok=True)
        return sha256, size


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder; 0 if there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def sha256_of(path: Path) -> tuple[str, int]:
    """SHA-256 and size of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size
