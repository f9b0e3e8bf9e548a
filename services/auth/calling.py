"""Where a call came from, out of what gRPC knows of it."""

from collections.abc import Iterable
from typing import Any, cast

import grpc

from services.runtime.edge import Client, client_of
from services.runtime.peers import part_at


def client_calling(context: grpc.aio.ServicerContext[Any, Any], *, key: str) -> Client:
    """Where a call came from.

    Args:
        context: The call's.
        key: What the edge proves itself with, whose word on a client's address is taken.
    """
    sent = cast("Iterable[tuple[str, str | bytes]]", context.invocation_metadata() or ())
    metadata = {name: value for name, value in sent if isinstance(value, str)}
    part = part_at(context.auth_context())
    return client_of(metadata, context.peer(), key=key, part=part)
