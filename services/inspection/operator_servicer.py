"""InspectionOperatorService: translate, call, translate."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc
from argus.inspection.v1 import operator_pb2, operator_pb2_grpc

from services.inspection.records.checking import ReferenceChecks
from services.runtime.check_messages import (
    finding_message,
    grace_of,
    progress_message,
    settle_of,
)
from services.runtime.checking import Finding, look_twice

Context = grpc.aio.ServicerContext[Any, Any]


class InspectionOperatorServicer(operator_pb2_grpc.InspectionOperatorServiceServicer):
    """The RPC methods; the contract documents them."""

    def __init__(self, checks: ReferenceChecks) -> None:
        self._checks = checks

    async def CheckReferences(
        self, request: operator_pb2.CheckReferencesRequest, context: Context
    ) -> AsyncIterator[operator_pb2.CheckReferencesResponse]:
        looks = look_twice(
            self._checks.steps(grace_of(request)),
            repair=request.repair,
            settle=settle_of(request),
        )
        async with aclosing(looks) as told:
            async for one in told:
                if isinstance(one, Finding):
                    yield operator_pb2.CheckReferencesResponse(finding=finding_message(one))
                else:
                    progress = progress_message(one.step, one.checked)
                    yield operator_pb2.CheckReferencesResponse(progress=progress)
