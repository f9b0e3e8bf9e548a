"""A container that runc runs, while its context is open."""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from bench.images.bundle import Bundle

START_S = 420.0
"""An embedder builds its model first."""
END_S = 30.0
_POLL_S = 0.2


@dataclass(frozen=True)
class Container:
    """One that runs.

    Attributes:
        name: As runc knows it.
        state: Folder of what runc knows.
        process: runc, which ends as the container's process does.
        log: What it says.
    """

    name: str
    state: Path
    process: subprocess.Popen[bytes]
    log: Path

    def ask(self, *command: str) -> tuple[int, str]:
        """Runs a command in it, as the image's user; exit status and what it said."""
        done = subprocess.run(
            self._runc("exec", self.name, *command), capture_output=True, text=True, check=False
        )
        return done.returncode, (done.stdout + done.stderr).strip()

    def status(self) -> dict[str, str]:
        """What the kernel says of its first process, as in `/proc/PID/status`."""
        lines = (self._proc() / "status").read_text().splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def variables(self) -> set[str]:
        """Names of the variables that its first process has, as the kernel knows them."""
        entries = (self._proc() / "environ").read_bytes().decode().split("\0")
        return {entry.partition("=")[0] for entry in entries if entry}

    def wait_until(self, answers: Callable[[], bool]) -> float:
        """Seconds until it does.

        Raises:
            RuntimeError: It ended instead, or never did; with the end of what it said.
        """
        began = time.monotonic()
        while not answers():
            if self.process.poll() is not None or time.monotonic() - began > START_S:
                raise RuntimeError(f"{self.name}: {self.log.read_text()[-2000:]}")
            time.sleep(_POLL_S)
        return time.monotonic() - began

    def end(self) -> int:
        """Has it end as orchestrators do, by SIGTERM; its exit status.

        Raises:
            subprocess.TimeoutExpired: It did not.
        """
        subprocess.run(self._runc("kill", self.name, "TERM"), check=True)
        return self.process.wait(END_S)

    def _proc(self) -> Path:
        said = subprocess.run(self._runc("state", self.name), capture_output=True, check=True)
        return Path("/proc", str(json.loads(said.stdout)["pid"]))

    def _runc(self, *arguments: str) -> Sequence[str]:
        return ("runc", "--root", str(self.state), *arguments)


def ended(bundle: Bundle) -> tuple[int, str]:
    """Runs a bundle to its end: exit status and what it said."""
    with tempfile.TemporaryDirectory(prefix="argus-runc-") as state:
        done = subprocess.run(
            ("runc", "--root", state, "run", "--bundle", str(bundle.folder), _name()),
            capture_output=True, text=True, check=False, timeout=START_S,
        )  # fmt: skip
    return done.returncode, (done.stdout + done.stderr).strip()


@contextmanager
def running(bundle: Bundle) -> Iterator[Container]:
    """Runs a bundle, as it was prepared, until the context closes."""
    with tempfile.TemporaryDirectory(prefix="argus-runc-") as kept:
        folder = Path(kept)
        log = folder / "log"
        name = _name()
        command = ("runc", "--root", kept, "run", "--bundle", str(bundle.folder), name)
        with log.open("wb") as written:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=written, stderr=subprocess.STDOUT
            )
        try:
            yield Container(name, folder, process, log)
        finally:
            if process.poll() is None:
                delete = ("runc", "--root", kept, "delete", "--force", name)
                subprocess.run(delete, check=False, capture_output=True)
                process.wait(END_S)


def _name() -> str:
    return f"argus-{uuid4().hex[:12]}"
