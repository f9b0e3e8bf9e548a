"""Calls to other services with this service's own identity.

Their failures are translated with `translated(…, as_service=True)`.
"""

from typing import Any, TypeVar

import grpc

from services.runtime.identity import ON_BEHALF_OF, current_identity
from services.runtime.outgoing import CallOptions, ServiceToken, outgoing

C = TypeVar("C", bound="grpc.aio.StreamStreamCall[Any, Any]")


async def as_service(
    token: ServiceToken, *, timeout_s: float | None, on_behalf: bool = False
) -> CallOptions:
    """What a call carries whose peer serves services, whoever's call it helps to answer.

    Unlike the caller's token, this service's is renewed: a stream may be opened
    with it whenever one is needed, however long ago the caller's token was looked at.

    Args:
        token: This service's identity.
        timeout_s: Seconds the call may take; shortened to what the caller has left. None for a
            stream that lives on its own.
        on_behalf: Say which user the call is for, if it is for one.

    Raises:
        grpc.aio.AioRpcError: auth gives no token; to the caller, the peer does not answer.
        DeadlineExceeded: if the caller's time is up.
    """
    options = outgoing(timeout_s=timeout_s, token=await token.get())
    if on_behalf and (user_id := current_identity().user_id):
        options["metadata"] = (*options["metadata"], (ON_BEHALF_OF, user_id))
    return options


async def connected(call: C) -> C:
    """A stream's call once it is connected; one that nobody waits for any more is ended.

    Raises:
        grpc.aio.AioRpcError: it cannot be connected.
    """
    try:
        await call.wait_for_connection()
    except BaseException:
        # Whoever waited may have been cancelled; nobody else would end it.
        call.cancel()
        raise
    return call
