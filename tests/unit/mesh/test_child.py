import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mesh.layout import Layout
from mesh.supervision import child as child_module
from mesh.supervision.child import (
    Child,
    create_time,
    last_lines,
    last_message,
    limit_log,
    start_new_log,
)
from mesh.supervision.part import Part, Stage
from mesh.supervision.state import is_process
from tests.support.eventually import wait_until


async def _ready() -> None:
    pass


def part(script: str, **more: object) -> Part:
    return Part(
        name="part",
        stage=Stage.SERVICE,
        ready=_ready,
        command=("/bin/sh", "-c", script),
        **more,  # type: ignore[arg-type] # a test names fields it knows
    )


async def test_a_child_writes_its_log_and_tells_how_it_ended(layout: Layout) -> None:
    child = Child(part('echo "hello $WHO"; exit 3', env={"WHO": "world"}), layout)
    assert await child.ended == 3
    assert last_lines(layout.log("part"), 1) == ["hello world"]


async def test_a_child_gets_of_the_supervisors_variables_only_what_it_names(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HF_TOKEN", "HF_HOME", "AWS_SECRET_ACCESS_KEY", "ARGUS_S3_SECRET_KEY", "LC_TIME"):
        monkeypatch.setenv(name, "theirs")
    child = Child(part("env", env={"WHO": "ours"}, inherits=("HF_H*",)), layout)
    assert await child.ended == 0
    told = dict(line.split("=", 1) for line in last_lines(layout.log("part"), 100))
    assert {name: value for name, value in told.items() if value in {"theirs", "ours"}} == {
        "WHO": "ours",
        "HF_HOME": "theirs",
        "LC_TIME": "theirs",
    }
    assert told[child_module.MARK] == str(layout.data_dir)


async def test_what_a_child_makes_is_its_own(layout: Layout) -> None:
    before = os.umask(0o022)
    try:
        child = Child(part(f"touch {layout.run}/made"), layout)
        assert await child.ended == 0
    finally:
        os.umask(before)
    assert (layout.run / "made").stat().st_mode & 0o777 == 0o600


def session_niceness(pid: int) -> int | None:
    """How far a session gives way to others; None where the system does not count by session."""
    autogroup = Path(f"/proc/{pid}/autogroup")
    return int(autogroup.read_text().split()[-1]) if autogroup.exists() else None


async def test_a_child_gives_way_as_its_part_says(layout: Layout) -> None:
    child = Child(part("sleep 60", niceness=7), layout)
    try:
        assert os.getpriority(os.PRIO_PROCESS, child.pid) == 7
        assert session_niceness(child.pid) in {7, None}
    finally:
        await child.stop(asyncio.Event())


async def test_stopping_asks_first(layout: Layout) -> None:
    script = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"
    child = Child(part(script), layout)
    wait_until(lambda: last_lines(layout.log("part"), 1) == ["up"], "it runs")
    await child.stop(asyncio.Event())
    assert child.ended.result() == 0
    assert last_lines(layout.log("part"), 1) == ["bye"]


async def test_what_ignores_the_request_is_killed_and_so_is_what_it_started(
    layout: Layout,
) -> None:
    script = "trap '' TERM; sleep 60 & echo $!; wait; sleep 60"
    child = Child(part(script, stop_timeout_s=0.2), layout)
    wait_until(lambda: bool(last_lines(layout.log("part"), 1)), "it runs")
    grandchild = int(last_lines(layout.log("part"), 1)[0])
    created = create_time(grandchild)
    await child.stop(asyncio.Event())
    assert child.ended.result() == -signal.SIGKILL
    wait_until(lambda: not is_process(grandchild, created), "the grandchild is gone")


async def test_nobody_waits_when_in_a_hurry(layout: Layout) -> None:
    child = Child(part("trap '' TERM; while :; do sleep 0.05; done", stop_timeout_s=600.0), layout)
    hurry = asyncio.Event()
    stopping = asyncio.create_task(child.stop(hurry))
    hurry.set()
    async with asyncio.timeout(20):
        await stopping


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent's life")
def test_a_child_dies_with_a_supervisor_that_is_killed(layout: Layout) -> None:
    supervisor = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(f"""
                import asyncio
                from pathlib import Path
                from mesh.supervision.child import Child
                from mesh.layout import Layout
                from tests.unit.mesh.test_child import part

                async def main():
                    child = Child(part("exec sleep 600"), Layout(Path({str(layout.data_dir)!r})))
                    print(child.pid, flush=True)
                    await child.ended

                asyncio.run(main())
            """),
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert supervisor.stdout is not None
    pid = int(supervisor.stdout.readline())
    created = create_time(pid)
    # The launcher has become the program only when it is tied.
    wait_until(lambda: Path(f"/proc/{pid}/comm").read_text().strip() == "sleep", "it runs")
    os.kill(supervisor.pid, signal.SIGKILL)
    supervisor.wait()
    supervisor.stdout.close()
    wait_until(lambda: not is_process(pid, created), "the child is gone")


def test_a_process_is_known_by_pid_and_create_time() -> None:
    assert is_process(os.getpid(), create_time(os.getpid()))
    assert not is_process(os.getpid(), create_time(os.getpid()) - 60)
    assert not is_process(0, 0.0)


def test_the_last_word_of_a_program_is_told_in_one_line(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    assert last_message(log) == ""
    log.write_text("plain words\n")
    assert last_message(log) == "plain words"
    log.write_text('{"level": "INFO", "message": "building the model"}\n')
    assert last_message(log) == "building the model"
    stack = "Traceback:\\n  File\\nOSError: disk full\\n"
    log.write_text(f'{{"message": "could not start", "stack": "{stack}"}}\n')
    assert last_message(log) == "could not start: OSError: disk full"


def test_logs_are_kept_for_a_few_starts(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    for start in range(6):
        start_new_log(log)
        log.write_text(f"start {start}\n")
    kept = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert kept == {
        "part.log": "start 5\n",
        "part.log.1": "start 4\n",
        "part.log.2": "start 3\n",
        "part.log.3": "start 2\n",
    }


def test_a_log_that_grows_is_moved_aside_under_the_program_that_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "_MAX_LOG_BYTES", 100)
    log = tmp_path / "part.log"
    with log.open("ab", buffering=0) as program:
        program.write(b"x" * 99)
        limit_log(log)
        assert log.stat().st_size == 99
        program.write(b"y")
        limit_log(log)
        program.write(b"after")
    assert log.read_bytes() == b"after"
    assert (tmp_path / "part.log.1").read_bytes() == b"x" * 99 + b"y"
