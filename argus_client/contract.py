"""What the contract says of the methods that a client's stubs call."""

import uuid
from collections.abc import Iterable
from typing import Any, TypeVar, cast

from argus.policy.v1 import policy_pb2
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message

T = TypeVar("T")
REQUEST_ID = "request_id"


class Contract:
    """Tells of a stub's callable which method it calls.

    Args:
        stubs: Stubs and their services.
    """

    def __init__(self, stubs: Iterable[tuple[object, ServiceDescriptor]]) -> None:
        self._methods: dict[object, MethodDescriptor] = {
            getattr(stub, method.name): method
            for stub, service in stubs
            for method in service.methods
        }

    def repeatable(self, method: object, request: object) -> bool:
        """Whether a call may be made twice.

        That is where its policy says so, and where the request carries an id by which the mesh
        knows it again.
        """
        found = self._methods.get(method)
        if found is None:
            return False
        options = cast("Any", found.GetOptions())
        return bool(
            options.Extensions[policy_pb2.policy].retryable or getattr(request, REQUEST_ID, "")
        )


def identified(request: T) -> T:
    """The request, with an id of its own where it may have one and has none.

    What is given is left as it is.
    """
    message = cast("Message", request)
    if REQUEST_ID not in message.DESCRIPTOR.fields_by_name or getattr(request, REQUEST_ID):
        return request
    copy: Any = type(request)()
    copy.CopyFrom(request)
    copy.request_id = str(uuid.uuid4())
    return cast("T", copy)
