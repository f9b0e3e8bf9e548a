"""What is written beside pictures, in XMP files and in a manifest."""

from pathlib import Path

import pytest

from argus_client.description import Description
from mesh.client.sidecars import Manifest, Sidecars, read_manifest
from mesh.errors import MeshError
from tests.support.captures import xmp


def put(path: Path, content: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_xmp_is_found_beside_a_picture_as_programs_name_it(tmp_path: Path) -> None:
    put(tmp_path / "a.xmp", xmp("lightroom", rating="3"))
    put(tmp_path / "b.jpg.XMP", xmp("darktable"))
    put(tmp_path / "b.xmp", xmp("both"))
    put(tmp_path / "c.xmp", b"<broken")
    sidecars = Sidecars()

    assert sidecars.of(tmp_path / "a.jpg") == Description({"rating": "3"}, "lightroom\nDeutsch")
    assert sidecars.of(tmp_path / "b.jpg").note == "darktable\nDeutsch"
    assert sidecars.of(tmp_path / "c.jpg") == Description()
    assert sidecars.of(tmp_path / "d.jpg") == Description()
    assert sidecars.of(tmp_path / "gone" / "d.jpg") == Description()
    assert sidecars.found == 2
    [(file, problem)] = sidecars.problems
    assert (file.name, problem.startswith("it is no XML")) == ("c.xmp", True)


CSV = """\ufefffile,note,labels.line,labels.shift
a.jpg,"first, of
two lines",3,
in/b.jpg,,,late

gone.jpg,x,,
"""
JSON = """{"file": "a.jpg", "note": "first, of\\ntwo lines", "labels": {"line": "3"}}

{"file": "in/b.jpg", "labels": {"shift": "late"}}
{"file": "gone.jpg", "note": "x"}
"""


@pytest.mark.parametrize(("name", "text"), [("m.csv", CSV), ("m.jsonl", JSON)])
def test_a_manifest_says_it_of_files_beside_it(
    tmp_path: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = read_manifest(put(tmp_path / name, text))
    monkeypatch.chdir(tmp_path)
    assert manifest.of(Path("a.jpg")) == Description({"line": "3"}, "first, of\ntwo lines")
    assert manifest.of(tmp_path / "in" / "b.jpg") == Description({"shift": "late"})
    assert manifest.of(Path("other.jpg")) == Description()
    assert [place.name for place in manifest.unused] == ["gone.jpg"]
    assert not Manifest({}).unused


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("m.csv", "file,notes\na.jpg,x\n", "Line 2 .* no `notes`"),
        ("m.csv", "note\nx\n", "`file` is missing"),
        ("m.csv", "file\na.jpg\na.jpg\n", "Line 3 .* twice"),
        ("m.csv", 'file\n"a.jpg\n', "no CSV"),
        ("m.jsonl", "[1]\n", "Line 1 .* `file` is missing"),
        ("m.jsonl", "{\n", "Line 1"),
        ("m.jsonl", '{"file": "a.jpg", "note": 3}', "`note` is no text"),
        ("m.jsonl", '{"file": "a.jpg", "labels": {"a": 3}}', "`labels` is no object"),
        ("m.csv", b"file\n\xff\n", "UTF-8"),
    ],
)
def test_a_manifest_that_cannot_be_meant_is_refused_by_line(
    tmp_path: Path, name: str, text: bytes | str, words: str
) -> None:
    with pytest.raises(MeshError, match=words):
        read_manifest(put(tmp_path / name, text))


def test_a_manifest_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MeshError, match="cannot be read"):
        read_manifest(tmp_path / "none.csv")


def test_what_is_said_of_one_counts_before_what_is_said_of_all() -> None:
    every = Description({"line": "1", "keep": "x"}, "all", keep_location=True)
    one = every.with_(Description({"line": "2"}))
    assert one == Description({"line": "2", "keep": "x"}, "all", keep_location=True)
