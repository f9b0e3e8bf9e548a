"""The converted networks on disk: made once, whole or not at all."""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from services.embedder.errors import ModelUnavailable

TIMEOUT_S = 600

_log = logging.getLogger(__name__)


def converted(model_dir: Path, version: str) -> Path:
    """The folder of the converted networks; converts them if it is not there.

    Processes that start at the same moment may both convert; the first one's
    result is kept.

    Raises:
        ModelUnavailable: if the conversion fails; what it printed is logged.
    """
    folder = model_dir / version
    if folder.is_dir():
        return folder
    _log.info("building the compact model, once, in %s", folder)
    started = time.monotonic()
    model_dir.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(model_dir, version)
    work = Path(tempfile.mkdtemp(prefix=f"{version}.", dir=model_dir))
    try:
        _convert(work)
        try:
            work.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _log.info("built the compact model in %.0f s", time.monotonic() - started)
    return folder


def _remove_abandoned(model_dir: Path, version: str) -> None:
    """Removes what builds left that were killed; younger ones may still be at work."""
    for work in model_dir.glob(f"{version}.*"):
        if time.time() - work.stat().st_mtime > TIMEOUT_S:
            shutil.rmtree(work, ignore_errors=True)


def _convert(folder: Path) -> None:
    command = [sys.executable, "-m", "services.embedder.compact.convert", str(folder)]
    # OpenVINO's converter reports its use to its makers, except under CI.
    environment = os.environ | {"CI": "true"}
    try:
        done = subprocess.run(  # noqa: S603 - our own module, no input of others
            command, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise ModelUnavailable(f"building the compact model took more than {TIMEOUT_S} s") from None
    if done.returncode:
        _log.error("building the compact model failed: %s", done.stderr[-4000:])
        raise ModelUnavailable(
            "the compact model could not be built from its packages; the log says why"
        )
