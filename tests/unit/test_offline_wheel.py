"""The wheel that inspects without a mesh."""

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from scripts.client_wheel import ROOT
from scripts.offline_wheel import INTERFACE_OF, NEEDED, build, modules

DISTRIBUTIONS = {"PIL": "pillow", "skimage": "scikit-image", "opentelemetry": "opentelemetry-sdk"}
"""Of modules that are not named as what they come with."""


def test_the_same_sources_make_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, again = build(tmp_path / "one"), build(tmp_path / "again")
    assert one.read_bytes() == again.read_bytes()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    assert one.read_bytes() != build(tmp_path / "later").read_bytes()


def test_it_is_whole_and_loads_no_part_of_a_mesh(tmp_path: Path) -> None:
    with zipfile.ZipFile(build(tmp_path)) as archive:
        archive.extractall(tmp_path / "installed")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import argus_offline.__main__, services\n"
        "assert services.__file__.startswith(sys.argv[1]), services.__file__\n"
        "needless = {'grpc', 'torch', 'google', 'argus', 'asyncpg', 'redis', 'mesh', 'httpx'}\n"
        "assert not needless & set(sys.modules), needless & set(sys.modules)\n"
        "assert argus_offline.__main__.main(['no-such-file']) == 2\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, str(tmp_path / "installed")],
        cwd=tmp_path, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "no-such-file" in done.stderr


def test_it_declares_what_its_modules_import() -> None:
    met = set()
    for path in modules().values():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Import):
                met |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                met.add(node.module.partition(".")[0])
    met -= sys.stdlib_module_names | {"services", "argus_offline"}
    assert {DISTRIBUTIONS.get(name, name) for name in met} <= {*NEEDED, *INTERFACE_OF}
    assert all(path.is_relative_to(ROOT) for path in modules().values())
