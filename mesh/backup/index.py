"""Which objects a backup has: a line for each, by key."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mesh.backup.errors import BackupDamaged

NAME = "objects.tsv"


@dataclass(frozen=True, slots=True)
class Entry:
    """An object of a backup; its bytes are in the repository under their SHA-256."""

    key: str
    size_bytes: int
    sha256: str
    etag: str
    """What the object store named these bytes by."""

    content_type: str


def write_index(folder: Path, entries: Iterable[Entry]) -> None:
    """Writes the lines in the order of the keys."""
    with (folder / NAME).open("w", encoding="utf-8") as file:
        file.writelines(_line(entry) for entry in sorted(entries, key=lambda one: one.key))


def append_index(path: Path, entries: Iterable[Entry]) -> None:
    """Adds lines to a file, all on the disk when it returns."""
    with path.open("ab") as file:
        file.writelines(_line(entry).encode() for entry in entries)
        file.flush()
        os.fsync(file.fileno())


def drop_cut_off(path: Path) -> None:
    """Removes a last line that was not written whole."""
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)


def _line(entry: Entry) -> str:
    fields = (entry.sha256, str(entry.size_bytes), entry.etag, entry.content_type, entry.key)
    if any("\t" in field or "\n" in field for field in fields):
        raise ValueError(f"a tab or the end of a line in {fields}")
    return "\t".join(fields) + "\n"


def read_index(folder: Path) -> Mapping[str, Entry]:
    """Entries by key.

    Raises:
        BackupDamaged: A line is not one.
    """
    return {entry.key: entry for entry in read_entries(folder / NAME)}


def read_entries(path: Path) -> Iterator[Entry]:
    """Entries in the order of their lines.

    Raises:
        BackupDamaged: A line is not one.
    """
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                fields = line.rstrip("\n").split("\t")
                if len(fields) != 5 or not fields[1].isdigit() or not line.endswith("\n"):
                    raise BackupDamaged(f"{path}, line {number}: not an object.")
                sha256, size, etag, content_type, key = fields
                yield Entry(key, int(size), sha256, etag, content_type)
    except (OSError, UnicodeDecodeError) as error:
        raise BackupDamaged(f"{path} cannot be read: {error}") from error
