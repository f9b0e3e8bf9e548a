"""`argus search --save`: pictures on disk, whatever they are called."""

import os
from pathlib import Path
from uuid import uuid4

import pytest
from argus.search.v1 import search_pb2
from argus.storage.v1 import image_pb2

from mesh.errors import MeshError
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import IMAGE, FakeMesh, FakeStore


def found(fake: FakeMesh, store: FakeStore, *names: str) -> None:
    """Lets a search find images of these names."""
    for number, name in enumerate(names):
        store.objects[f"/{number}"] = name.encode()
        image = image_pb2.Image(
            image_id=str(uuid4()), filename=name, content_url=f"{store.url}/{number}"
        )
        fake.search.matches.append(search_pb2.Match(image=image, score=0.9))


def saved(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}


def test_names_of_any_length_and_script_are_saved(
    fake: FakeMesh, store: FakeStore, argus: Argus
) -> None:
    names = ["a" * 251 + ".png", "я" * 255, "ひ" * 255, "👨" * 255, "../../x", "-rf", ".", "a/b\\c"]
    found(fake, store, *names)
    result = argus("search", "x", "--save", "out")
    assert result.exit_code == 0
    assert "Saved 8 pictures" in result.stderr
    pictures = saved("out")
    page = pictures.pop("index.html").decode()
    assert sorted(pictures.values()) == sorted(name.encode() for name in names)
    assert all(f'src="{name}"' in page for name in pictures)
    assert not Path("x").exists()


def test_a_picture_that_cannot_be_saved_is_told_and_stops_no_other(
    fake: FakeMesh, store: FakeStore, argus: Argus
) -> None:
    found(fake, store, "a.png", "b.png", "c.png")
    Path("out/02-b.png").mkdir(parents=True)
    del store.objects["/2"]
    result = argus("search", "x", "--save", "out")
    assert result.exit_code == 1
    assert "a.png" in result.stdout
    assert "02-b.png could not be saved: Is a directory." in result.stderr
    assert "03-c.png could not be saved: the object store answered 404." in result.stderr
    assert saved("out")["01-a.png"] == b"a.png"
    assert "404" in Path("out/index.html").read_text()


def test_a_folder_that_cannot_be_made_is_told(
    fake: FakeMesh, store: FakeStore, argus: Argus
) -> None:
    found(fake, store, "a.png")
    Path("file").write_text("x")
    with pytest.raises(MeshError, match="Pictures cannot be saved in file"):
        argus("search", "x", "--save", "file")


def test_an_example_must_be_an_image(argus: Argus) -> None:
    os.mkfifo("pipe.png")
    Path("folder").mkdir()
    Path("notes.png").write_text("no image")
    Path("empty.png").write_bytes(b"")
    for name, said in {
        "pipe.png": "not a regular file",
        "folder": "Is a directory",
        "gone.png": "No such file",
        "notes.png": "not an image",
        "empty.png": "empty",
    }.items():
        with pytest.raises(MeshError, match=said):
            argus("search", "--image", name)
    Path("a.png").write_bytes(IMAGE)
    assert "No images were found" in argus("search", "--image", "a.png").stdout


def test_one_thing_is_searched_for(argus: Argus) -> None:
    for arguments in ([], ["cat", "--like", str(uuid4())]):
        with pytest.raises(MeshError, match="in one way"):
            argus("search", *arguments)


def test_an_address_may_be_written_as_a_url(fake: FakeMesh, argus: Argus) -> None:
    assert argus("search", "cat", "--server", f"http://{fake.target}/").exit_code == 0
    for wrong in ("", "ftp://example.org", "localhost/api"):
        with pytest.raises(MeshError, match="not the address"):
            argus("search", "cat", "--server", wrong)
