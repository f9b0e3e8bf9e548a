"""Disks that a test fills, and empties again: file systems in memory (Linux, as root)."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOMY_BYTES = 8 * 2**30
"""What it is said to hold; memory is taken only by what is written."""

_TIMEOUT_S = 20.0


class Disk:
    """A file system of its own at a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def leave(self, free_bytes: int) -> None:
        """Has so many bytes free from now on, until it is roomy again."""
        found = os.statvfs(self.folder)
        used = (found.f_blocks - found.f_bfree) * found.f_frsize
        self._resize(used + free_bytes)

    def make_roomy(self) -> None:
        """Has room again, as when somebody deleted other things."""
        self._resize(ROOMY_BYTES)

    def _resize(self, size_bytes: int) -> None:
        _run("mount", "-o", f"remount,size={size_bytes}", str(self.folder))


@contextmanager
def disk(folder: Path) -> Iterator[Disk]:
    """A disk at a folder, which is made if it is not there, until the context ends."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={ROOMY_BYTES},mode=700", "tmpfs", str(folder))
    try:
        yield Disk(folder)
    finally:
        # Also if something still has a file open there.
        _run("umount", "--lazy", str(folder))


def why_no_disks() -> str:
    """What is missing for `disk`; empty if nothing is."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "needs Linux and root, to mount a tmpfs"
    with tempfile.TemporaryDirectory() as folder:
        try:
            with disk(Path(folder) / "tried"):
                return ""
        except subprocess.CalledProcessError as error:
            return f"this root may not mount a tmpfs: {error.stderr.strip()}"


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=_TIMEOUT_S)
