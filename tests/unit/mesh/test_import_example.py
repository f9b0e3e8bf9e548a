"""The example of `docs/importing.md` does what the page says."""

import re
import shlex
from pathlib import Path

import pytest

from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import IMAGE, FakeMesh

PAGE = Path(__file__).parents[3] / "docs" / "importing.md"
ROW = re.compile(r"^\| `([\w.]+)` \| (.*) \| (`.*`) \|$", re.MULTILINE)


@pytest.fixture
def page() -> str:
    return PAGE.read_text()


def block(page: str, language: str) -> str:
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.mark.usefixtures("store")
def test_the_folder_of_the_page_becomes_its_table(fake: FakeMesh, argus: Argus, page: str) -> None:
    pictures = ("good.jpg", "scratch.jpg", "late/bent.png")
    for name in pictures:
        path = Path("parts", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(IMAGE + name.encode())
    Path("parts/parts.csv").write_text(block(page, "csv"))
    Path("parts/scratch.jpg.xmp").write_text(block(page, "xml"))
    [command] = re.findall(r"^argus (import .*)$", page, re.MULTILINE)

    result = argus(*shlex.split(command))

    assert result.exit_code == 0, result.output
    assert "1 XMP file beside them read." in result.stdout
    assert "names" not in result.stdout, "the table names no other file"
    said = {one.filename: (one.note, dict(one.labels)) for one in fake.images.uploads}
    promised = {
        name: (note, dict(label.split("=", 1) for label in re.findall(r"`([^`]+)`", labels)))
        for name, note, labels in ROW.findall(page)
    }
    assert len(promised) == len(pictures)
    assert said == promised


def test_the_program_of_the_page_is_python(page: str) -> None:
    compile(block(page, "python"), str(PAGE), "exec")
