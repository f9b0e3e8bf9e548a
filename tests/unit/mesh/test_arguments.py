"""Arguments typed or pasted in another encoding: a sentence, never a stack trace."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mesh.commands.terminal import tell_error
from mesh.errors import MeshError
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import IMAGE, FakeMesh


@pytest.mark.parametrize(
    "arguments",
    [
        [b"search", b"caf\xe9"],
        [b"search", b"cat", b"--filter", b'labels.a = "\xe9"'],
        [b"search", b"--like", b"\xe9"],
        [b"search", b"--image", b"\x1b[31m\xe9.png"],
        [b"import", b"a.png", b"--label", b"ort=K\xf6ln"],
        [b"import", b"\xe9.png"],
        [b"import", b"a.png", b"--jobs", b"\xe9"],
        [b"refset", b"create", b"K\xf6ln"],
        [b"refset", b"show", b"K\xf6ln"],
        [b"refset", b"share", b"tiles", b"\xe9"],
        [b"refset", b"add", b"tiles", b"\xe9\x1b]0;x\x07.png"],
        [b"refset", b"add", b"tiles", b"--image-id", b"\xe9"],
        [b"refset", b"remove", b"tiles", b"\xe9.png"],
        [b"refset", b"export", b"tiles", b"-o", b"no-such-folder\xe9/x"],
        [b"inspect", b"--set", b"K\xf6ln", b"a.png"],
        [b"inspect", b"--set", b"tiles", b"a.png", b"--save", b"a.png/\xe9"],
        [b"inspect", b"--zero-shot", b"K\xf6ln", b"a.png"],
        [b"feedback", b"\xe9", b"normal"],
        [b"queue", b"--set", b"\xe9"],
        [b"stats", b"--set", b"\xe9"],
        [b"models", b"pull", b"\xe9"],
        [b"models", b"use", b"\xe9"],
        [b"models", b"remove", b"\xe9"],
        [b"login", b"--email", b"\xe9", b"--password", b"x"],
        [b"login", b"--email", b"a", b"--password", b"secret\xe9"],
        [b"user", b"whoami", b"--server", b"\xe9"],
        [b"\xe9"],
    ],
    ids=repr,
)
def test_arguments_that_are_not_utf8_get_a_sentence(
    fake: FakeMesh,
    argus: Argus,
    capsys: pytest.CaptureFixture[str],
    arguments: list[bytes],
) -> None:
    fake.inspection.add_set("tiles")
    Path("a.png").write_bytes(IMAGE)
    try:
        result = argus(*map(os.fsdecode, arguments))
    except MeshError as error:
        tell_error(error)
        said = capsys.readouterr().err
    else:
        assert result.exit_code == 2
        said = result.stderr
    assert said.strip()
    said.encode()
    assert "\x1b" not in said
    assert "secret" not in said


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_no_encoding_of_the_terminal_ends_a_command(tmp_path: Path, encoding: str) -> None:
    odd = tmp_path / os.fsdecode(b"Mu\xf1oz \xe2\x86\x92.png")
    odd.write_bytes(b"no image")
    done = subprocess.run(
        [sys.executable, "-m", "mesh", "import", odd],
        env=os.environ | {"PYTHONIOENCODING": encoding, "ARGUS_CONFIG_DIR": str(tmp_path)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert b"Not imported" in done.stdout
    assert b"Traceback" not in done.stderr
