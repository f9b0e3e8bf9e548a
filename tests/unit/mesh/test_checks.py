import pytest

from mesh.checks import Level, check_disk, check_memory, check_model, check_python, last_error
from mesh.layout import Layout

GIB = 2**30


@pytest.mark.parametrize(
    ("free", "level"), [(0.5, Level.FAIL), (3.0, Level.WARN), (50.0, Level.OK)]
)
def test_a_full_disk_is_told_before_it_is_full(free: float, level: Level) -> None:
    assert check_disk(int(free * GIB)).level is level


def test_little_memory_matters_before_the_start_only() -> None:
    assert check_memory(GIB, running=False).level is Level.WARN
    assert check_memory(GIB, running=True).level is Level.OK


def test_an_old_python_is_told() -> None:
    assert check_python((3, 10)).level is Level.FAIL
    assert check_python((3, 14)).level is Level.OK


def test_the_default_model_is_installed() -> None:
    assert check_model("compact").level is Level.OK


def test_the_last_error_of_a_log_is_found(layout: Layout) -> None:
    log = layout.log("part")
    assert last_error(log) == ""
    log.write_text("up\n")
    assert last_error(log) == "up"
    log.write_text("FATAL:  no space left on device\nshutting down\n")
    assert last_error(log) == "FATAL:  no space left on device"
