"""What operators ask of services, answered from lists."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
from argus.inspection.v1 import operator_pb2 as inspection_pb2
from argus.inspection.v1 import operator_pb2_grpc as inspection_pb2_grpc
from argus.search.v1 import operator_pb2 as search_pb2
from argus.search.v1 import operator_pb2_grpc as search_pb2_grpc
from argus.storage.v1 import operator_pb2, operator_pb2_grpc
from argus.type.v1.finding_pb2 import CheckProgress, Finding


@dataclass
class FakeOperators:
    """What is wrong, which events were given up, and what was asked for."""

    findings: list[Finding] = field(default_factory=list)
    dead: dict[str, operator_pb2.DeadEvent] = field(default_factory=dict)
    replayed: list[str] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)
    snapshot: list[search_pb2.SnapshotPart] = field(default_factory=list)
    imported: list[search_pb2.SnapshotPart] = field(default_factory=list)

    def add_to(self, server: grpc.Server) -> None:
        """Has a server answer for them."""
        operator_pb2_grpc.add_StorageOperatorServiceServicer_to_server(_Storage(self), server)
        search_pb2_grpc.add_SearchOperatorServiceServicer_to_server(_Search(self), server)
        inspection_pb2_grpc.add_InspectionOperatorServiceServicer_to_server(
            _Inspection(self), server
        )


class _Storage(operator_pb2_grpc.StorageOperatorServiceServicer):
    def __init__(self, fake: FakeOperators) -> None:
        self._fake = fake

    def CheckStorage(
        self, request: Any, context: Any
    ) -> Iterator[operator_pb2.CheckStorageResponse]:
        self._fake.asked.append(request)
        for one in self._fake.findings:
            found = Finding()
            found.CopyFrom(one)
            if request.repair and found.repair == Finding.POSSIBLE:
                found.repair = Finding.MENDED
            yield operator_pb2.CheckStorageResponse(finding=found)
        progress = CheckProgress(step="images", checked=1234)
        yield operator_pb2.CheckStorageResponse(progress=progress)

    def ListDeadEvents(self, request: Any, context: Any) -> operator_pb2.ListDeadEventsResponse:
        ids = [one for one in self._fake.dead if one > request.page_token]
        page = ids[: min(2, request.page_size)]
        return operator_pb2.ListDeadEventsResponse(
            events=[self._fake.dead[one] for one in page],
            next_page_token=page[-1] if len(ids) > len(page) else "",
            total_size=len(self._fake.dead),
        )

    def GetDeadEvent(self, request: Any, context: Any) -> operator_pb2.DeadEvent:
        event = operator_pb2.DeadEvent(advice="Replay it.")
        event.MergeFrom(self._fake.dead[request.dead_event_id])
        return event

    def ReplayDeadEvents(self, request: Any, context: Any) -> operator_pb2.ReplayDeadEventsResponse:
        done = [one for one in request.dead_event_ids if self._fake.dead.pop(one, None)]
        self._fake.replayed += done
        return operator_pb2.ReplayDeadEventsResponse(dead_event_ids=done)

    def DiscardDeadEvents(
        self, request: Any, context: Any
    ) -> operator_pb2.DiscardDeadEventsResponse:
        done = [one for one in request.dead_event_ids if self._fake.dead.pop(one, None)]
        return operator_pb2.DiscardDeadEventsResponse(dead_event_ids=done)


class _Search(search_pb2_grpc.SearchOperatorServiceServicer):
    def __init__(self, fake: FakeOperators) -> None:
        self._fake = fake

    def CheckIndex(self, request: Any, context: Any) -> Iterator[search_pb2.CheckIndexResponse]:
        self._fake.asked.append(request)
        progress = CheckProgress(step="vectors", checked=1200)
        yield search_pb2.CheckIndexResponse(progress=progress)

    def ExportVectors(
        self, request: Any, context: Any
    ) -> Iterator[search_pb2.ExportVectorsResponse]:
        for part in self._fake.snapshot:
            yield search_pb2.ExportVectorsResponse(part=part)

    def ImportVectors(
        self, request_iterator: Iterator[Any], context: Any
    ) -> search_pb2.ImportVectorsResponse:
        self._fake.imported += [message.part for message in request_iterator]
        if not self._fake.imported[-1].HasField("image_count"):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the snapshot was cut off")
        images = sum(len(part.vectors.images) for part in self._fake.imported)
        return search_pb2.ImportVectorsResponse(
            taken_count=images - 1, present_count=1, unknown_count=0
        )


class _Inspection(inspection_pb2_grpc.InspectionOperatorServiceServicer):
    def __init__(self, fake: FakeOperators) -> None:
        self._fake = fake

    def CheckReferences(
        self, request: Any, context: Any
    ) -> Iterator[inspection_pb2.CheckReferencesResponse]:
        self._fake.asked.append(request)
        progress = CheckProgress(step="artifacts", checked=7)
        yield inspection_pb2.CheckReferencesResponse(progress=progress)
