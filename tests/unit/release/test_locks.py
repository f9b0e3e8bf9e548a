"""What is installed is known by its hash and has the version that is tested, on every platform."""

import re
import tomllib

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.lock import FOLDER, LOCKS, ROOT, of_torch, without_torch
from scripts.platforms import pins


def _entries(lock: str) -> dict[str, str]:
    """Each entry's text by its requirement."""
    text = re.sub(r"^#.*\n", "", (FOLDER / f"{lock}.txt").read_text(), flags=re.MULTILINE)
    entries = re.split(r"\n(?=\S)", text.strip())
    return {entry.partition("\\")[0].strip(): entry for entry in entries}


def _needed(requirement: Requirement) -> bool:
    """Whether Linux or macOS installs it, with any of our Pythons."""
    marker: Marker | None = requirement.marker
    if marker is None:
        return True
    return any(
        marker.evaluate(
            {"sys_platform": platform, "platform_system": system, "platform_machine": machine}
            | {"python_version": python, "python_full_version": f"{python}.2", "os_name": "posix"}
        )
        for platform, system in (("linux", "Linux"), ("darwin", "Darwin"))
        for machine in ("x86_64", "aarch64", "arm64")
        for python in ("3.11", "3.12", "3.13")
    )


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_has_hashes_and_the_version_that_is_tested(lock: str) -> None:
    tested = {canonicalize_name(name): version for name, version in map(_split, pins())}
    for line, entry in _entries(lock).items():
        requirement = Requirement(line)
        assert "--hash=sha256:" in entry, line
        if _needed(requirement):
            name = canonicalize_name(requirement.name)
            assert str(requirement.specifier) == f"=={tested[name]}", "run `python -m scripts.lock`"


def test_what_the_project_asks_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = {"run": project["project"]["dependencies"], "dev": []}
    for lock, groups in LOCKS.items():
        asked[lock] = asked["run"] + [
            one for group in groups for one in project["dependency-groups"][group]
        ]
    for lock, lines in asked.items():
        locked = {canonicalize_name(Requirement(line).name) for line in _entries(lock)}
        wanted = {canonicalize_name(Requirement(line).name) for line in lines}
        assert {one for one in wanted if not of_torch(one)} <= locked, (
            "run `python -m scripts.lock`"
        )


def test_torch_is_left_to_the_index() -> None:
    kept = "a==1 \\\n    --hash=sha256:1\n"
    left = "torch==2 \\\n    --hash=sha256:2\nnvidia-nccl==1 ; x \\\n    --hash=sha256:3\n"
    assert without_torch(kept + left + "z==1\n") == kept + "z==1\n"
    for lock in LOCKS:
        assert not [line for line in _entries(lock) if of_torch(line.partition("==")[0])]


def _split(pin: str) -> tuple[str, str]:
    name, _, version = pin.partition("==")
    return name, version
