"""Calls of every method that the contract has, and what its policies say becomes of them."""

from collections.abc import Sequence
from enum import Enum
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2

from mesh.parts.edge import descriptor_set
from mesh.parts.edge_policy import policies_of
from services.runtime.policy import Callers, Cost, MethodPolicy
from services.runtime.roles import Role

PATIENCE_S = 60.0
POLICIES = policies_of(descriptor_set().read_bytes())
"""Of every method, grpc's own too, by full method."""


class Caller(Enum):
    """Who calls."""

    NOBODY = "no token"
    VIEWER = "a viewer's token"
    INSPECTOR = "an inspector's token"
    ADMIN = "an administrator's token"
    SERVICE = "a service's token"


ROLES = {
    Caller.VIEWER: Role.VIEWER,
    Caller.INSPECTOR: Role.INSPECTOR,
    Caller.ADMIN: Role.ADMIN,
}
"""What users may do."""

Answer = tuple[str, str]
"""A status code's name, and the reason in its details; empty if it has none."""

NO_TOKEN: Answer = ("UNAUTHENTICATED", "TOKEN_INVALID")
SERVICE_ONLY: Answer = ("PERMISSION_DENIED", "SERVICE_ONLY")
USER_ONLY: Answer = ("PERMISSION_DENIED", "USER_ONLY")
ROLE_REQUIRED: Answer = ("PERMISSION_DENIED", "ROLE_REQUIRED")
NOT_THERE: Answer = ("UNIMPLEMENTED", "")
REFUSALS = {NO_TOKEN, SERVICE_ONLY, USER_ONLY, ROLE_REQUIRED, NOT_THERE}


def refusal(policy: MethodPolicy, caller: Caller) -> Answer | None:
    """How a service refuses the caller; None if it lets the call in."""
    if policy.needs_token and caller is Caller.NOBODY:
        return NO_TOKEN
    if policy.callers == Callers.SERVICE and caller in ROLES:
        return SERVICE_ONLY
    if policy.callers == Callers.USER and caller is Caller.SERVICE:
        return USER_ONLY
    if caller in ROLES and ROLES[caller] < policy.minimum_role:
        return ROLE_REQUIRED
    return None


def refusal_at_the_edge(policy: MethodPolicy, caller: Caller) -> Answer | None:
    """The same through the edge, where what is for services only is not there."""
    if policy.through_edge:
        return refusal(policy, caller)
    return NO_TOKEN if caller is Caller.NOBODY else NOT_THERE


def ends_sessions(policy: MethodPolicy) -> bool:
    """Whether a call may close the session that it is made in, or the account."""
    return policy.cost == Cost.AUTH and policy.needs_token


async def answer_to(
    channel: grpc.aio.Channel,
    policy: MethodPolicy,
    metadata: Sequence[tuple[str, str]] = (),
    *,
    message: bytes = b"",
) -> Answer:
    """What a call with one message comes to; of one that answers, that is OK."""
    # On the wire this is a call of any kind: one message, then the answers.
    method: Any = channel.unary_stream(policy.method)
    call = method(message, metadata=tuple(metadata), timeout=PATIENCE_S)
    try:
        if await call.read() is not grpc.aio.EOF:
            return ("OK", "")
        return ((await call.code()).name, "")
    except grpc.aio.AioRpcError as error:
        return (error.code().name, _reason(error))
    finally:
        call.cancel()


def _reason(error: grpc.aio.AioRpcError) -> str:
    for key, value in (*(error.trailing_metadata() or ()), *(error.initial_metadata() or ())):
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            for detail in status_pb2.Status.FromString(value).details:
                info = error_details_pb2.ErrorInfo()
                if detail.Unpack(info):
                    return str(info.reason)
    return ""
