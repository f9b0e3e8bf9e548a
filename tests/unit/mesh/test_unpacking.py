"""Unpacking on a Python that checks members, and on one that does not."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mesh.archive.unpacking import unpack, unpack_checked

Unpack = Callable[[tarfile.TarFile, Path], None]


def packed(*members: tarfile.TarInfo) -> tarfile.TarFile:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for member in members:
            content = b"bytes" if member.isfile() else b""
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return tarfile.open(fileobj=io.BytesIO(file.getvalue()))


def named(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.uid, member.mode = kind, 4711, 0o700
    return member


@pytest.fixture(params=[unpack, unpack_checked])
def unpacks(request: pytest.FixtureRequest) -> Unpack:
    found: Unpack = request.param
    return found


def test_files_and_folders_are_this_process_s_own(unpacks: Unpack, tmp_path: Path) -> None:
    unpacks(packed(named("base", tarfile.DIRTYPE), named("base/1")), tmp_path)
    made = tmp_path / "base" / "1"
    assert made.read_bytes() == b"bytes"
    assert made.stat().st_uid == tmp_path.stat().st_uid


@pytest.mark.parametrize(
    "member",
    [named("../out"), named("pipe", tarfile.FIFOTYPE)],
    ids=lambda member: str(member.name),
)
def test_what_leads_elsewhere_is_refused(
    unpacks: Unpack, member: tarfile.TarInfo, tmp_path: Path
) -> None:
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(tarfile.TarError):
        unpacks(packed(member), into)
    assert not (tmp_path / "out").exists()
