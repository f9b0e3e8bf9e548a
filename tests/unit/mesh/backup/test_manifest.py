"""A manifest proves itself, and says what it cannot be read by."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mesh.backup.errors import BackupDamaged
from mesh.backup.manifest import FORMAT, NAME, File, Manifest, read_manifest, write_manifest
from mesh.errors import MeshError

MANIFEST = Manifest(
    backup_id="20260101T000000Z-abcdef",
    taken=datetime(2026, 1, 1, tzinfo=UTC),
    finished=datetime(2026, 1, 1, 0, 1, tzinfo=UTC),
    argus_version="1.2.3",
    postgres_version="18.0",
    migrations={"auth": {"0001_accounts.sql": "0" * 64}},
    models={"compact": "7"},
    tables={"auth.users": 2, "storage.image_uploads": 3},
    object_count=5,
    object_bytes=500,
    copied_bytes=100,
    files={"database.dump": File(size_bytes=9, sha256="1" * 64)},
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_manifest(tmp_path, MANIFEST)
    found = read_manifest(tmp_path)
    assert found == MANIFEST.sealed()
    assert (found.users, found.images) == (2, 3)


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said["tables"].update({"auth.users": 0}),
        lambda said: said.update(taken="2026-02-01T00:00:00Z"),
        lambda said: said["files"]["database.dump"].update(sha256="2" * 64),
        lambda said: said.update(more=1),
        lambda said: said.pop("missing"),
        lambda said: said.pop("tables"),
    ],
)
def test_any_change_shows(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    write_manifest(tmp_path, MANIFEST)
    said = json.loads((tmp_path / NAME).read_text())
    change(said)
    (tmp_path / NAME).write_text(json.dumps(said))
    with pytest.raises(BackupDamaged, match="changed"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"', '{"format": 1}'])
def test_what_is_none_is_no_manifest(tmp_path: Path, content: str) -> None:
    (tmp_path / NAME).write_text(content)
    with pytest.raises(BackupDamaged):
        read_manifest(tmp_path)


def test_one_that_is_missing_is_damage(tmp_path: Path) -> None:
    with pytest.raises(BackupDamaged, match="missing"):
        read_manifest(tmp_path)


def test_a_newer_format_names_the_way_out(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(json.dumps({"format": FORMAT + 1, "else": "unknown"}))
    with pytest.raises(MeshError, match=f"format {FORMAT + 1}") as caught:
        read_manifest(tmp_path)
    assert not isinstance(caught.value, BackupDamaged)
    assert "newer" in caught.value.advice
