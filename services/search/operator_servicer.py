"""SearchOperatorService: translate, call, translate."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import grpc
from argus.search.v1 import operator_pb2, operator_pb2_grpc

from services.clients.model import Space
from services.runtime.check_messages import check_answers, grace_of
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
        steps = self._checks.steps(await self._space(), grace_of(request))
        answers = check_answers(steps, request, operator_pb2.CheckIndexResponse)
        async with aclosing(answers) as told:
            async for one in told:
                yield one
