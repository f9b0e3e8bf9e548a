"""Which objects a backup has: a line for each, by key."""

from collections.abc import Iterable, Mapping
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
        for entry in sorted(entries, key=lambda one: one.key):
            fields = (
                entry.sha256, str(entry.size_bytes), entry.etag, entry.content_type, entry.key,
            )  # fmt: skip
            if any("\t" in field or "\n" in field for field in fields):
                raise ValueError(f"a tab or the end of a line in {fields}")
            file.write("\t".join(fields) + "\n")


def read_index(folder: Path) -> Mapping[str, Entry]:
    """Entries by key.

    Raises:
        BackupDamaged: A line is not one.
    """
    path = folder / NAME
    found: dict[str, Entry] = {}
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                fields = line.rstrip("\n").split("\t")
                if len(fields) != 5 or not fields[1].isdigit():
                    raise BackupDamaged(f"{path}, line {number}: not an object.")
                sha256, size, etag, content_type, key = fields
                found[key] = Entry(key, int(size), sha256, etag, content_type)
    except (OSError, UnicodeDecodeError) as error:
        raise BackupDamaged(f"{path} cannot be read: {error}") from error
    return found
