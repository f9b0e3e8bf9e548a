"""Finding duplicates: a stream that ends, and goes on where it broke."""

import asyncio
import time
from collections.abc import AsyncIterator

import grpc
from argus.search.v1 import duplicates_pb2

from argus_client.errors import CallFailed, outlived_its_token
from argus_client.retries import backoff_s, passes
from mesh.client.connection import PATIENCE_S, Connection


async def find_duplicates(
    connection: Connection, request: duplicates_pb2.FindDuplicatesRequest
) -> AsyncIterator[duplicates_pb2.FindDuplicatesResponse]:
    """Progress, a summary, and clusters; each once, however often the stream breaks.

    Args:
        connection: To the mesh.
        request: What is asked; it is left as it is.

    Raises:
        CallFailed: Duplicates cannot be looked for, or nothing is heard any more.
        MeshError: Nobody is signed in.
    """
    client = connection.client
    following = duplicates_pb2.FindDuplicatesRequest()
    following.CopyFrom(request)
    told, summarised = 0, False
    heard_at, attempt = time.monotonic(), 0
    while True:
        try:
            async for message in client.stream(client.search.FindDuplicates, following):
                heard_at, attempt = time.monotonic(), 0
                if message.HasField("cluster"):
                    following.after_cursor = message.cursor
                    cluster = message.cluster
                    # The last image may be gone since; what follows begins another cluster.
                    told += cluster.first == 0
                elif message.HasField("summary"):
                    if summarised:
                        continue
                    summarised = True
                yield message
        except CallFailed as error:
            cause = error.__cause__
            if not isinstance(cause, grpc.aio.AioRpcError):
                raise
            if outlived_its_token(cause):
                await client.renew()
            elif not passes(cause) or time.monotonic() - heard_at > PATIENCE_S:
                raise
            if request.limit:
                if told >= request.limit:
                    return
                following.limit = request.limit - told
            attempt += 1
            await asyncio.sleep(backoff_s(attempt))
        else:
            return
