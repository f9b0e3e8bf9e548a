"""SearchOperatorService: translate, call, translate."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import grpc
from argus.search.v1 import operator_pb2, operator_pb2_grpc

from services.clients.model import Space
from services.runtime.check_messages import (
    finding_message,
    grace_of,
    progress_message,
    settle_of,
)
from services.runtime.checking import Finding, look_twice
from services.search.checking import IndexChecks

Context = grpc.aio.ServicerContext[Any, Any]


class SearchOperatorServicer(operator_pb2_grpc.SearchOperatorServiceServicer):
    """The RPC methods; the contract documents them.

    Args:
        checks: Compares the index with storage's records.
        space: Tells the space in use.
    """

    def __init__(self, checks: IndexChecks, space: Callable[[], Awaitable[Space]]) -> None:
        self._checks = checks
        self._space = space

    async def CheckIndex(
        self, request: operator_pb2.CheckIndexRequest, context: Context
    ) -> AsyncIterator[operator_pb2.CheckIndexResponse]:
        looks = look_twice(
            self._checks.steps(await self._space(), grace_of(request)),
            repair=request.repair,
            settle=settle_of(request),
        )
        async with aclosing(looks) as told:
            async for one in told:
                if isinstance(one, Finding):
                    yield operator_pb2.CheckIndexResponse(finding=finding_message(one))
                else:
                    progress = progress_message(one.step, one.checked)
                    yield operator_pb2.CheckIndexResponse(progress=progress)
