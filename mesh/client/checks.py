"""Checks of what an installation keeps, service by service."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from argus.inspection.v1 import operator_pb2 as inspection_pb2
from argus.inspection.v1 import operator_pb2_grpc as inspection_pb2_grpc
from argus.search.v1 import operator_pb2 as search_pb2
from argus.search.v1 import operator_pb2_grpc as search_pb2_grpc
from argus.storage.v1 import operator_pb2 as storage_pb2
from argus.storage.v1 import operator_pb2_grpc as storage_pb2_grpc
from argus.type.v1.finding_pb2 import CheckProgress, Finding
from google.protobuf.duration_pb2 import Duration

from mesh.client.connection import connect
from mesh.client.operator import Metadata, at_service
from mesh.layout import Layout

if TYPE_CHECKING:
    StorageStub = storage_pb2_grpc.StorageOperatorServiceAsyncStub
    SearchStub = search_pb2_grpc.SearchOperatorServiceAsyncStub
    InspectionStub = inspection_pb2_grpc.InspectionOperatorServiceAsyncStub


@dataclass(frozen=True)
class Checks:
    """Whom to ask, and what calls carry."""

    storage: "StorageStub"
    search: "SearchStub"
    inspection: "InspectionStub"
    metadata: Metadata

    async def told(
        self, *, repair: bool, grace: timedelta, settle: timedelta
    ) -> AsyncIterator[Finding | CheckProgress]:
        """What all checks find, and how far they have come.

        Args:
            repair: Whether to mend what can be mended.
            grace: How old something must be to be wrong.
            settle: How long after the first look the second follows.
        """
        looks = Duration(), Duration()
        looks[0].FromTimedelta(grace)
        looks[1].FromTimedelta(settle)
        given = {"grace": looks[0], "settle": looks[1]}
        storage = storage_pb2.CheckStorageRequest(repair=repair, **given)
        async for one in self.storage.CheckStorage(storage, metadata=self.metadata):
            yield one.finding if one.HasField("finding") else one.progress
        search = search_pb2.CheckIndexRequest(repair=repair, **given)
        async for two in self.search.CheckIndex(search, metadata=self.metadata):
            yield two.finding if two.HasField("finding") else two.progress
        inspection = inspection_pb2.CheckReferencesRequest(repair=repair, **given)
        async for three in self.inspection.CheckReferences(inspection, metadata=self.metadata):
            yield three.finding if three.HasField("finding") else three.progress


@asynccontextmanager
async def checks(layout: Layout, server: str, *, as_admin: bool) -> AsyncIterator[Checks]:
    """Whom to ask: at the edge as an administrator, or on this machine as whoever runs the mesh.

    Raises:
        MeshError: Nobody is signed in, or no mesh runs on this folder.
    """
    async with AsyncExitStack() as stack:
        if as_admin:
            connection = await stack.enter_async_context(connect(server))
            yield Checks(
                connection.storage_operator,
                connection.search_operator,
                connection.inspection_operator,
                await connection.metadata(),
            )
            return
        enter = stack.enter_async_context
        storage, metadata = await enter(at_service(layout, "storage"))
        search, _ = await enter(at_service(layout, "search"))
        inspection, _ = await enter(at_service(layout, "inspection"))
        yield Checks(
            storage_pb2_grpc.StorageOperatorServiceStub(storage),
            search_pb2_grpc.SearchOperatorServiceStub(search),
            inspection_pb2_grpc.InspectionOperatorServiceStub(inspection),
            metadata,
        )
