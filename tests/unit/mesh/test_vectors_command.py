"""`argus vectors`: what is written, what is sent, and what a person reads."""

from pathlib import Path

import pytest
from argus.search.v1.operator_pb2 import SnapshotPart

from mesh.errors import MeshError
from services.clients.model import Space
from services.search.model import StoredVector
from services.search.snapshots.files import read_snapshot
from services.search.snapshots.parts import space_part, vector_parts
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import FakeMesh

IDS = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(3)]
USER = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def snapshot(fake: FakeMesh) -> list[SnapshotPart]:
    vectors = {image_id: StoredVector(USER, [1.0, 0.0]) for image_id in IDS}
    parts = [
        space_part(Space("compact", "v1", 2)),
        *vector_parts(vectors),
        SnapshotPart(image_count=len(IDS)),
    ]
    fake.operators.snapshot = parts
    return parts


def test_a_file_has_what_the_mesh_gave_and_gives_it_back(
    fake: FakeMesh, argus: Argus, snapshot: list[SnapshotPart]
) -> None:
    result = argus("vectors", "export", "of today.vectors", "--as-admin")
    assert result.exit_code == 0
    assert "has the vectors of 3 images" in result.stdout
    assert list(read_snapshot(Path("of today.vectors"))) == snapshot
    result = argus("vectors", "import", "of today.vectors", "--as-admin")
    assert "2 images got their vector" in result.stdout
    assert "1 image had one" in result.stdout
    assert "not here" not in result.stdout
    assert fake.operators.imported == snapshot


def test_an_export_that_is_cut_off_leaves_what_was_there(
    fake: FakeMesh, argus: Argus, snapshot: list[SnapshotPart]
) -> None:
    argus("vectors", "export", "it", "--as-admin")
    fake.operators.snapshot = snapshot[:-1]
    with pytest.raises(MeshError, match="cut off"):
        argus("vectors", "export", "it", "--as-admin")
    assert list(read_snapshot(Path("it"))) == snapshot
    assert [path.name for path in Path().iterdir() if path.name.startswith("it")] == ["it"]


@pytest.mark.usefixtures("snapshot")
def test_a_damaged_file_is_named_and_no_snapshot_is_not_sent(fake: FakeMesh, argus: Argus) -> None:
    argus("vectors", "export", "it", "--as-admin")
    content = Path("it").read_bytes()
    for name, damaged in (
        ("empty", b""),
        ("picture", b"\x89PNG\r\n\x1a\n" + content),
        ("longer", content + b"\xff" * 12),
        ("shorter", content[:-30]),
    ):
        Path(name).write_bytes(damaged)
        with pytest.raises(MeshError, match=name):
            argus("vectors", "import", name, "--as-admin")
        if name in {"empty", "picture"}:
            assert not fake.operators.imported


def test_a_folder_is_no_file(argus: Argus) -> None:
    Path("folder").mkdir()
    with pytest.raises(MeshError, match="folder"):
        argus("vectors", "export", "folder", "--as-admin")
