"""What lies in people's folders, as real files in real folders."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from argus_client.reading import FileProblem, content, fingerprint
from mesh.client.files import OTHER_PICTURES, SUFFIXES, Collection, collect, suffix_of

PNG = b"\x89PNG\r\n\x1a\n and what follows"
JPEG = b"\xff\xd8\xff and what follows"
TIFF = b"II*\x00 and what follows"
BMP = b"BM\x46\x00\x00\x00\x00\x00\x00\x00 and what follows"
NOBODY = 65534


def put(folder: Path, **files: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, written in files.items():
        (folder / name).write_bytes(written)


def names(collection: Collection) -> list[str]:
    return [file.name for file in collection.files]


def test_folders_give_their_images_in_one_order_and_each_file_once(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "in/c.tiff", "in/deep/d.webp"):
        put((tmp_path / name).parent, **{Path(name).name: PNG})
    found = collect([tmp_path, tmp_path / "in", tmp_path / "b.png"])
    assert names(found) == ["a.JPG", "b.png", "c.tiff", "d.webp"]
    assert names(collect([tmp_path / "in" / "deep", tmp_path])) == [
        "d.webp", "a.JPG", "b.png", "c.tiff",
    ]  # fmt: skip


def test_what_is_named_is_taken_whatever_it_is(tmp_path: Path) -> None:
    put(tmp_path, **{"notes.txt": b"x", ".hidden.png": PNG})
    (tmp_path / "@eaDir").mkdir()
    put(tmp_path / "@eaDir", **{"thumb.jpg": JPEG})
    named = [tmp_path / "notes.txt", tmp_path / ".hidden.png", tmp_path / "gone.png"]
    assert collect(named).files == named
    assert names(collect([tmp_path / "@eaDir"])) == ["thumb.jpg"]


@pytest.mark.parametrize("suffix", [".jpe", ".jfif", ".dib", ".apng", ".TIF", ".avif", ".HEIC"])
def test_every_suffix_of_a_format_that_is_taken_is_known(tmp_path: Path, suffix: str) -> None:
    put(tmp_path, **{f"a{suffix}": b"also if it is damaged"})
    assert names(collect([tmp_path])) == [f"a{suffix}"]


def test_files_without_a_suffix_are_taken_if_they_hold_an_image(tmp_path: Path) -> None:
    put(
        tmp_path,
        **{
            "DSC0042": JPEG,
            "frame.0001": PNG,
            "Shot at 10.15.33": BMP,
            "photo.jpg~": JPEG,
            "photo.jpg?width=200": JPEG,
            "scan": TIFF,
            "README": b"text",
            "BMW prices": b"BMW prices of last year",
            "empty": b"",
            "1.2.840.113619": b"\x00" * 128 + b"DICM",
        },
    )
    found = collect([tmp_path])
    assert names(found) == [
        "DSC0042", "Shot at 10.15.33", "frame.0001", "photo.jpg?width=200", "photo.jpg~", "scan",
    ]  # fmt: skip
    assert found.others == Counter({"": 4})


def test_pictures_of_other_formats_are_told_apart_by_what_they_hold(tmp_path: Path) -> None:
    put(
        tmp_path,
        **{
            "old.jp2": b"\x00\x00\x00\x0cjP  ",
            "renamed.jp2": JPEG,
            "new.JXL": b"\xff\x0a",
            "raw.dng": TIFF,
            "raw.NEF": TIFF,
            "clip.mov": b"\x00\x00\x00\x14ftypqt  ",
            "notes.txt": JPEG,
        },
    )
    found = collect([tmp_path])
    assert names(found) == ["renamed.jp2"]
    assert [file.name for file in found.foreign] == ["new.JXL", "old.jp2", "raw.NEF", "raw.dng"]
    assert found.others == Counter({
        ".jp2": 1, ".jxl": 1, ".dng": 1, ".nef": 1, ".mov": 1, ".txt": 1,
    })  # fmt: skip
    assert not SUFFIXES & OTHER_PICTURES


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.PNG", ".png"), ("a.tar.gz", ".gz"), ("a", ""), ("a.", ""), ("a.0001", ""),
        ("a.7z", ".7z"), ("a.jpg ", ""), ("a.b c", ""), ("a.jpg_large", ""), ("a.ｐｎｇ", ""),
    ],
)  # fmt: skip
def test_a_suffix_is_a_short_word(name: str, suffix: str) -> None:
    assert suffix_of(name) == suffix


def test_hidden_and_system_folders_are_passed_over_and_counted(tmp_path: Path) -> None:
    for folder in ("@eaDir", "a/@eaDir", "#recycle", "$RECYCLE.BIN", "__MACOSX", ".git"):
        put(tmp_path / folder, **{"thumb.jpg": JPEG})
    put(tmp_path, **{"a.png": PNG, "._a.png": b"\x00\x05\x16\x07", ".b.png": PNG})
    found = collect([tmp_path])
    assert names(found) == ["a.png"]
    assert found.hidden_files == 2
    assert found.folders == Counter({
        "@eaDir": 2, "#recycle": 1, "$RECYCLE.BIN": 1, "__MACOSX": 1, ".git": 1,
    })  # fmt: skip


def test_links_to_folders_are_followed_and_no_folder_is_walked_twice(tmp_path: Path) -> None:
    put(tmp_path / "disk" / "2024", **{"far.png": PNG})
    put(tmp_path / "pictures", **{"near.png": PNG})
    (tmp_path / "pictures" / "old").symlink_to(tmp_path / "disk")
    (tmp_path / "pictures" / "again").symlink_to(tmp_path / "disk" / "2024")
    (tmp_path / "disk" / "2024" / "home").symlink_to(tmp_path / "pictures")
    (tmp_path / "pictures" / "linked.png").symlink_to(tmp_path / "pictures" / "near.png")
    found = collect([tmp_path / "pictures"])
    assert sorted(names(found)) == ["far.png", "linked.png"]
    assert found.problems == []


def test_what_is_no_file_though_its_name_says_so_is_left_to_be_reported(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "nowhere.png").symlink_to(tmp_path / "gone")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    put(tmp_path / "album.png", **{"inside.png": PNG})
    found = collect([tmp_path])
    assert sorted(names(found)) == ["inside.png", "loop.png", "nowhere.png", "pipe.png"]
    assert found.others == Counter({"": 2})
    problems = {}
    for file in found.files:
        try:
            fingerprint(file)
        except FileProblem as problem:
            problems[file.name] = str(problem)
    assert problems == {
        "loop.png": "Too many levels of symbolic links",
        "nowhere.png": "No such file or directory",
        "pipe.png": "not a regular file",
    }


def test_names_that_are_not_utf8_are_found(tmp_path: Path) -> None:
    for name in (b"Mu\xf1oz.png", b"K\xf6ln"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(PNG)
    assert [os.fsencode(name) for name in names(collect([tmp_path]))] == [
        b"K\xf6ln", b"Mu\xf1oz.png",
    ]  # fmt: skip


def test_folders_are_walked_deeper_than_functions_nest(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    try:
        found = collect([tmp_path])
    finally:
        # pytest removes old folders by functions that nest, and would fail some runs later.
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)
    assert found.files == []
    assert found.problems == []


def test_what_may_not_be_read_is_reported() -> None:
    # pytest's own folders are closed to others.
    with tempfile.TemporaryDirectory(prefix="argus-") as folder:
        Path(folder).chmod(0o755)
        _report_what_may_not_be_read(Path(folder))


def _report_what_may_not_be_read(tmp_path: Path) -> None:
    put(tmp_path, **{"a.png": PNG, "secret.png": PNG, "secret": PNG})
    put(tmp_path / "closed", **{"b.png": PNG})
    for name, mode in {"a.png": 0o644, "secret.png": 0, "secret": 0, "closed": 0}.items():
        (tmp_path / name).chmod(mode)
    script = f"""
