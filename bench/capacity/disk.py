"""How much of a disk a folder takes."""

import os
from pathlib import Path

_BLOCK_BYTES = 512
"""Of `st_blocks`, whatever the file system's own are (POSIX)."""


def taken_bytes(folder: Path) -> int:
    """Blocks of all files in it; reserved space that was never written does not count."""
    os.sync()
    return sum(
        path.lstat().st_blocks * _BLOCK_BYTES for path in folder.rglob("*") if path.is_file()
    )
