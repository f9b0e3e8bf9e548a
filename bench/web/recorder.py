"""Frames and long tasks of a page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from playwright.async_api import Page

_SCRIPT = Path(__file__).with_name("recorder.js")


@dataclass
class Recording:
    """What a page did for a while."""

    frames_ms: list[float] = field(default_factory=list)
    """From each frame to the next."""

    long_tasks_ms: list[float] = field(default_factory=list)
    """Tasks of the main thread of 50 ms and more."""

    @property
    def median_ms(self) -> float:
        """Of the frames."""
        return float(np.median(self.frames_ms))

    @property
    def p95_ms(self) -> float:
        """Of the frames."""
        return float(np.quantile(self.frames_ms, 0.95))

    @property
    def longest_task_ms(self) -> float:
        """0 if there was no long task."""
        return max(self.long_tasks_ms, default=0.0)


async def install(page: Page) -> None:
    """Brings the recorder into the page that is shown, once for each load."""
    await page.evaluate(_SCRIPT.read_text(encoding="utf-8"))


@asynccontextmanager
async def recorded(page: Page) -> AsyncIterator[Recording]:
    """Records what the page does within; filled in afterwards."""
    recording = Recording()
    await page.evaluate("argusBench.begin()")
    yield recording
    seen = await page.evaluate("argusBench.end()")
    recording.frames_ms = [later - sooner for sooner, later in pairwise(seen["frames"])]
    recording.long_tasks_ms = [duration for _, duration in seen["longTasks"]]
    if not recording.frames_ms:
        raise RuntimeError("the page painted nothing")
