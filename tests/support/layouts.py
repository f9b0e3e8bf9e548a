"""Data folders of meshes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mesh.layout import Layout
from tests.support.parts import temporary_folder


@contextmanager
def temporary_layout() -> Iterator[Layout]:
    """The folders of a mesh, empty; removed at the end."""
    with temporary_folder() as folder:
        made = Layout.of(Path(folder) / "data")
        made.make()
        yield made
