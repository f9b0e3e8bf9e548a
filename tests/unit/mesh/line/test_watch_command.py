"""`argus inspect --watch`, against an inspection service that answers what a test tells it to."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.support.eventually import wait_until
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import IMAGE, FakeMesh

NOW = ("--settle", "1ms", "--poll", "10ms")


@pytest.fixture(autouse=True)
def tiles(fake: FakeMesh) -> None:
    fake.inspection.add_set("tiles")


def picture(name: str, what: str = "good") -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(IMAGE + what.encode())
    return path


def verdict(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(Path(f"{name}.argus.json").read_text())
    return told


def watch(argus: Argus, *more: str) -> Any:
    return argus("inspect", "--set", "tiles", "--watch", "in", "--once", *NOW, *more)


def test_each_picture_has_its_verdict_beside_it(fake: FakeMesh, argus: Argus) -> None:
    picture("in/a_0041.png")
    picture("in/lot 7/b_0042.png", "bad")
    picture("in/c.png", "broken")
    Path("in/d.jxl").write_bytes(b"\xff\x0a\x00\x00")
    Path("in/e.png").write_text("no picture")
    Path("in/notes.txt").write_text("no picture")
    result = watch(argus, "--trigger-id", r"_(\d+)\.")
    assert result.exit_code == 2
    good = verdict("in/a_0041.png")
    assert (good["file"], good["verdict"], good["triggerId"]) == ("a_0041.png", "NORMAL", "0041")
    bad = verdict("in/lot 7/b_0042.png")
    assert (bad["verdict"], bad["triggerId"], len(bad["regions"])) == ("ANOMALOUS", "0042", 1)
    failed = ("c.png", "d.jxl", "e.png")
    reasons = {name: verdict(f"in/{name}")["error"]["reason"] for name in failed}
    assert reasons == {
        "c.png": "IMAGE_UNREADABLE", "d.jxl": "IMAGE_UNSUPPORTED", "e.png": "IMAGE_UNREADABLE",
    }  # fmt: skip
    assert verdict("in/c.png")["triggerId"] == ""
    assert not Path("in/notes.txt.argus.json").exists()
    assert "2 inspected: 1 anomalous, 1 normal; 0 late, 3 failed" in result.stderr
    sent = [item.request.trigger_id for item in fake.inspection.streams[0]]
    assert sorted(sent) == ["", "0041", "0042"]
    assert not list(Path("in").rglob(".argus-*"))


def test_a_restart_goes_on_where_it_was(fake: FakeMesh, argus: Argus) -> None:
    picture("in/a.png")
    assert watch(argus).exit_code == 0
    picture("in/b.png", "bad")
    again = watch(argus, "--fail-on-anomaly", "--format", "json")
    assert again.exit_code == 1
    [line] = again.stdout.splitlines()
    assert json.loads(line)["file"] == "in/b.png"
    assert watch(argus, "--fail-on-anomaly").exit_code == 0
    assert sum(map(len, fake.inspection.streams)) == 2


def test_a_mesh_that_is_busy_or_restarts_is_waited_for(fake: FakeMesh, argus: Argus) -> None:
    for number in range(5):
        picture(f"in/{number}.png", f"busy {number}")
    fake.inspection.break_after = 2
    assert watch(argus).exit_code == 0
    assert [verdict(f"in/{number}.png")["verdict"] for number in range(5)] == ["NORMAL"] * 5


def test_what_every_picture_would_get_ends_it_and_is_no_verdict(
    fake: FakeMesh, argus: Argus
) -> None:
    picture("in/a.png")
    code = grpc.StatusCode.FAILED_PRECONDITION
    fake.inspection.refusal = (code, "REFERENCE_SET_NOT_READY", "Calibrate it.")
    result = watch(argus)
    assert result.exit_code == 2
    assert "Calibrate it." in result.stderr
    assert not Path("in/a.png.argus.json").exists()


def test_a_dropped_frame_is_told_and_not_tried_again(fake: FakeMesh, argus: Argus) -> None:
    picture("in/a.png")
    fake.inspection.refusal = (grpc.StatusCode.DEADLINE_EXCEEDED, "FRAME_LATE", "Too late.")
    result = watch(argus)
    assert result.exit_code == 2
    assert verdict("in/a.png")["error"] == {"reason": "FRAME_LATE", "message": "Too late."}
    assert "1 late, 0 failed" in result.stderr
    assert len(fake.inspection.streams[0]) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--watch", "nowhere"], "is not a folder"),
        (["--watch", "in", "--trigger-id", "("], "not a regular expression"),
        (["--watch", "in", "--save", "out"], "--watch takes no"),
        (["--watch", "in", "in/a.png"], "--watch takes no"),
        (["in/a.png", "--budget", "1s"], "only with --watch or --camera"),
        (["--watch", "in", "--budget", "soon"], "write a duration"),
        (["--watch", "in", "--budget", "0s"], "write a duration"),
    ],
)
def test_what_makes_no_sense_is_told(argus: Argus, arguments: list[str], words: str) -> None:
    picture("in/a.png")
    result = argus("inspect", "--set", "tiles", *arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())


@pytest.mark.usefixtures("argus")
@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
def test_it_watches_until_it_is_told_to_stop(fake: FakeMesh, which: signal.Signals) -> None:
    picture("in/old.png")
    command = ["inspect", "--set", "tiles", "--watch", "in", "--budget", "50s", *NOW]
    with subprocess.Popen(
        [sys.executable, "-m", "mesh", *command],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ,
    ) as process:  # fmt: skip
        try:
            wait_until(Path("in/old.png.argus.json").exists, "the old picture is judged")
            part = Path("in/.new.png.part")
            part.write_bytes(IMAGE + b"bad")
            part.rename("in/new.png")
            wait_until(Path("in/new.png.argus.json").exists, "the new picture is judged")
        finally:
            process.send_signal(which)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "new.png" in output
    assert "2 inspected: 1 anomalous, 1 normal; 0 late, 0 failed" in errors
    [old, new] = fake.inspection.streams[0]
    # What was there before nobody at the line waits for.
    assert not old.HasField("budget")
    assert 0 < new.budget.ToTimedelta().total_seconds() <= 50
