"""An index that is embedded between two looks, as the command line meets it."""

from typing import Any

from argus.search.v1 import reindex_pb2, reindex_pb2_grpc


class FakeIndex(reindex_pb2_grpc.IndexServiceServicer):
    """Three images, which a model of any id can embed."""

    def __init__(self) -> None:
        self.told = reindex_pb2.Reindex(
            state=reindex_pb2.Reindex.NONE,
            current_model="compact",
            current_model_version="of compact",
            image_count=3,
        )
        self.ends = reindex_pb2.Reindex.DONE
        """How one ends that is on its way."""
        self.started: list[reindex_pb2.StartReindexRequest] = []
        self.cancelled = 0

    def StartReindex(self, request: Any, context: Any) -> reindex_pb2.Reindex:
        self.started.append(request)
        if request.again or request.model != self.told.current_model:
            self.told.state = reindex_pb2.Reindex.RUNNING
            self.told.model, self.told.again = request.model, request.again
            self.told.model_version = f"of {request.model}"
        return self.told

    def GetReindex(self, request: Any, context: Any) -> reindex_pb2.Reindex:
        if self.told.state == reindex_pb2.Reindex.RUNNING:
            self.told.state = self.ends
            self.told.embedded_count = 3
            if self.ends == reindex_pb2.Reindex.DONE:
                self.told.current_model = self.told.model
                self.told.current_model_version = self.told.model_version
        return self.told

    def CancelReindex(self, request: Any, context: Any) -> reindex_pb2.Reindex:
        self.cancelled += 1
        return self.told
