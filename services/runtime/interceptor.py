"""What happens around every call, in one place and one order.

Trace, request id and deadline; identity, and whether it may call; the contract's
constraints; then the servicer; and whatever it raises becomes a status by
`status.py`'s table. No other part of an exception leaves the process. Who may
call, for how long and with how large a message is the method's policy
(`policy.py`).

Every method is registered with grpc as one that takes a stream. grpc reads the message of a unary
method itself: it would answer bytes that are no message with the exception's text, and would never
answer a call that sends no message.
"""

# grpc's handler types are generic for the type checker only.
from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, cast

import grpc
from google.protobuf.message import DecodeError, Message

from services.runtime import errors
from services.runtime.audit import AuditTrail
from services.runtime.bounds import SPARE_BYTES, MessageBounds, bounds_of
from services.runtime.call_telemetry import CallTelemetry
from services.runtime.edge import client_of
from services.runtime.identity import (
    Identity,
    ServiceOnly,
    TokenVerifier,
    UserOnly,
    bearer_token,
    enter_identity,
)
from services.runtime.message_limits import MessagePace
from services.runtime.methods import find_method
from services.runtime.noted_call import NotedCall
from services.runtime.open_streams import OpenStream, OpenStreams
from services.runtime.peers import check_peer, part_at
from services.runtime.policy import FOREIGN, Callers, MethodPolicy
from services.runtime.request import CallScope, enter_call
from services.runtime.roles import require_role
from services.runtime.scopes import require_scope
from services.runtime.status import DETAILS_KEY, code_of, from_rpc_error, to_status
from services.runtime.stream_limits import kind_of_call
from services.runtime.telemetry import Providers
from services.runtime.validation import validate_request

_log = logging.getLogger("services.rpc")

