"""Runs the build of a model in a process of its own, and ends it with whoever asked for it."""

import contextlib
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from services.embedder.errors import ModelUnavailable
from services.runtime.child_environment import without_settings

TIMEOUT_S = 1800
POLL_S = 0.1

ENVIRONMENT = {
    # OpenVINO's converter reports its use to its makers, except under CI.
    "CI": "true",
    # Seconds that a hub may take to answer, so that one that cannot be reached is found out soon.
    "HF_HUB_ETAG_TIMEOUT": "5",
    "HF_HUB_DOWNLOAD_TIMEOUT": "15",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
}
"""Of the build, where the caller's environment says nothing else."""

_log = logging.getLogger(__name__)


def run_build(
    source: str,
    folder: Path,
    *,
    model_dir: Path,
    threads: int,
    report: Callable[[str], None],
    stop: threading.Event,
) -> None:
    """Builds a model into a folder; returns when its manifest is written.

    The build's processes end before this returns or raises, and also when this
    process ends in whatever way.

    Args:
        source: The model's id.
        folder: An empty folder.
        model_dir: Where downloads are kept.
        threads: How many threads it may use.
        report: Told in a sentence what is going on.
        stop: Ends the build when it is set.

    Raises:
        ModelUnavailable: if it fails or is stopped. What it printed is logged.
    """
    command = [sys.executable, "-m", "services.embedder.models.build"]
    command += [source, str(folder), str(model_dir), str(threads)]
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(  # noqa: S603 - our own module; the id is an argument, no shell
            command,
            env=ENVIRONMENT | without_settings(),
            stdin=subprocess.PIPE,  # its end tells the build that we are gone
            stdout=subprocess.PIPE,
            stderr=printed,
            start_new_session=True,
        )
        try:
            error = _outcome(process, source, report=report, stop=stop)
        finally:
            _end(process)
        if error is None:
            return
        printed.seek(0)
        _log.error(
            "building %s failed: %s", source, printed.read()[-8000:].decode(errors="replace")
        )
        raise ModelUnavailable(error)


def _outcome(
    process: subprocess.Popen[bytes],
    source: str,
    *,
    report: Callable[[str], None],
    stop: threading.Event,
) -> str | None:
    """What went wrong; None if it was built."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    assert process.stdout  # noqa: S101 - a pipe was asked for
    threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
    deadline = time.monotonic() + TIMEOUT_S
    while not stop.is_set():
        if time.monotonic() > deadline:
            return f"building the model {source!r} took more than {TIMEOUT_S} s"
        try:
            line = lines.get(timeout=POLL_S)
        except queue.Empty:
            continue
        if not line:
            return f"the model {source!r} could not be built; the log says why"
        message = json.loads(line)
        if "step" in message:
            report(message["step"])
        else:
            error: str | None = message.get("error")
            return error
    return f"building the model {source!r} was stopped"


def _read(stdout: IO[bytes], lines: "queue.SimpleQueue[bytes]") -> None:
    """Hands lines on; an empty one at the end."""
    with stdout:
        for line in stdout:
            lines.put(line)
    lines.put(b"")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the build and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin:
        process.stdin.close()
