"""Runs a builder beside this process."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Protocol

from services.runtime.child_environment import without_settings
from services.search.index.edge.order import BuildOrder

COPY_S = 600.0
"""Longest that writes wait for a copy."""

_COPIED = b"copied\n"


class BuildFailed(Exception):
    """No shard was built; the former one is as it was."""


class Building(Protocol):
    """A shard that is being built."""

    async def copied(self) -> None:
        """Waits until the former shard may be written to.

        Raises:
            BuildFailed: the builder ended, or takes too long.
        """

    async def finished(self) -> None:
        """Waits until the shard is built, and on the disk.

        Raises:
            BuildFailed: the builder ended before.
        """


Start = Callable[[BuildOrder], AbstractAsyncContextManager[Building]]
"""Begins to build; what is not finished when the context ends is given up."""


class _Process:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def copied(self) -> None:
        if self._process.stdout is None:
            raise BuildFailed("the builder cannot say that it has copied the shard")
        try:
            async with asyncio.timeout(COPY_S):
                line = await self._process.stdout.readline()
        except TimeoutError:
            raise BuildFailed("the copy took too long") from None
        if line != _COPIED:
            raise BuildFailed("the builder ended before it had copied the shard")

    async def finished(self) -> None:
        code = await self._process.wait()
        if code:
            raise BuildFailed(f"the builder ended with {code}")


@asynccontextmanager
async def in_a_process(order: BuildOrder) -> AsyncIterator[Building]:
    """Builds in a process of its own, which ends with the context and with this process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.search.index.edge",
        order.to_json(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=without_settings(),
        start_new_session=True,
    )
    try:
        yield _Process(process)
    finally:
        # Its child too, whichever of them is left.
        if process.returncode != 0:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
