"""Lists that come in pages."""

from collections.abc import AsyncIterator
from typing import Any

from mesh.client.connection import Connection


async def pages(connection: Connection, method: Any, request: Any) -> AsyncIterator[Any]:  # noqa: ANN401 - any list method of the contract
    """Every answer of a list method, page by page.

    Args:
        connection: To the mesh.
        method: A method whose request has `page_token` and whose answer has `next_page_token`.
        request: The first page's; its token is changed.

    Raises:
        grpc.aio.AioRpcError: the list cannot be read.
    """
    while True:
        answer = await connection.call(method, request)
        yield answer
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token
