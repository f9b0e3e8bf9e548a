"""A PostgreSQL that one service can lose while all others keep it."""

import asyncio
import contextlib
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

SOCKET = ".s.PGSQL.5432"


class Cable:
    """A second unix socket to a PostgreSQL; while it is cut, it is as if the server had stopped.

    Args:
        url: Of the database, reached by a unix socket.
        folder: Where the second socket is made.
    """

    def __init__(self, url: str, folder: Path) -> None:
        (server,) = parse_qs(urlsplit(url).query)["host"]
        self._server = Path(server) / SOCKET
        self._socket = folder / SOCKET
        self._listener: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.url = url.replace(server, str(folder))

    async def mend(self) -> None:
        """Connects."""
        self._listener = await asyncio.start_unix_server(self._carry, self._socket)

    async def cut(self) -> None:
        """Ends what is connected, and takes no more."""
        if self._listener is None:
            return
        self._listener.close()
        self._socket.unlink(missing_ok=True)
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._listener.wait_closed()
        self._listener = None

    async def _carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            far, on = await asyncio.open_unix_connection(self._server)
            ways = [asyncio.create_task(_pump(*way)) for way in ((near, on), (far, back))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
                on.close()
        back.close()
        self._connections.discard(task)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while content := await source.read(65536):
        sink.write(content)
        await sink.drain()
