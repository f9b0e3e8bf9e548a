"""The offline file: what is written is read; what is not as it was written is refused."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from services.inspection.offline.container import ARTIFACT, MANIFEST, FileReader, FileWriter
from services.inspection.offline.errors import OfflineFileWrong
from services.inspection.offline.manifest import FORMAT, Manifest, Network, Patches, Preparation
from tests.support.inspection.records import a_version

NETWORK = Network(
    "compact", "0123", "compact/4", Patches(232, 16, 192, 64, 1024), "openvino f32", "Apache-2.0"
)
VERSION = a_version("set", held_out=(0.1, 0.2 + 1e-17, 1 / 3))
LEARNT = bytes(range(256)) * 20
PARTS = {"patches.xml": b"<net/>" * 50, "patches.bin": bytes(5000), ARTIFACT: LEARNT}


def a_manifest(writer: FileWriter, **changes: Any) -> bytes:
    manifest = Manifest(
        made_by="1.2.3",
        set_name="part A",
        version=VERSION,
        network=NETWORK,
        preparation=Preparation(size=192, multiple=16),
        parts=writer.parts,
    )
    return json.dumps(json.loads(manifest.model_dump_json()) | changes).encode()


def written(**changes: Any) -> bytes:
    writer = FileWriter()
    pieces = []
    for name, data in PARTS.items():
        half = len(data) // 2
        pieces += [writer.write(name, data[:half]), writer.write(name, data[half:])]
    pieces.append(writer.end_part())
    pieces += [writer.write(MANIFEST, a_manifest(writer, **changes)), writer.close()]
    return b"".join(pieces)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "part.argus"
    path.write_bytes(written())
    return path


def refusal(path: Path) -> str:
    with pytest.raises(OfflineFileWrong) as caught:
        FileReader(path)
    return str(caught.value)


def test_what_is_written_is_read_to_the_last_digit(file: Path) -> None:
    with FileReader(file) as reader:
        for name, data in PARTS.items():
            assert reader.read(name) == data
            assert reader.manifest.parts[name].bytes == len(data)
        assert reader.manifest.network == NETWORK
        found = reader.manifest.version
        assert tuple(found.held_out) == VERSION.held_out
        assert (found.threshold, found.settings) == (VERSION.threshold, VERSION.settings)
        assert tuple(found.sensitivity) == VERSION.sensitivity
        with pytest.raises(OfflineFileWrong, match=r"other\.bin"):
            reader.read("other.bin")


def test_the_same_version_gives_the_same_bytes_and_numbers_are_stored_as_they_are() -> None:
    content = written()
    assert content == written()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.getinfo(ARTIFACT).compress_type == zipfile.ZIP_STORED
        assert archive.getinfo("patches.xml").compress_size < len(PARTS["patches.xml"])


def test_every_altered_byte_is_seen(file: Path) -> None:
    content = file.read_bytes()
    # All of the directory at the end, which says where things are.
    directory = range(len(content) - 400, len(content))
    for place in (*range(0, len(content) - 400, 37), *directory):
        altered = bytearray(content)
        altered[place] ^= 0x41
        file.write_bytes(altered)
        assert refusal(file), place


def test_a_file_that_is_cut_off_or_goes_on_is_refused(file: Path) -> None:
    content = file.read_bytes()
    for length in (0, 1, 22, 100, len(content) // 2, len(content) - 65, len(content) - 1):
        file.write_bytes(content[:length])
        assert "export the version again" in refusal(file), length
    file.write_bytes(content + b"\n")
    assert refusal(file)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": FORMAT + 1},
        {"version": {"settings": {"second_bank": True}}},
        {"version": {"threshold": {"parts_new": 1}}},
        {"version": {"kind_of_later": 1}},
    ],
)
def test_a_file_of_a_later_release_is_refused_and_says_so(
    file: Path, changes: dict[str, Any]
) -> None:
    file.write_bytes(written(**changes))
    assert "later release of Argus (1.2.3)" in refusal(file)


def test_a_version_of_an_earlier_release_lacks_what_came_later(file: Path) -> None:
    earlier = json.loads(a_manifest(FileWriter()))["version"]
    for name in ("sensitivity", "has_head", "base_version"):
        del earlier[name]
    file.write_bytes(written(version=earlier))
    with FileReader(file) as reader:
        assert not reader.manifest.version.has_head