# The servicer's side of grpc.aio is untyped; requests and responses are messages.
Context = grpc.aio.ServicerContext[Any, Any]
Unary = Callable[[Any, Context], Awaitable[Any]]
Stream = Callable[[Any, Context], AsyncIterator[Any]]


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Wraps every method of a server.

    Args:
        verifier: Checks access tokens.
        streams: Ends streams whose session or token has ended.
        policies: Of every method of the server, by full method.
        certified: Whether connections show certificates of the mesh's parts.
        pace: How fast users' messages are read.
        trail: Notes what became of calls; None if nobody reads it.
        edge_key: What the edge proves itself with, whose word on a client's address is taken.
        max_message_bytes: Largest message of methods whose policy leaves it to the installation.
        error_table: Exceptions of drivers and the kind each stands for.
        providers: Where spans and measurements go.
    """

    def __init__(
        self,
        verifier: TokenVerifier,
        streams: OpenStreams,
        *,
        policies: Mapping[str, MethodPolicy],
        certified: bool,
        pace: MessagePace,
        trail: AuditTrail | None,
        edge_key: str,
        max_message_bytes: int,
        error_table: Mapping[type[Exception], type[errors.ArgusError]],
        providers: Providers,
    ) -> None:
        self._verifier = verifier
        self._streams = streams
        self._policies = policies
        self._certified = certified
        self._pace = pace
        self._trail = trail
        self._edge_key = edge_key
        self._max_message_bytes = max_message_bytes
        self._error_table = error_table
        self._telemetry = CallTelemetry(providers)

    async def intercept_service(
        self,
        continuation: Callable[
            [grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]
        ],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Wraps one method's handler; unknown methods stay UNIMPLEMENTED."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        # grpc's own servicers are public, know no messages of ours and answer in their own way.
        if handler is None or method in FOREIGN:
            return handler
        policy = self._policies[method]
        behaviour = _behaviour(handler)
        read = _reader(handler, policy.request_limit(self._max_message_bytes), _bounds(method))
        kind = kind_of_call(method)
        if handler.response_streaming:
            inner_stream = cast("Stream", behaviour)

            async def stream(requests: Any, context: Context) -> AsyncIterator[Any]:  # noqa: ANN401 - any message
                async with self._call(policy, context) as (identity, limit_s, noted):
                    # Counted from here on: one that sends no request holds its place, too.
                    with self._streams.opened(identity, kind) as opened, _ended(opened, limit_s):
                        if handler.request_streaming:
                            request = self._paced(requests, policy, identity)
                        else:
                            request = await opened.step(lambda: _only(context))
                            noted.about(request)
                        responses = opened.follow(inner_stream(request, context))
                        async with aclosing(responses):
                            async for response in responses:
                                yield response

            return grpc.stream_stream_rpc_method_handler(
                stream, request_deserializer=read, response_serializer=handler.response_serializer
            )
        inner_unary = cast("Unary", behaviour)

        async def unary(requests: Any, context: Context) -> Any:  # noqa: ANN401 - any message
            async with self._call(policy, context) as (identity, limit_s, noted):
                if handler.request_streaming:
                    with self._streams.opened(identity, kind) as opened, _ended(opened, limit_s):
                        paced = self._paced(requests, policy, identity)
                        return await opened.step(lambda: inner_unary(paced, context))

                async def answer() -> Any:  # noqa: ANN401 - any message
                    request = await _only(context)
                    noted.about(request)
                    response = await inner_unary(request, context)
                    noted.made(response)
                    return response

                with self._streams.begun() as opened, _ended(opened, limit_s):
                    return await opened.step(answer)

        return grpc.stream_unary_rpc_method_handler(
            unary, request_deserializer=read, response_serializer=handler.response_serializer
        )

    @asynccontextmanager
    async def _call(
        self, policy: MethodPolicy, context: Context
    ) -> AsyncIterator[tuple[Identity | None, float | None, NotedCall]]:
        """Around a call.

        Who calls, after how many seconds it is to be ended, if at all, and what is noted of it.
        """
        method = policy.method
        started = time.monotonic()
        sent = cast("Iterable[tuple[str, str | bytes]]", context.invocation_metadata() or ())
        metadata = {key: value for key, value in sent if isinstance(value, str)}
        left = cast("float | None", context.time_remaining())
        scope = _scope(method, metadata, left, started)
        enter_call(scope)
        part = self._part(context)
        noted = NotedCall(
            policy,
            scope.request_id,
            client_of(metadata, context.peer(), key=self._edge_key, part=part),
        )
        code = grpc.StatusCode.OK
        facts: dict[str, object] = {}
        told = self._telemetry.begin(method, metadata)
        try:
            identity = await self._identify(policy, metadata, part, noted, facts)
            limit_s = policy.time_limit_s(left, service=bool(identity and identity.service))
            if limit_s is not None:
                enter_call(replace(scope, deadline=started + limit_s))
            yield identity, limit_s, noted
            await self._note(noted, code)
        except grpc.aio.AbortError:
            code = grpc.StatusCode.ABORTED
            await self._note(noted, code)
            raise
        except Exception as error:  # noqa: BLE001 - this is where every exception ends
            explained = self._explain(error)
            code = code_of(explained)
            facts["reason"] = explained.reason
            if code is grpc.StatusCode.INTERNAL:
                _log.exception("internal error")
                told.broke(error)
                explained = errors.ArgusError(
                    f"internal error; quote request id {scope.request_id}"
                )
            await self._note(noted, code, explained.reason)
            status = to_status(explained)
            told.failed(explained.reason)
            await context.abort(
                code,
                status.message,
                trailing_metadata=((DETAILS_KEY, status.SerializeToString()),),
            )
        except BaseException:
            code = grpc.StatusCode.CANCELLED
            self._note_later(noted, code)
            raise
        finally:
            facts |= {"code": code.name, "ms": round(told.ended(code) * 1000, 2)}
            # The answer goes first.
            asyncio.get_running_loop().call_soon(partial(_log.info, "call", extra={"facts": facts}))

    async def _identify(
        self,
        policy: MethodPolicy,
        metadata: Mapping[str, str],
        part: str | None,
        noted: NotedCall,
        facts: dict[str, object],
    ) -> Identity | None:
        """Who calls, and may; None where anybody may. What is known of them is noted in any case.

        Raises:
            Unauthenticated, PermissionDenied: they may not.
        """
        if not policy.needs_token:
            check_peer(part, None)
            return None
        identity = await self._verifier.verify(bearer_token(metadata))
        noted.identity = identity
        facts["caller"] = identity.user_id or f"service:{identity.service}"
        check_peer(part, identity)
        require_scope(policy.method, identity)
        enter_identity(identity)
        _check_caller(policy, identity)
        return identity

    def _part(self, context: Context) -> str | None:
        """The part of the mesh whose certificate the connection showed; None without TLS."""
        if not self._certified:
            return None
        return part_at(context.auth_context())

    def _paced(self, requests: Any, policy: MethodPolicy, identity: Identity | None) -> Any:  # noqa: ANN401 - any message
        """The messages of a stream, those of a user no faster than the user may send."""
        if identity is None or not identity.user_id:
            return requests
        return self._pace.paced(requests, identity.user_id, policy.cost)

    async def _note(self, noted: NotedCall, code: grpc.StatusCode, reason: str = "") -> None:
        """Notes how a call ended, before that is answered."""
        if self._trail is not None and (entry := noted.entry(code, reason)):
            await self._trail.record(entry, stranger=noted.by_stranger(code))

    def _note_later(self, noted: NotedCall, code: grpc.StatusCode) -> None:
        if self._trail is not None and (entry := noted.entry(code)):
            self._trail.record_later(entry, stranger=noted.by_stranger(code))

    def _explain(self, error: Exception) -> errors.ArgusError:
        if isinstance(error, errors.ArgusError):
            return error
        if isinstance(error, grpc.aio.AioRpcError):
            return from_rpc_error(error)
        for kind in type(error).__mro__:
            if kind in self._error_table:
                found = self._error_table[kind]
                _log.warning("%s: %r", found.reason, error)
                words = found.reason.lower().replace("_", " ")
                return found(f"{words}; try again", retry_after_s=1)
        return errors.ArgusError(str(error))


def _scope(
    method: str, metadata: Mapping[str, str], left: float | None, started: float
) -> CallScope:
    """A call that began at `started`, and whose caller waits for `left` seconds."""
    return CallScope(
        method=method,
        request_id=metadata.get("x-request-id") or str(uuid.uuid4()),
        deadline=None if left is None else started + left,
    )


def _behaviour(handler: grpc.RpcMethodHandler[Any, Any]) -> object:
    """The servicer's method."""
    if handler.response_streaming:
        return handler.stream_stream if handler.request_streaming else handler.unary_stream
    return handler.stream_unary if handler.request_streaming else handler.unary_unary


