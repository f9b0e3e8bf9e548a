"""The wheel of the client alone."""

import subprocess
from pathlib import Path

import pytest

from scripts.client_wheel import build
from tests.support.installed_client import installed_client


def test_the_same_sources_make_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, again = build(tmp_path / "one"), build(tmp_path / "again")
    assert one.read_bytes() == again.read_bytes()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    assert one.read_bytes() != build(tmp_path / "later").read_bytes()


def test_it_works_without_argus(tmp_path: Path) -> None:
    python = installed_client(tmp_path)
    program = (
        "import argus_client.sync, importlib.util\n"
        "assert importlib.util.find_spec('mesh') is None\n"
        "assert importlib.util.find_spec('services') is None\n"
        "print(argus_client.__version__, argus_client.__file__)"
    )
    done = subprocess.run([python, "-I", "-c", program], check=True, capture_output=True, text=True)
    version, file = done.stdout.split()
    assert version == build(tmp_path).name.split("-")[1]
    assert Path(file).is_relative_to(tmp_path)
