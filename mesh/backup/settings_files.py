"""What of a data folder is neither database nor objects, and cannot be made again."""

import shutil
from pathlib import Path

from mesh.layout import Layout

_SECRETS = ("credentials.json", "tls-server.key", "tls-authority.key")
"""Keys by which parts and clients know this mesh. Others are made anew at each start."""


def _files(layout: Layout) -> list[Path]:
    found = [layout.secrets / name for name in _SECRETS]
    found += [layout.limits_file, layout.model_file]
    if layout.tls.is_dir():
        found += sorted(layout.tls.iterdir())
    return [path for path in found if path.is_file()]


def copy_settings(layout: Layout, folder: Path) -> None:
    """Copies them, for nobody but their owner to read."""
    for path in _files(layout):
        copy = folder / path.relative_to(layout.data_dir)
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        copy.chmod(0o600)


def put_back_settings(folder: Path, layout: Layout) -> None:
    """Copies them back."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            copy = layout.data_dir / path.relative_to(folder)
            copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            copy.chmod(0o600)
