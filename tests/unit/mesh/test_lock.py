import os

import pytest

from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.supervision.lock import only_supervisor, supervisor_pid


def test_only_one_supervisor_holds_a_folder(layout: Layout) -> None:
    assert supervisor_pid(layout) is None
    with only_supervisor(layout):
        assert supervisor_pid(layout) == os.getpid()
        with pytest.raises(MeshError, match="already"), only_supervisor(layout):
            pass
    assert supervisor_pid(layout) is None
    with only_supervisor(layout):
        assert supervisor_pid(layout) == os.getpid()


def test_a_lock_that_cannot_be_written_is_told_before_anything_starts(layout: Layout) -> None:
    layout.lock_file.mkdir()
    with pytest.raises(MeshError, match="cannot be used") as told, only_supervisor(layout):
        pass
    assert "Make room" in told.value.advice
