import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesh.layout import Layout


@pytest.fixture
def layout() -> Iterator[Layout]:
    # pytest's own folders are too deep for unix sockets.
    with tempfile.TemporaryDirectory(prefix="argus-") as folder:
        made = Layout.of(Path(folder) / "data")
        made.make()
        yield made
