"""`argus import` of real folders, into a mesh that answers what a test tells it to."""

import asyncio
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from argus_client.imports import Importer
from argus_client.uploads import Source
from mesh.commands.importing import import_files
from mesh.errors import MeshError
from tests.support.captures import xmp
from tests.support.fake_store import FakeStore
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import IMAGE, FakeMesh


def put(name: str | bytes, what: str = "good") -> Path:
    path = Path(os.fsdecode(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(IMAGE + what.encode())
    return path


def summary(output: str) -> str:
    [line] = [line for line in output.splitlines() if " imported, " in line]
    return re.sub(r" in \d.*", "", line)


def problems(output: str) -> dict[str, str]:
    """Cells of the table of problems."""
    cells = [line.strip("│ ").split("│") for line in output.splitlines() if line.startswith("│")]
    return {cell[0].strip(): cell[1].strip() for cell in cells}


@pytest.mark.usefixtures("store")
def test_names_that_are_not_utf8_are_imported_under_readable_ones(
    fake: FakeMesh, argus: Argus
) -> None:
    put(b"in/Mu\xf1oz.png", "1")
    put(b"in/esc\x1b[31m\xe2\x80\xae.png", "2")
    put(b"in/sub\xff/c.png", "3")
    put("in/👨‍👩‍👧 [red] :cat:.png", "4")
    result = argus("import", "in")
    assert result.exit_code == 0, result.output
    assert summary(result.stdout) == "4 imported, 4 searchable, 0 skipped (already there), 0 failed"
    assert {upload.filename for upload in fake.images.uploads} == {
        "Mu\ufffdoz.png", "esc\ufffd[31m\ufffd.png", "c.png", "👨‍👩‍👧 [red] :cat:.png",
    }  # fmt: skip


@pytest.mark.usefixtures("store")
def test_every_odd_file_is_a_row_and_stops_no_other(argus: Argus) -> None:
    put("in/a.png", "a")
    put(b"in/\xff\x1b[2J.png").write_bytes(b"")
    put("in/[bold]x[/bold].png").write_text("no image")
    put("in/cut.png", "broken")
    put("in/late.png", "lost")
    os.mkfifo("in/pipe.png")
    Path("in/nowhere.png").symlink_to("gone")
    result = argus("import", "in", "gone.png", "--no-wait")
    assert result.exit_code == 1
    assert summary(result.stdout).startswith("2 imported, 0 searchable, 0 skipped")
    rows = problems(result.stdout)
    assert rows["in/\ufffd\ufffd[2J.png"] == "the file is empty"
    assert rows["in/[bold]x[/bold].png"].startswith("not an image in a format that Argus reads")
    assert rows["in/cut.png"] == "The image is cut off. (IMAGE_UNREADABLE)"
    assert rows["in/pipe.png"] == "not a regular file"
    assert rows["in/nowhere.png"] == rows["gone.png"] == "No such file or directory"
    assert len(rows) == 6
    late = argus("import", "in/late.png", "in/a.png")
    assert late.exit_code == 0, "both were stored by then"


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("change", ["removed", "folder", "pipe", "longer", "other"])
def test_a_file_that_changes_between_being_looked_at_and_sent_is_a_row(
    argus: Argus, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    changing = put("in/changing.png", "1")
    put("in/steady.png", "2")
    deliver = Importer._deliver

    async def meanwhile(self: Importer, source: Source, *rest: object) -> object:
        if source.name == changing.name:
            changing.unlink()
            if change == "folder":
                changing.mkdir()
            elif change == "pipe":
                os.mkfifo(changing)
            elif change in {"longer", "other"}:
                put(str(changing), {"longer": "12", "other": "3"}[change])
        return await deliver(self, source, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Importer, "_deliver", meanwhile)
    result = argus("import", "in")
    assert result.exit_code == 1
    assert summary(result.stdout) == "1 imported, 1 searchable, 0 skipped (already there), 1 failed"
    assert (
        problems(result.stdout)["in/changing.png"]
        == {
            "removed": "No such file or directory",
            "folder": "Is a directory",
            "pipe": "not a regular file",
            "longer": "the file changed while it was being uploaded",
            "other": "the file changed while it was being uploaded",
        }[change]
    )


def test_an_image_that_search_never_finds_is_a_row_for_its_copies_too(
    store: FakeStore, argus: Argus
) -> None:
    put("a.png", "lost")
    put("b.png", "lost")
    result = argus("import", "a.png", "b.png", "--jobs", "1")
    assert result.exit_code == 1
    assert problems(result.stdout) == {
        "a.png": "It cannot be embedded.",
        "b.png": "the same as a.png: It cannot be embedded.",
    }
    assert store.puts == 1


def test_copies_are_sent_once_and_named(store: FakeStore, argus: Argus) -> None:
    for number in range(1, 9):
        put(f"in/{number}.png", "alike")
    put("in/other.png")
    os.link("in/other.png", "in/zz-hard-link.png")
    result = argus("import", "in", "--jobs", "8")
    assert result.exit_code == 0
    assert summary(result.stdout) == (
        "2 imported, 2 searchable, 0 skipped (already there), 8 copies of others, 0 failed"
    )
    assert len(re.findall(r"in/\d.png is the same as in/\d.png\.", result.stdout)) == 7
    assert store.puts == 2
    again = argus("import", "in")
    assert summary(again.stdout) == (
        "0 imported, 0 searchable, 2 skipped (already there), 8 copies of others, 0 failed"
    )


def test_copies_of_what_the_mesh_refuses_say_so_and_are_not_sent(
    store: FakeStore, argus: Argus
) -> None:
    for name in "abc":
        put(f"{name}.png", "broken")
    result = argus("import", "a.png", "b.png", "c.png", "--jobs", "8")
    assert result.exit_code == 1
    assert summary(result.stdout) == "0 imported, 0 searchable, 0 skipped (already there), 3 failed"
    said = sorted(problems(result.stdout).values())
    assert said[0] == "The image is cut off. (IMAGE_UNREADABLE)"
    assert [re.sub(r"[abc]\.png", "X", one) for one in said[1:]] == [
        f"the same as X: {said[0]}"
    ] * 2
    assert store.puts == 1


@pytest.mark.usefixtures("store")
def test_a_copy_is_sent_if_the_first_file_cannot_be(
    argus: Argus, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = put("a.png", "alike")
    put("b.png", "alike")
    deliver = Importer._deliver

    async def meanwhile(self: Importer, source: Source, *rest: object) -> object:
        if source.name == first.name:
            first.unlink()
        return await deliver(self, source, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Importer, "_deliver", meanwhile)
    result = argus("import", "a.png", "b.png", "--jobs", "1")
    assert summary(result.stdout) == "1 imported, 1 searchable, 0 skipped (already there), 1 failed"
    assert problems(result.stdout) == {"a.png": "No such file or directory"}


def test_labels_of_what_was_there_are_unchanged_and_that_is_said(
    fake: FakeMesh, argus: Argus
) -> None:
    put("a.png", "a")
    put("b.png", "b")
    result = argus("import", "a.png", "b.png", "--label", "line=3")
    assert result.exit_code == 0
    assert "The labels of 2 images that were there already are unchanged." in result.stdout
    assert "unchanged" not in argus("import", "a.png").stdout
    fake.images.labels = {"line": "3", "shift": "late"}
    assert "unchanged" not in argus("import", "a.png", "--label", "line=3").stdout


@pytest.mark.usefixtures("store")
def test_what_is_written_of_files_goes_with_them(fake: FakeMesh, argus: Argus) -> None:
    for name in ("a", "b", "c"):
        put(f"in/{name}.png", name)
    Path("in/a.xmp").write_bytes(xmp("beside a", "", ("Sea",), "4"))
    Path("in/b.png.xmp").write_bytes(xmp("beside b"))
    Path("in/c.xmp").write_bytes(b"<broken")
    Path("list.csv").write_text("file,note,labels.line\nin/b.png,of the list,3\nin/z.png,x,\n")
    result = argus(
        "import", "in", "--note", "of all", "--label", "line=1", "--manifest", "list.csv",
        "--keep-location",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    said = {one.filename: (one.note, dict(one.labels)) for one in fake.images.uploads}
    assert said == {
        "a.png": (
            "beside a\nDeutsch", {"line": "1", "rating": "4", "keyword.sea": "Sea"}
        ),
        "b.png": ("of the list", {"line": "3"}),
        "c.png": ("of all", {"line": "1"}),
    }  # fmt: skip
    assert all(one.keep_location and one.take_description for one in fake.images.uploads)
    assert "2 XMP files beside them read." in result.stdout
    assert "c.xmp was not read: it is no XML" in result.stdout
    assert "The manifest names 1 file that" in result.stdout


@pytest.mark.usefixtures("store")
def test_nothing_is_read_of_files_if_nobody_wants_it(fake: FakeMesh, argus: Argus) -> None:
    put("in/a.png", "a")
    Path("in/a.xmp").write_bytes(xmp("beside a"))
    assert argus("import", "in", "--no-xmp").exit_code == 0
    [upload] = fake.images.uploads
    assert (upload.note, upload.keep_location, upload.take_description) == ("", False, False)


def test_what_was_passed_over_is_said(argus: Argus) -> None:
    put("in/a.png")
    for number in range(3):
        put(f"in/{number}.jxl").write_bytes(b"\xff\x0a")
    put("in/clip.MOV").write_bytes(b"movie")
    put("in/README").write_text("text")
    put("in/@eaDir/a.png")
    put("in/.hidden.png")
    result = argus("import", "in")
    assert result.exit_code == 0
    assert (
        "Passed over: 3 .jxl, 1 .mov, 1 without a suffix, 1 hidden file, "
        "1 hidden or system folder (@eaDir)." in result.stderr
    )
    assert "Argus reads JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF and HEIC" in result.stderr
    Path("in/a.png").unlink()
    with pytest.raises(MeshError, match="nothing to import") as caught:
        argus("import", "in")
    assert "3 .jxl" in caught.value.advice


def test_a_hundred_kinds_of_files_are_still_one_sentence(argus: Argus) -> None:
    put("in/a.png")
    for number in range(100):
        put(f"in/x.kind{number}").write_text("x")
    result = argus("import", "in")
    [line] = [line for line in result.stderr.splitlines() if "Passed over" in line]
    assert line.count("kind") == 11
    assert line.endswith("90 of 90 other kinds.")


def test_nothing_that_was_named_exists(argus: Argus) -> None:
    with pytest.raises(MeshError, match=r"There is no gone.png\."):
        argus("import", "gone.png", "gone-too.png")


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    "label", ["Ort=Bonn", "=3", "line", "ort", "a b=c", f"{'k' * 64}=1", f"k={'v' * 256}"]
)
def test_a_label_that_no_image_can_have_is_told_before_anything_is_sent(
    fake: FakeMesh, argus: Argus, label: str
) -> None:
    put("a.png")
    with pytest.raises(MeshError, match="label"):
        argus("import", "a.png", "--label", label)
    assert not fake.images.uploads


@pytest.mark.usefixtures("argus", "store")
def test_two_imports_of_one_folder_at_once_store_each_image_once(
    fake: FakeMesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("in/a.png", "a")
    put("in/b.png", "b")
    both = threading.Barrier(2)
    deliver = Importer._deliver

    async def together(self: Importer, *rest: object) -> object:
        # Both have reserved before one of them completes.
        await asyncio.to_thread(both.wait, 30)
        return await deliver(self, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Importer, "_deliver", together)
    with ThreadPoolExecutor(2) as pool:
        files = sorted(Path("in").iterdir())
        reports = list(
            pool.map(
                lambda _: import_files(files, {"a": "1"}, jobs=1, wait=True, server=fake.target),
                range(2),
            )
        )
    assert [one.problems for one in reports] == [[], []]
    assert sum(len(one.imported) for one in reports) == 2
    assert sum(len(one.skipped) for one in reports) == 2
    assert reports[0].image_ids == reports[1].image_ids
    assert set(reports[0].image_ids.values()) == set(fake.images.ids.values())
