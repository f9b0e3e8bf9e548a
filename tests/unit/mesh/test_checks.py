import re
from datetime import UTC, datetime, timedelta

import pytest

from mesh.backup.record import remember
from mesh.checks import (
    INSPECTION_MODEL,
    Level,
    check_backup,
    check_disk,
    check_memory,
    check_model,
    check_platform,
    check_python,
    inspection_model,
    last_error,
)
from mesh.layout import Layout
from mesh.platforms import Machine, this_machine
from tests.unit.mesh.backup.test_manifest import MANIFEST

GIB = 2**30


@pytest.mark.parametrize(
    ("free", "level"), [(0.5, Level.FAIL), (3.0, Level.WARN), (50.0, Level.OK)]
)
def test_a_full_disk_is_told_before_it_is_full(free: float, level: Level) -> None:
    assert check_disk(int(free * GIB)).level is level


def test_a_mesh_without_a_backup_or_with_an_old_one_is_told(layout: Layout) -> None:
    assert check_backup(layout).level is Level.OK
    layout.ports_file.write_text("{}")
    missing = check_backup(layout)
    assert (missing.level, "argus backup create" in missing.advice) == (Level.WARN, True)
    for age, level in ((timedelta(hours=3), Level.OK), (timedelta(days=9), Level.WARN)):
        taken = MANIFEST.model_copy(update={"taken": datetime.now(UTC) - age})
        remember(layout, taken, layout.data_dir)
        found = check_backup(layout)
        assert found.level is level
        assert MANIFEST.backup_id in found.text


def test_little_memory_matters_before_the_start_only() -> None:
    assert check_memory(GIB, running=False).level is Level.WARN
    assert check_memory(GIB, running=True).level is Level.OK


def test_a_python_without_wheels_is_told() -> None:
    assert check_python((3, 10)).level is Level.FAIL
    assert check_python((3, 11)).level is Level.OK
    assert check_python((3, 13)).level is Level.OK
    assert check_python((3, 14)).level is Level.WARN


@pytest.mark.parametrize(
    "machine",
    [
        Machine("Linux", "x86_64", (2, 31), 4096),
        Machine("Linux", "aarch64", (2, 41), 4096),
        Machine("Darwin", "arm64", (26, 1), 16384),
    ],
)
def test_a_machine_that_there_are_wheels_for_is_supported(machine: Machine) -> None:
    assert check_platform(machine).level is Level.OK


@pytest.mark.parametrize(
    ("machine", "why"),
    [
        (Machine("Linux", "x86_64", (2, 28), 4096), "glibc 2.28, x86_64.*needs glibc 2.31"),
        (Machine("Linux", "aarch64", (2, 34), 4096), "needs glibc 2.35"),
        (Machine("Linux", "x86_64", (0, 0), 4096), "no glibc.*needs glibc 2.31"),
        (Machine("Linux", "aarch64", (2, 36), 16384), "pages have 16 KiB"),
        (Machine("Darwin", "arm64", (14, 7), 16384), "macOS 14.7.*needs macOS 15.0"),
        (Machine("Darwin", "x86_64", (15, 0), 4096), "Linux x86-64, Linux aarch64, macOS arm64"),
        (Machine("Windows", "AMD64", (0, 0), 4096), "Windows, AMD64.*macOS arm64"),
    ],
)
def test_a_machine_without_wheels_is_told_why(machine: Machine, why: str) -> None:
    found = check_platform(machine)
    assert found.level is Level.WARN
    assert re.search(why, found.text)
    assert "ARGUS_REDIS_URL" in found.advice


def test_this_machine_is_known_by_what_decides() -> None:
    machine = this_machine()
    assert machine.system in {"Linux", "Darwin"}
    assert machine.version > (0, 0)
    assert machine.page_bytes >= 4096


def test_what_to_inspect_with_can_be_copied_and_is_not_said_to_be_measured() -> None:
    text = inspection_model().text
    assert f"argus models pull {INSPECTION_MODEL}" in text
    assert f"--model {INSPECTION_MODEL}" in text
    assert "measurements do not cover it" in text


def test_the_default_model_is_installed() -> None:
    assert check_model("compact").level is Level.OK


def test_the_last_error_of_a_log_is_found(layout: Layout) -> None:
    log = layout.log("part")
    assert last_error(log) == ""
    log.write_text("up\n")
    assert last_error(log) == "up"
    log.write_text("FATAL:  no space left on device\nshutting down\n")
    assert last_error(log) == "FATAL:  no space left on device"
