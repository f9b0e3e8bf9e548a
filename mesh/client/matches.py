"""All matches of a query, from streams that are gone on with where they broke."""

import asyncio
import time
from collections.abc import AsyncGenerator

import grpc
from argus.search.v1 import search_pb2

from argus_client.calls import PATIENCE_S
from argus_client.errors import CallFailed, outlived_its_token
from argus_client.retries import backoff_s, passes
from mesh.client.connection import Connection


async def all_matches(
    connection: Connection, query: search_pb2.SearchImagesRequest, limit: int
) -> AsyncGenerator[search_pb2.Match, None]:
    """Every match of a query, best first.

    Where a stream breaks while parts of the mesh restart, and where it ends with its access token,
    another one goes on.

    Args:
        connection: Of whoever is signed in.
        query: What to find.
        limit: Most matches; 0 for all.

    Raises:
        CallFailed: It cannot be found, or nothing comes any more.
    """
    request = search_pb2.StreamMatchesRequest(query=query, limit=limit)
    heard_at, attempt = time.monotonic(), 0
    while True:
        try:
            async for told in connection.client.stream(connection.search.StreamMatches, request):
                request.cursor = told.cursor
                heard_at, attempt = time.monotonic(), 0
                yield told.match
                if limit:
                    request.limit -= 1
                    if not request.limit:
                        return
        except CallFailed as failed:
            cause = failed.__cause__
            if not isinstance(cause, grpc.aio.AioRpcError):
                raise
            expired = outlived_its_token(cause)
            if not (expired or passes(cause)) or time.monotonic() - heard_at > PATIENCE_S:
                raise
            if expired:
                await connection.client.renew()
        else:
            return
        attempt += 1
        await asyncio.sleep(backoff_s(attempt))
