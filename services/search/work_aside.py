"""Runs what computes for minutes in a process of its own, with one thread for arithmetic."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from services.runtime.child_environment import without_settings

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class WorkFailed(Exception):
    """The process took too long or ended before its work was done."""


async def run_aside(module: str, folder: Path, *, most_s: float) -> None:
    """Runs a module that works on the files of a folder; it ends with whoever waits for it.

    Args:
        module: Its name; it takes the folder as its only argument, and gives way by itself.
        folder: Where its files are; as a path from here or from the root.
        most_s: Longest that it may take.

    Raises:
        WorkFailed: it did not do its work.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        str(folder),
        stdin=asyncio.subprocess.DEVNULL,
        env=_environment(),
    )
    try:
        async with asyncio.timeout(most_s):
            code = await process.wait()
    except TimeoutError:
        raise WorkFailed(f"{module} took too long") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code:
        raise WorkFailed(f"{module} ended with {code}")


def _environment() -> Mapping[str, str]:
    # Searches need the other processors.
    return {**without_settings(), **dict.fromkeys(_ONE_THREAD, "1")}
