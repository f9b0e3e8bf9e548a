"""Folders of shards: which of a space's counts, and how another takes its place.

Which space searches use is in a file beside them.

A space's first shard is in the folder of its name. One that was built to take its place is beside
it, with a number that is one higher, and counts once its mark is there. The mark appears by a
rename, after everything else is on the disk: whatever ends the process, one whole shard counts.
"""

import logging
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

SPACE_PREFIX = "images-"
UNFINISHED_SUFFIX = ".new"
"""Of a space that is being made for the first time; it is renamed."""

IN_USE = "in-use"
"""File that has the name of the space that searches use."""

OWN_PREFIX = "argus-"
"""Of files in a shard's folder that are not Edge's."""

MARK = f"{OWN_PREFIX}finished"
"""File by which a built shard counts."""

_BUILT = re.compile(r"(?P<name>.+)\.(?P<number>\d+)-[0-9a-f]{8}")

_log = logging.getLogger(__name__)


class SpaceFolders:
    """The folder of all spaces.

    Args:
        root: Where it is; made if it is missing.
    """

    def __init__(self, root: Path) -> None:
        # A builder is told paths that mean the same wherever it runs.
        self._root = root.absolute()
        root.mkdir(parents=True, exist_ok=True)

    def recover(self) -> dict[str, Path]:
        """The shard that counts of each space, by its name; all others are removed."""
        found: dict[str, tuple[int, Path]] = {}
        left: list[Path] = []
        for path in sorted(self._root.glob(f"{SPACE_PREFIX}*")):
            name, number = _parsed(path)
            if path.suffix == UNFINISHED_SUFFIX or (number and not (path / MARK).exists()):
                left.append(path)
                continue
            newest = max((number, path), found.get(name, (number, path)))
            left += {found.get(name, newest)[1], path} - {newest[1]}
            found[name] = newest
        for path in left:
            _log.info("removes %s, which does not count", path.name)
            remove(path)
        return {name: path for name, (_, path) in sorted(found.items())}

    def first(self, name: str) -> Path:
        """Where the first shard of a space belongs."""
        return self._root / name

    def next(self, path: Path) -> Path:
        """Where a shard is built that shall take the place of one; it is not there."""
        name, number = _parsed(path)
        return self._root / f"{name}.{number + 1}-{uuid4().hex[:8]}"

    def in_use(self) -> str:
        """Name of the space that searches use; empty if nobody has said.

        Raises:
            OSError: it cannot be read.
        """
        try:
            return (self._root / IN_USE).read_text().strip()
        except FileNotFoundError:
            return ""

    def use(self, name: str) -> None:
        """Has searches use a space; a crash leaves the former one or this one.

        Raises:
            OSError: the former one stays.
        """
        unfinished = self._root / f"{IN_USE}{UNFINISHED_SUFFIX}"
        with unfinished.open("w") as file:
            file.write(name)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self._root / IN_USE)
        _sync_folder(self._root)

    def free_bytes(self) -> int:
        """Room on the disk."""
        return shutil.disk_usage(self._root).free


def finish(path: Path) -> None:
    """Has a built shard count from now on, all whose files are on the disk.

    Raises:
        OSError: it does not count.
    """
    unmarked = path / f"{MARK}{UNFINISHED_SUFFIX}"
    with unmarked.open("wb") as file:
        os.fsync(file.fileno())
    unmarked.rename(path / MARK)
    # It counts now; only a power cut could still undo it, and then the former one is whole.
    with suppress(OSError):
        _sync_folder(path)


def remove(path: Path) -> None:
    """Removes a shard's folder, or as much of it as can be; its mark goes first."""
    (path / MARK).unlink(missing_ok=True)
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        _log.warning("cannot remove all of %s", path)


def write_down(path: Path) -> None:
    """Waits until all files of a folder are on the disk."""
    for one in _walk(path):
        if one.is_dir():
            _sync_folder(one)
            continue
        with one.open("rb") as file:
            os.fsync(file.fileno())
    _sync_folder(path)


def taken_bytes(path: Path) -> int:
    """What a folder's files take on the disk; those that vanish meanwhile count nothing."""
    total = 0
    for one in _walk(path):
        with suppress(FileNotFoundError):
            total += one.lstat().st_blocks * 512
    return total


def _walk(path: Path) -> Iterator[Path]:
    return path.rglob("*")


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _parsed(path: Path) -> tuple[str, int]:
    """Name of the space, and the number of its shard; 0 for the first."""
    built = _BUILT.fullmatch(path.name)
    return (built["name"], int(built["number"])) if built else (path.name, 0)
