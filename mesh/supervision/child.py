"""One running program: started tied to the supervisor, waited for, stopped, its log kept small."""

import asyncio
import contextlib
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psutil

from mesh.layout import Layout
from mesh.supervision import launcher
from mesh.supervision.environment import part_environment
from mesh.supervision.part import Part

MARK = "ARGUS_MESH_DIR"
"""Variable that marks every process of a mesh with its data folder."""

_MAX_LOG_BYTES = 10 * 2**20
_KEPT_LOGS = 3
_MAX_MESSAGE = 300
_log = logging.getLogger(__name__)


class Child:
    """A process of a part. It must be made in the main thread; it dies with that thread.

    Args:
        part: What to run.
        layout: Where its log goes.
    """

    def __init__(self, part: Part, layout: Layout) -> None:
        self.part = part
        tie = [
            sys.executable, "-I", "-S", launcher.__file__,
            "--parent", str(os.getpid()), "--death-signal", str(int(part.stop_signal)),
        ]  # fmt: skip
        if part.user is not None:
            tie += ["--uid", str(part.user.uid), "--gid", str(part.user.gid)]
        with layout.log(part.name).open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - commands are the mesh's own
                [*tie, "--", *part.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=part.cwd,
                env=part_environment(part.inherits, {**part.env, MARK: str(layout.data_dir)}),
                # A terminal's Ctrl-C is for the supervisor, which stops parts in order.
                start_new_session=True,
            )
        self.pid = self._process.pid
        _give_way(self.pid, part.niceness)
        try:
            self.created = create_time(self.pid)
            self._wait()
        except BaseException:
            # Nobody would know of it.
            self._process.kill()
            self._process.wait()
            raise

    def _wait(self) -> None:
        """Has a thread wait for the end."""
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[int] = loop.create_future()

        def report(code: int) -> None:
            if not self.ended.done():
                self.ended.set_result(code)

        def wait() -> None:
            code = self._process.wait()
            # The loop may be closed already, and then nobody asks.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(report, code)

        threading.Thread(target=wait, name=f"wait-{self.part.name}", daemon=True).start()

    async def stop(self, hurry: asyncio.Event) -> None:
        """Stops the program and all of its group, gently first; returns when it is gone.

        Args:
            hurry: Set when nobody wants to wait for gentleness.
        """
        if not self.ended.done():
            if not hurry.is_set():
                self._signal(self.part.stop_signal)
                await self._ended_within(self.part.stop_timeout_s, hurry)
            if not self.ended.done():
                self._signal(self.part.hurry_signal)
                await self._ended_within(3.0, asyncio.Event())
            if not self.ended.done():
                self._signal(signal.SIGKILL)
            await self.ended
        # What it started and left behind has its process group still.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        try:
            self.part.clean()
        except OSError:
            _log.warning("what %s left is not removed", self.part.name, exc_info=True)

    def _signal(self, signum: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signum)

    async def _ended_within(self, timeout_s: float, hurry: asyncio.Event) -> None:
        hurried = asyncio.ensure_future(hurry.wait())
        try:
            both: set[asyncio.Future[Any]] = {self.ended, hurried}
            await asyncio.wait(both, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hurried.cancel()


def _give_way(pid: int, niceness: int) -> None:
    """Has a part's processes give way to those of other parts.

    Linux may share out processors by session before it looks at processes
    (`sched_autogroup`), and each part has a session of its own.
    """
    if not niceness:
        return
    # It may have ended, or the system may not have it.
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, niceness)
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(niceness), encoding="ascii")


def create_time(pid: int) -> float:
    """When a process began, in seconds since 1970; 0 if it is gone.

    Together with the pid it identifies a process for ever; a pid alone is used again.
    """
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0


def start_new_log(path: Path) -> None:
    """Moves yesterday's log aside and keeps a few older ones."""
    if not path.exists() or path.stat().st_size == 0:
        return
    for number in range(_KEPT_LOGS, 1, -1):
        older = _rotated(path, number - 1)
        if older.exists():
            older.replace(_rotated(path, number))
    path.replace(_rotated(path, 1))


def limit_log(path: Path) -> None:
    """Empties a log that grew too long, after copying it aside.

    Programs write with O_APPEND, so they go on at the new beginning. A line
    written between the copy and the cut is lost; no program is ever blocked.

    Raises:
        OSError: There is no room for the copy; both logs are as they were.
    """
    if not path.exists() or path.stat().st_size < _MAX_LOG_BYTES:
        return
    copy = path.with_name(f"{path.name}.new")
    try:
        shutil.copyfile(path, copy)
        copy.replace(_rotated(path, 1))
    except OSError:
        with contextlib.suppress(OSError):
            copy.unlink()
        raise
    os.truncate(path, 0)


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a log, without empty ones; none if it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 64 * 1024))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-count:]


def last_message(path: Path) -> str:
    """What a program said last, in one line: of a structured line its message and its error."""
    lines = last_lines(path, 1)
    if not lines:
        return ""
    try:
        entry = json.loads(lines[0])
        said = str(entry["message"])
    except (ValueError, TypeError, KeyError):
        return lines[0][:_MAX_MESSAGE]
    stack = str(entry.get("stack") or "").strip().splitlines()
    return (f"{said}: {stack[-1]}" if stack else said)[:_MAX_MESSAGE]


def _rotated(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")
