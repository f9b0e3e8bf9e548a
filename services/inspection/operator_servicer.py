"""InspectionOperatorService: translate, call, translate."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc
from argus.inspection.v1 import operator_pb2, operator_pb2_grpc

from services.inspection.records.checking import ReferenceChecks
from services.runtime.check_messages import check_answers, grace_of

Context = grpc.aio.ServicerContext[Any, Any]


class InspectionOperatorServicer(operator_pb2_grpc.InspectionOperatorServiceServicer):
    """The RPC methods; the contract documents them."""

    def __init__(self, checks: ReferenceChecks) -> None:
        self._checks = checks

    async def CheckReferences(
        self, request: operator_pb2.CheckReferencesRequest, context: Context
    ) -> AsyncIterator[operator_pb2.CheckReferencesResponse]:
        steps = self._checks.steps(grace_of(request))
        answers = check_answers(steps, request, operator_pb2.CheckReferencesResponse)
        async with aclosing(answers) as told:
            async for one in told:
                yield one
