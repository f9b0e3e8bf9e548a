"""Vector indexes that a module's tests share, empty for each; opening one takes a moment."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from services.search.index.qdrant_edge import EdgeIndex
from services.search.index.qdrant_server import ServerIndex, connect
from services.search.ports import VectorIndex
from tests.support.qdrant import stand_in

ADAPTERS = ("edge", "stand-in")


@asynccontextmanager
async def opened(adapter: str, folder: Path) -> AsyncIterator[VectorIndex]:
    """Qdrant Edge in a folder, or the adapter of a server on the stand-in."""
    async with AsyncExitStack() as stack:
        if adapter == "edge":
            edge = EdgeIndex(folder)
            stack.push_async_callback(edge.close)
            yield edge
            return
        server = ServerIndex(connect(await stack.enter_async_context(stand_in()), ""))
        stack.push_async_callback(server.close)
        yield server


@asynccontextmanager
async def emptied(index: VectorIndex, *user_ids: str) -> AsyncIterator[VectorIndex]:
    """The index, without what is theirs afterwards."""
    try:
        yield index
    finally:
        for user_id in user_ids:
            await index.delete_of_user(user_id)
