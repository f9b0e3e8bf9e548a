"""A door before an object store that can be held shut for writes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from urllib.parse import urlsplit

from tests.support import parts

BLOCK = 64 * 1024


class Gate:
    """Passes bytes on; a PUT that arrives while it is shut goes on when it is opened.

    Args:
        behind: The store behind it.
    """

    def __init__(self, behind: parts.S3) -> None:
        self._behind = urlsplit(behind.url)
        # What PUTs that come now wait for; those that came before may wait for another.
        self._door = asyncio.Event()
        self._door.set()
        self._doors = [self._door]
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._held = 0
        self._answered = 0

    def shut(self) -> None:
        """Holds the PUTs that come from now on."""
        self._doors.append(asyncio.Event())
        self._door = self._doors[-1]

    def let_newcomers_pass(self) -> None:
        """Holds what is held, and lets pass what comes from now on."""
        self._doors.append(asyncio.Event())
        self._door = self._doors[-1]
        self._door.set()

    def open(self) -> None:
        """Lets go on what is held, and what comes."""
        for door in self._doors:
            door.set()

    async def holds(self, puts: int) -> None:
        """Waits until so many PUTs have been held."""
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: self._held >= puts)

    async def idle(self) -> None:
        """Waits until every PUT that was held has been answered, or broken off."""
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: self._held == self._answered)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handles one connection."""
        self._keep(asyncio.current_task())
        with suppress(ConnectionError, asyncio.CancelledError):
            await self._pass_on(reader, writer)
        await _closed(writer)

    async def close(self) -> None:
        """Ends the connections."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks))

    def _keep(self, task: "asyncio.Task[None] | None") -> None:
        """Refers to a task until it ends; the event loop does not."""
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._behind.hostname, self._behind.port)
        answers = _Answers()
        answering = asyncio.create_task(answers.pipe(there, writer))
        try:
            while block := await reader.read(BLOCK):
                door = self._door
                if block.startswith(b"PUT ") and not door.is_set():
                    async with self._changed:
                        self._held += 1
                        self._changed.notify_all()
                    await door.wait()
                    self._keep(asyncio.create_task(self._note(answers.next())))
                back.write(block)
                await back.drain()
            # What was sent whole is answered, although nobody listens any more.
            back.write_eof()
            await answering
        finally:
            answering.cancel()
            await asyncio.wait([answering])
            answers.arrived.set()
            await _closed(back)

    async def _note(self, answered: "asyncio.Future[bool]") -> None:
        await answered
        async with self._changed:
            self._answered += 1
            self._changed.notify_all()


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with suppress(ConnectionError):
        await writer.wait_closed()


class _Answers:
    """What a store answers on one connection."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()

    def next(self) -> "asyncio.Task[bool]":
        """The first answer from now on."""
        self.arrived.clear()
        return asyncio.create_task(self.arrived.wait())

    async def pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while block := await reader.read(BLOCK):
            self.arrived.set()
            if not writer.is_closing():
                writer.write(block)


@asynccontextmanager
async def gate_before(store: parts.S3) -> AsyncIterator[tuple[Gate, parts.S3]]:
    """A gate, and how to reach the store through it."""
    gate = Gate(store)
    server = await asyncio.start_server(gate.serve, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        yield gate, replace(store, url=f"http://127.0.0.1:{port}")
    finally:
        gate.open()
        server.close()
        await gate.close()
