"""SearchOperatorService: translate, call, translate."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import grpc
from argus.search.v1 import operator_pb2, operator_pb2_grpc

from services.clients.model import Space
from services.clients.ports import Contents
from services.runtime.check_messages import check_answers, grace_of
from services.runtime.validation import validate_request
from services.search.checking import IndexChecks
from services.search.errors import SnapshotDamaged, VectorsOfAnotherModel
from services.search.ports import VectorIndex
from services.search.snapshots.importing import VectorImport
from services.search.snapshots.parts import space_of
from services.search.snapshots.taking import snapshot

Context = grpc.aio.ServicerContext[Any, Any]


class SearchOperatorServicer(operator_pb2_grpc.SearchOperatorServiceServicer):
    """The RPC methods; the contract documents them.

    Args:
        checks: Compares the index with storage's records.
        index: Has the vectors.
        contents: Storage's images.
        space: Tells the space in use.
    """

    def __init__(
        self,
        checks: IndexChecks,
        index: VectorIndex,
        contents: Contents,
        space: Callable[[], Awaitable[Space]],
    ) -> None:
        self._checks = checks
        self._index = index
        self._contents = contents
        self._space = space

    async def CheckIndex(
        self, request: operator_pb2.CheckIndexRequest, context: Context
    ) -> AsyncIterator[operator_pb2.CheckIndexResponse]:
        steps = self._checks.steps(await self._space(), grace_of(request))
        answers = check_answers(steps, request, operator_pb2.CheckIndexResponse)
        async with aclosing(answers) as told:
            async for one in told:
                yield one

    async def ExportVectors(
        self, request: operator_pb2.ExportVectorsRequest, context: Context
    ) -> AsyncIterator[operator_pb2.ExportVectorsResponse]:
        async with aclosing(snapshot(self._index, await self._space())) as parts:
            async for part in parts:
                yield operator_pb2.ExportVectorsResponse(part=part)

    async def ImportVectors(
        self, request_iterator: AsyncIterator[operator_pb2.ImportVectorsRequest], context: Context
    ) -> operator_pb2.ImportVectorsResponse:
        importing: VectorImport | None = None
        async for message in request_iterator:
            validate_request(message)
            if importing is None:
                importing = await self._begun(space_of(message.part))
            else:
                await importing.take(message.part)
        if importing is None:
            raise SnapshotDamaged("nothing came")
        done = importing.finish()
        return operator_pb2.ImportVectorsResponse(
            taken_count=done.taken, present_count=done.present, unknown_count=done.unknown
        )

    async def _begun(self, space: Space) -> VectorImport:
        current = await self._space()
        if space != current:
            raise VectorsOfAnotherModel(
                f"the vectors are of {space.model}, version {space.version[:12]}; searches use "
                f"{current.model}, version {current.version[:12]}",
                metadata={"model": space.model, "current_model": current.model},
            )
        return VectorImport(self._index, self._contents, space)
