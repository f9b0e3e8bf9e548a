"""Unpacking what an archive has, on every Python that is supported."""

import os
import tarfile
from pathlib import Path


def unpack(packed: tarfile.TarFile, into: Path) -> None:
    """Unpacks files and folders as this process's own.

    Args:
        packed: The archive.
        into: An own folder.

    Raises:
        tarfile.TarError: Something in it leads out of the folder, or is neither file nor folder.
        OSError: It cannot be written.
    """
    if hasattr(tarfile, "data_filter"):
        packed.extractall(into, filter="data")
    else:
        # Python has it since 3.11.4 (PEP 706).
        unpack_checked(packed, into)


def unpack_checked(packed: tarfile.TarFile, into: Path) -> None:
    """As `unpack`, without Python's own check of members."""
    root = into.resolve()
    for member in packed:
        if not (member.isfile() or member.isdir()):
            raise tarfile.TarError(f"{member.name} is neither a file nor a folder")
        if not (root / member.name).resolve().is_relative_to(root):
            raise tarfile.TarError(f"{member.name} leads out of the folder")
        member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
        member.mode &= 0o755
        packed.extract(member, root)