import json, os
from pathlib import Path
from mesh.client.files import collect
from argus_client.reading import FileProblem, fingerprint
if os.getuid() == 0:
    os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
found = collect([Path({str(tmp_path)!r})])
said = {{}}
for file in found.files:
    try:
        said[file.name] = fingerprint(file).content_type
    except FileProblem as problem:
        said[file.name] = str(problem)
closed = [(str(folder.name), why) for folder, why in found.problems]
named = [str(file) for file in collect([Path({str(tmp_path / "closed" / "b.png")!r})]).files]
print(json.dumps([said, closed, len(named)]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    said, closed, named = json.loads(done.stdout)
    denied = "Permission denied"
    assert said == {"a.png": "image/png", "secret.png": denied, "secret": denied}
    assert closed == [["closed", denied]]
    assert named == 1


def test_bytes_are_those_that_the_fingerprint_was_taken_of(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(PNG)
    found = fingerprint(file)
    assert content(file, found) == PNG
    for changed in (PNG + b"!", PNG[:-1], PNG[:-1] + b"!"):
        file.write_bytes(changed)
        with pytest.raises(FileProblem, match="changed"):
            content(file, found)
    file.unlink()
    with pytest.raises(FileProblem, match="No such file"):
        content(file, found)
    file.mkdir()
    with pytest.raises(FileProblem, match="Is a directory"):
        content(file, found)
