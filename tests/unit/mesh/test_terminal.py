"""Names and answers of a mesh are text on a terminal, whatever they contain."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import grpc
import pytest
from argus.inspection.v1 import inspection_pb2
from argus.search.v1 import search_pb2
from argus.storage.v1 import image_pb2
from rich.table import Table
from rich.text import Text

import mesh.commands
from mesh.commands.review import drift_text
from mesh.commands.terminal import SafeConsole, Terminal, print_json, say, tell_error
from mesh.errors import MeshError
from tests.support.fake_store import FakeStore
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import IMAGE, FakeMesh

HOSTILE = "x\x1b]0;owned\x07\x1b[31m\x9b2J\n\u202egnp[red]b[/red]:cat:\udcf1"
SHOWN = "x\ufffd]0;owned\ufffd\ufffd[31m\ufffd2J\ufffd\ufffdgnp[red]b[/red]:cat:\ufffd"
SENT = HOSTILE[:-1]
"""As a mesh can answer it: a string in a message is valid UTF-8."""


def obeyed(output: str) -> list[str]:
    """What a terminal would obey in an output."""
    return re.findall(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", output
    )


def test_a_sentence_is_one_line_of_text(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE)
    assert capsys.readouterr().out == f"{SHOWN}\n"


def test_tables_and_texts_show_names_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("[b]title[/b]\x1b")
    table.add_row(HOSTILE)
    table.add_row(Text(HOSTILE.replace("\n", "")))
    terminal = Terminal()
    terminal.width = 100
    terminal.print(table)
    shown = capsys.readouterr().out
    assert obeyed(shown) == []
    assert "[b]title[/b]\ufffd" in shown
    assert shown.count("[red]b[/red]:cat:\ufffd") == 2
    lines = shown.splitlines()
    assert len({len(line) for line in lines[:4]}) == 1, "borders stand in one column"


def test_a_quoted_log_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    console = SafeConsole(soft_wrap=True, highlight=False)
    console.print("[red]storage[/] does not start:", Text(HOSTILE))
    shown = capsys.readouterr().out
    assert obeyed(shown) == []
    assert shown.startswith("storage does not start: x\ufffd]0;owned")


def test_a_terminal_with_colours_gets_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    with terminal.capture() as captured:
        terminal.print(Text(HOSTILE, style="red"))
    assert captured.get().count("\x1b") == 4, "those around the text's two lines"


def test_an_error_keeps_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    tell_error(MeshError("It \x1b[2Jfailed.", "Choose:\n  a\n  b\x1b"))
    assert capsys.readouterr().err == "It \ufffd[2Jfailed.\nChoose:\n  a\n  b\ufffd\n"


def test_json_says_what_is_not_safe_as_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([{"file": HOSTILE, "é": "ü"}])
    shown = capsys.readouterr().out
    assert obeyed(shown) == []
    assert "é" in shown
    assert json.loads(shown) == [{"file": f"{SENT}\ufffd", "é": "ü"}]


def _list(fake: FakeMesh, argus: Argus) -> str:
    fake.inspection.add_set(SENT)
    return argus("refset", "list").stdout


def _show(fake: FakeMesh, argus: Argus) -> str:
    skipped = inspection_pb2.SkippedImage(image_id=SENT, reason=SENT, message=SENT)
    last = inspection_pb2.Job(state=inspection_pb2.Job.FAILED, skipped=[skipped])
    last.error.message = SENT
    member = inspection_pb2.Member(user_id=SENT)
    made = fake.inspection.add_set(SENT, last_calibration=last, members=[member])
    return argus("refset", "show", made.reference_set_id).stdout


def _ambiguous(fake: FakeMesh, argus: Argus) -> str:
    fake.inspection.add_set(SENT)
    with pytest.raises(MeshError) as caught:
        argus("refset", "show", "x")
    return _told(caught.value)


def _versions(fake: FakeMesh, argus: Argus) -> str:
    fake.inspection.add_set("tiles")
    settings = inspection_pb2.CalibrationSettings(model=SENT)
    fake.inspection.versions = [inspection_pb2.Version(version=1, settings=settings)]
    return argus("refset", "versions", "tiles").stdout


def _calibrate(fake: FakeMesh, argus: Argus) -> str:
    fake.inspection.add_set("tiles")
    running = inspection_pb2.Job(job_id="1", state=inspection_pb2.Job.RUNNING, stage=SENT)
    failed = inspection_pb2.Job(state=inspection_pb2.Job.FAILED)
    failed.error.message = SENT
    fake.inspection.progress = [running, failed]
    return argus("refset", "calibrate", "tiles").output


def _refused(fake: FakeMesh, argus: Argus) -> str:
    fake.inspection.add_set("tiles")
    fake.inspection.refusal = (grpc.StatusCode.FAILED_PRECONDITION, "ODD", SENT)
    with pytest.raises(MeshError) as caught:
        argus("refset", "calibrate", "tiles")
    return _told(caught.value)


def _delete(fake: FakeMesh, argus: Argus) -> str:
    made = fake.inspection.add_set(SENT)
    return argus("refset", "delete", made.reference_set_id, typed="y\n").output


def _inspect(format_: str) -> Callable[[FakeMesh, Argus], str]:
    def run(fake: FakeMesh, argus: Argus) -> str:
        fake.inspection.add_set("tiles")
        folder = Path("in")
        folder.mkdir()
        (folder / f"{HOSTILE.replace('/', '')}.png").write_bytes(IMAGE + b"bad")
        (folder / f"empty{HOSTILE.replace('/', '')}.png").write_bytes(b"")
        result = argus("inspect", "--set", "tiles", "in", "--format", format_)
        assert result.exit_code == 2
        return result.output

    return run


def _search(fake: FakeMesh, argus: Argus) -> str:
    image = image_pb2.Image(filename=SENT, image_id=SENT, labels={"a": SENT})
    fake.search.matches = [search_pb2.Match(image=image, score=0.5)]
    return argus("search", "x").output


def _import(fake: FakeMesh, argus: Argus) -> str:
    fake.inspection.add_set("tiles")
    folder = Path("in")
    folder.mkdir()
    name = HOSTILE.replace("/", "")
    for ending in ("a.png", "b.png"):
        (folder / (name + ending)).write_bytes(IMAGE)
    (folder / f"{name}.empty.png").write_bytes(b"")
    (folder / f".{name}").mkdir()
    return argus("import", "in").output


def _told(error: MeshError) -> str:
    terminal = Terminal()
    with terminal.capture() as captured:
        for line in f"{error}\n{error.advice}".split("\n"):
            terminal.print(line)
    return captured.get()


@pytest.mark.parametrize(
    "command",
    [
        _list, _show, _ambiguous, _versions, _calibrate, _refused, _delete, _search, _import,
        _inspect("table"), _inspect("csv"), _inspect("json"),
    ],
)  # fmt: skip
def test_no_command_hands_a_name_to_the_terminal_to_obey(
    fake: FakeMesh, argus: Argus, command: Callable[[FakeMesh, Argus], str]
) -> None:
    shown = command(fake, argus)
    assert obeyed(shown) == []
    # Cells may be folded; what is in them is neither interpreted nor lost.
    cells = re.sub(r"[\s│]", "", shown)
    assert "[red]b" in cells
    assert ":cat:" in cells


def test_drift_names_a_set_as_text() -> None:
    drift = inspection_pb2.Drift(version=3, recent_count=80)
    assert obeyed(drift_text(drift, SENT).plain) == []


def test_a_page_of_found_pictures_has_no_odd_names(
    fake: FakeMesh, store: FakeStore, argus: Argus
) -> None:
    store.objects["/1"] = b"picture"
    image = image_pb2.Image(filename=SENT, image_id=str(uuid4()), content_url=f"{store.url}/1")
    fake.search.matches = [search_pb2.Match(image=image, score=0.5)]
    assert argus("search", "x", "--save", "out").exit_code == 0
    page = Path("out/index.html").read_text(encoding="utf-8")
    assert obeyed(page) == []
    [saved] = [path.name for path in Path("out").iterdir() if path.name != "index.html"]
    assert re.fullmatch(r"[\w.-]+", saved)


def test_every_command_prints_through_this_terminal() -> None:
    [folder] = mesh.commands.__path__
    past_it = re.compile(r"\bConsole\(|(?<![.\w])print\(|typer\.s?echo\(")
    for file in Path(folder).rglob("*.py"):
        if file.name != "terminal.py":
            assert not past_it.search(file.read_text(encoding="utf-8")), file
