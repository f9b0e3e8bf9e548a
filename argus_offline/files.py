"""Which files are inspected."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from services.imaging.formats import sniff

HEAD_BYTES = 64


def images_in(paths: Iterable[Path]) -> Iterator[Path]:
    """The files that are named, and in folders, at any depth, those that hold images.

    Hidden files and folders are passed over unless they are named; links to
    folders are not followed.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, names, files in os.walk(path):
            names[:] = sorted(name for name in names if not name.startswith("."))
            for name in sorted(files):
                if not name.startswith(".") and _is_image(Path(folder, name)):
                    yield Path(folder, name)


def _is_image(file: Path) -> bool:
    """Whether it begins as one; also what cannot be read, which is then reported."""
    try:
        with file.open("rb") as opened:
            return sniff(opened.read(HEAD_BYTES)) is not None
    except OSError:
        return True
