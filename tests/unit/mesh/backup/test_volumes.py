"""Volumes that a restore writes, read as SeaweedFS's documentation says."""

import struct
from pathlib import Path

import google_crc32c
import pytest

from mesh.backup import volumes
from mesh.backup.index import Entry
from mesh.backup.volumes import LARGEST_BYTES, write_volumes


def entry(key: str, content: bytes) -> Entry:
    return Entry(key, len(content), "", "", "image/webp")


def records(volume: Path) -> list[bytes]:
    """The contents in a volume, each checked."""
    raw, found, at = volume.read_bytes(), [], 8
    assert raw[:8] == bytes([3, 0, 0, 0, 0, 0, 0, 0])
    while at < len(raw):
        _, _, size, length = struct.unpack_from(">IQII", raw, at)
        content = raw[at + 20 : at + 20 + length]
        assert size == 4 + length + 1
        _, checksum = struct.unpack_from(">BI", raw, at + 20 + length)
        assert checksum == google_crc32c.value(content)
        found.append(content)
        whole = 16 + size + 4 + 8
        at += whole + 8 - whole % 8
    return found


def test_what_is_written_can_be_read_and_large_and_empty_objects_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(volumes, "VOLUME_BYTES", 2_000)
    contents = {f"images/u/{size}": bytes(range(256)) * 4 + bytes(size) for size in range(9)}
    entries = [entry(key, content) for key, content in contents.items()]
    entries += [entry("empty", b""), Entry("large", LARGEST_BYTES + 1, "", "", "image/png")]
    folder, names, done = tmp_path / "objects", tmp_path / "names", list[int]()
    folder.mkdir()
    (folder / "left over").touch()
    write_volumes(entries, lambda one: contents[one.key], folder, names, done.append)
    written = sorted(folder.iterdir(), key=lambda path: int(path.stem.rpartition("_")[2]))
    assert [path.stat().st_size <= 2_000 for path in written] == [True] * len(contents)
    assert [one for path in written for one in records(path)] == list(contents.values())
    assert sum(done) == sum(map(len, contents.values()))
    told = names.read_bytes()
    assert told.count(b"/buckets/images/images/u") == len(contents) + 1
    assert b"large" not in told


def test_bytes_that_were_changed_leave_no_names(tmp_path: Path) -> None:
    def damaged(one: Entry) -> bytes:
        raise ValueError(one.key)

    with pytest.raises(ValueError, match="images/a"):
        write_volumes(
            [entry("images/a", b"1")], damaged, tmp_path / "objects", tmp_path / "names", print
        )
    assert not (tmp_path / "names").exists()