def _check_caller(policy: MethodPolicy, identity: Identity) -> None:
    """Raises ServiceOnly, UserOnly or RoleRequired if the method is not for such callers."""
    if policy.callers == Callers.SERVICE and not identity.service:
        raise ServiceOnly("only services of this mesh may call this")
    if policy.callers == Callers.USER and not identity.user_id:
        raise UserOnly("only a user may call this")
    if identity.user_id:
        require_role(identity.role, policy.minimum_role)


@contextmanager
def _ended(call: OpenStream, limit_s: float | None) -> Iterator[None]:
    """Ends a call after so many seconds; never if None."""
    if limit_s is None:
        yield
        return
    error = errors.DeadlineExceeded(
        f"this method takes {limit_s:g} seconds at most", metadata={"max_seconds": f"{limit_s:g}"}
    )
    timer = asyncio.get_running_loop().call_later(limit_s, call.end, error)
    try:
        yield
    finally:
        timer.cancel()


def _reader(
    handler: grpc.RpcMethodHandler[Any, Any], limit: int, bounds: MessageBounds | None
) -> Callable[[bytes], Any]:
    """Decodes a message of at most `limit` bytes, which keeps to the contract's bounds.

    It raises RequestTooLarge, or InvalidInput if the bytes are not a message, or too many for one.
    """
    deserialize = cast("Callable[[bytes], Any]", handler.request_deserializer)

    def read(raw: bytes) -> Any:  # noqa: ANN401 - any message
        if len(raw) > limit:
            raise errors.RequestTooLarge(
                f"the message has {len(raw)} bytes, and this method takes {limit} at most",
                metadata={"max_bytes": str(limit)},
            )
        if bounds:
            _check_size(bounds, raw)
        try:
            return deserialize(raw)
        except DecodeError:
            raise errors.InvalidInput(
                "the bytes are no message of the kind that this method takes"
            ) from None

    return read


def _bounds(method: str) -> MessageBounds | None:
    """Those of a message to a method of the contract; None of one that is not in it."""
    found = find_method(method)
    return bounds_of(found.input_type) if found else None


def _check_size(bounds: MessageBounds, raw: bytes) -> None:
    if bounds.most_bytes is not None and len(raw) > (most := bounds.most_bytes + SPARE_BYTES):
        raise errors.InvalidInput(
            f"the message has {len(raw)} bytes; at most {most} are accepted here",
            metadata={"limit_bytes": str(most)},
        )
    if excess := bounds.overfull(raw):
        raise errors.InvalidRequest([excess])


async def _only(context: Context) -> Message:
    """The message of a call that has one, checked against the contract.

    A stream's messages are checked one by one by its servicer, to answer per item.
    """
    request = await context.read()
    if not isinstance(request, Message):
        raise errors.InvalidInput("the call ended without the message that this method takes")
    validate_request(request)
    return request
