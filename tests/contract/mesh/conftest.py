from collections.abc import Iterator

import pytest

from mesh.layout import Layout
from tests.support.layouts import temporary_layout


@pytest.fixture
def layout() -> Iterator[Layout]:
    with temporary_layout() as made:
        yield made
