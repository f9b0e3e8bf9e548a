"""Where a call comes from."""

from collections.abc import Iterable
from typing import Any, cast

import grpc

from services.runtime.edge import Client, client_of


def caller_of(context: grpc.aio.ServicerContext[Any, Any], edge_key: str) -> Client:
    """Where a call comes from, as the edge says if it is the edge that calls.

    Args:
        context: The call's.
        edge_key: What the edge proves itself with.
    """
    sent = cast("Iterable[tuple[str, str | bytes]]", context.invocation_metadata() or ())
    metadata = {key: value for key, value in sent if isinstance(value, str)}
    return client_of(metadata, context.peer(), key=edge_key)
