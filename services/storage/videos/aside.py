"""Takes videos apart in a process of its own, which a bad one may bring down."""

import asyncio
import contextlib
import json
import logging
import sys
from dataclasses import asdict
from pathlib import Path

from services.runtime.child_environment import without_settings
from services.runtime.errors import InvalidInput
from services.storage.videos.containers import Container
from services.storage.videos.errors import (
    VideoCodecUnsupported,
    VideoTooLong,
    VideoUnreadable,
)
from services.storage.videos.model import Cut, CutLimits, KeyFrame
from services.storage.videos.ports import Progress

MODULE = "services.storage.videos.cutter"
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_KINDS = {kind.reason: kind for kind in (VideoUnreadable, VideoCodecUnsupported, VideoTooLong)}
_log = logging.getLogger(__name__)


class CutterProcess:
    """`Cutter` by `cutter.py`.

    Args:
        limits: What it may take.
    """

    def __init__(self, limits: CutLimits) -> None:
        self._limits = limits

    async def __call__(
        self, file: Path, container: Container, most: int, progress: Progress
    ) -> Cut:
        """Takes a file apart; it ends with whoever waits for it."""
        folder, limits = file.parent, self._limits
        asked = {
            "demuxer": container.demuxer,
            "most": most,
            "memory_bytes": limits.memory_bytes,
            "most_s": limits.most_s,
            "bounds": asdict(limits.bounds),
        }
        (folder / "asked.json").write_text(json.dumps(asked))
        try:
            async with asyncio.timeout(limits.most_s):
                code = await _run(folder, progress)
        except TimeoutError:
            raise VideoTooLong(
                f"it takes more than {limits.most_s:.0f} seconds to be taken apart"
            ) from None
        if code:
            _log.warning("taking a video apart ended with %d", code)
            raise VideoUnreadable(
                "its decoder failed: it is damaged, or its pictures take more memory than "
                f"{limits.memory_bytes} bytes"
            )
        return _result(folder)


async def _run(folder: Path, progress: Progress) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        MODULE,
        str(folder),
        # It ends when this does, however that comes.
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**without_settings(), **dict.fromkeys(_ONE_THREAD, "1")},
    )
    try:
        output = process.stdout or asyncio.StreamReader()
        async for line in output:
            with contextlib.suppress(ValueError):
                progress(float(line))
        return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _result(folder: Path) -> Cut:
    """What the process found.

    Raises:
        InvalidInput: that the video cannot be used, and why.
    """
    found = json.loads((folder / "result.json").read_text())
    if "reason" in found:
        error = _KINDS.get(found["reason"], InvalidInput)(found["message"])
        error.reason = found["reason"]
        raise error
    frames = [
        KeyFrame(folder / one.pop("name"), one["at_us"], one["start_us"], one["end_us"])
        for one in found.pop("kept")
    ]
    return Cut(frames=frames, **found)
