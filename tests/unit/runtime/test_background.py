"""Loops that fail: what is logged, what health hears, and that they go on."""

import asyncio
import logging

import pytest

from services.runtime import background as module
from services.runtime.background import BackgroundTasks, LoopFailing


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_BACKOFF_S", 0.0)
    monkeypatch.setattr(module, "MAX_BACKOFF_S", 0.0)


class Loop:
    """Fails so many times, each time as it is told; then runs for ever."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.runs = asyncio.Event()

    async def run(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.runs.set()
        await asyncio.Event().wait()


async def test_a_failure_is_logged_with_its_stack_once(caplog: pytest.LogCaptureFixture) -> None:
    loop = Loop(*[KeyError("defect") for _ in range(5)], ValueError("another"), KeyError("defect"))
    async with BackgroundTasks() as tasks:
        tasks.start("relay", loop.run)
        await loop.runs.wait()
    failures = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [bool(record.exc_info) for record in failures] == [True, *[False] * 4, True, True]
    assert all("relay failed" in record.getMessage() for record in failures)


async def test_a_loop_that_does_nothing_but_fail_is_down_and_is_named() -> None:
    ended = asyncio.Event()

    async def fail() -> None:
        ended.set()
        raise KeyError("defect")

    async with BackgroundTasks(failing_after_s=0.01) as tasks:
        await tasks.probe()
        tasks.start("relay", fail)
        await ended.wait()
        with pytest.raises(LoopFailing, match=r"relay fails: KeyError\('defect'\)"):
            await probed_for_ever(tasks)


async def probed_for_ever(tasks: BackgroundTasks) -> None:
    while True:
        await tasks.probe()
        await asyncio.sleep(0.001)


async def test_a_short_outage_is_not_the_loops() -> None:
    loop = Loop(*[ConnectionError("down") for _ in range(5)])
    async with BackgroundTasks() as tasks:
        tasks.start("relay", loop.run)
        await loop.runs.wait()
        await tasks.probe()


async def test_a_loop_that_runs_again_is_well_again() -> None:
    loop = Loop(*[KeyError("defect") for _ in range(3)])
    async with BackgroundTasks(failing_after_s=0, settled_after_s=0.01) as tasks:
        tasks.start("relay", loop.run)
        await loop.runs.wait()
        async with asyncio.timeout(30):
            while True:
                try:
                    await tasks.probe()
                    break
                except LoopFailing:
                    await asyncio.sleep(0.001)


async def test_housekeeping_that_fails_takes_nobody_down(caplog: pytest.LogCaptureFixture) -> None:
    loop = Loop(*[KeyError("defect") for _ in range(3)])
    async with BackgroundTasks(failing_after_s=0, settled_after_s=60) as tasks:
        tasks.start("clean-up", loop.run, vital=False)
        await loop.runs.wait()
        await tasks.probe()
    assert "clean-up failed" in caplog.text


async def test_a_loop_that_ends_is_well() -> None:
    async def once() -> None:
        return

    async with BackgroundTasks(failing_after_s=0) as tasks:
        tasks.start("once", once)
        await asyncio.sleep(0)
        await tasks.probe()
