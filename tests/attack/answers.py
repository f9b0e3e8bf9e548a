"""What a call comes to, in a form in which two can be compared."""

import asyncio
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2, status_pb2

PATIENCE_S = 60.0
RATE_LIMITED = "RATE_LIMITED"
"""The edge's reason, with which no service was asked: one who waits is answered."""
_DETAILS = "grpc-status-details-bin"
_OTHER_EACH_TIME = {"claimId", "expireTime", "urlExpireTime", "serverTime"}
_OF_THE_REQUEST = {"cursor", "nextPageToken"}
"""Opaque, and another for every request: they are bound to all that it asks."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z")


@dataclass(frozen=True)
class Answer:
    """A status and what came with it.

    Attributes:
        code: The status code's name.
        reason: Of its details; empty without one.
        text: The message of an error, or what was answered.
    """

    code: str
    reason: str = ""
    text: str = ""

    def without(self, *ids: str) -> "Answer":
        """The same with these ids left out of its text."""
        text = self.text
        for one in ids:
            text = text.replace(one, "…")
        return Answer(self.code, self.reason, text)

    def __str__(self) -> str:
        return f"{self.code} {self.reason}: {self.text[:200]}"


async def ask(
    channel: grpc.aio.Channel,
    method: MethodDescriptor,
    request: Message,
    metadata: Sequence[tuple[str, str]],
) -> Answer:
    """Calls a method of any shape with one message; an error of a stream's item counts as one.

    Who calls more than the edge lets them waits until it does.
    """
    deadline = time.monotonic() + PATIENCE_S
    while True:
        answer = await _ask_once(channel, method, request, metadata)
        if answer.reason != RATE_LIMITED or time.monotonic() > deadline:
            return answer
        # As RetryInfo says.
        await asyncio.sleep(1)


async def _ask_once(
    channel: grpc.aio.Channel,
    method: MethodDescriptor,
    request: Message,
    metadata: Sequence[tuple[str, str]],
) -> Answer:
    path = f"/{method.containing_service.full_name}/{method.name}"
    # On the wire this is a call of any kind: one message, then the answers.
    open_call: Any = channel.unary_stream(
        path, response_deserializer=GetMessageClass(method.output_type).FromString
    )
    call = open_call(request.SerializeToString(), metadata=tuple(metadata), timeout=PATIENCE_S)
    try:
        first = await call.read()
        if first is grpc.aio.EOF:
            return Answer((await call.code()).name, text="nothing")
        return _of_message(first)
    except grpc.aio.AioRpcError as error:
        trailers = (*(error.trailing_metadata() or ()), *(error.initial_metadata() or ()))
        raw = next((value for key, value in trailers if key == _DETAILS), b"")
        status = status_pb2.Status.FromString(raw if isinstance(raw, bytes) else b"")
        return Answer(error.code().name, _reason(status), error.details() or "")
    finally:
        call.cancel()


def _of_message(message: Message) -> Answer:
    field = message.DESCRIPTOR.fields_by_name.get("error")
    if field is not None and field.message_type == status_pb2.Status.DESCRIPTOR:
        status: status_pb2.Status = getattr(message, "error")  # noqa: B009 - not every message's
        if message.HasField("error"):
            code = next(one for one in grpc.StatusCode if one.value[0] == status.code)
            return Answer(code.name, _reason(status), status.message)
    return Answer("OK", text=json.dumps(_lasting(MessageToDict(message)), sort_keys=True))


def _reason(status: status_pb2.Status) -> str:
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return str(info.reason)
    return ""


def _lasting(value: Any) -> Any:
    """What is the same if the same is asked again."""
    if isinstance(value, dict):
        left_out = _OTHER_EACH_TIME | _OF_THE_REQUEST
        return {name: _lasting(one) for name, one in value.items() if name not in left_out}
    if isinstance(value, list):
        return [_lasting(one) for one in value]
    return _TIME.sub("…", value) if isinstance(value, str) else value
