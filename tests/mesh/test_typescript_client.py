"""The TypeScript client's example, as Node runs the package that is published, on this mesh."""

import json
import shutil
import subprocess
import urllib.request
from pathlib import Path
from uuid import uuid4

import pytest

from scripts import release
from tests.support.mesh import Mesh
from tests.support.person import PASSWORD
from tests.support.pictures import photograph


def test_a_picture_is_uploaded_and_found(mesh: Mesh, tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("npm is missing: the package is compiled with the page's tools")
    release.compile_client(1_764_000_000)
    picture = tmp_path / "cat.png"
    picture.write_bytes(photograph("chelsea"))
    email = f"{uuid4().hex}@example.org"
    body = json.dumps({"email": email, "password": PASSWORD}).encode()
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    direct.open(f"{mesh.edge_url}/api/auth/register", body, timeout=60).close()
    done = subprocess.run(
        ["node", "examples/find.mjs", mesh.edge_url, email, PASSWORD, str(picture), "a cat"],
        cwd=release.CLIENT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said == {
        "imageId": said["imageId"],
        "state": 3,  # INDEXED
        "matches": [said["imageId"]],
        "listed": 1,
        "reason": "INVALID_REQUEST",
    }
