"""`argus.search.v1.IndexService`."""

from typing import Any

import grpc
from argus.search.v1 import reindex_pb2, reindex_pb2_grpc

from services.search.reindexing.desk import ReindexDesk
from services.search.reindexing.model import Progress, ReindexState

_STATES = {
    ReindexState.RUNNING: reindex_pb2.Reindex.RUNNING,
    ReindexState.DONE: reindex_pb2.Reindex.DONE,
    ReindexState.CANCELLED: reindex_pb2.Reindex.CANCELLED,
}


class IndexServicer(reindex_pb2_grpc.IndexServiceServicer):
    """Translates, asks, translates. Only administrators may call."""

    def __init__(self, desk: ReindexDesk) -> None:
        self._desk = desk

    async def StartReindex(
        self,
        request: reindex_pb2.StartReindexRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> reindex_pb2.Reindex:
        """Begins to embed every image with another model, or again."""
        return _reindex(await self._desk.start(request.model, again=request.again))

    async def GetReindex(
        self,
        request: reindex_pb2.GetReindexRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> reindex_pb2.Reindex:
        """Gets how far it is."""
        return _reindex(await self._desk.progress())

    async def CancelReindex(
        self,
        request: reindex_pb2.CancelReindexRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> reindex_pb2.Reindex:
        """Ends it."""
        return _reindex(await self._desk.cancel())


def _reindex(progress: Progress) -> reindex_pb2.Reindex:
    told = reindex_pb2.Reindex(
        state=reindex_pb2.Reindex.NONE,
        current_model=progress.current.model,
        current_model_version=progress.current.version,
        image_count=progress.image_count,
        embedded_count=progress.embedded_count,
        failed_count=progress.failed_count,
    )
    reindex = progress.reindex
    if reindex is not None:
        told.state = _STATES[reindex.state]
        told.model = reindex.space.model
        told.model_version = reindex.space.version
        told.automatic = reindex.automatic
        told.again = reindex.again
        told.start_time.FromMilliseconds(int(reindex.start_s * 1000))
        if reindex.end_s:
            told.end_time.FromMilliseconds(int(reindex.end_s * 1000))
    return told
