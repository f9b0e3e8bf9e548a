"""AuditService: translate, call, translate."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
from argus.auth.v1 import audit_pb2, audit_pb2_grpc

from services.auth.audit_log import AuditLog
from services.auth.translate_audit import audit_event_message, audit_filter

Context = grpc.aio.ServicerContext[Any, Any]


class AuditServicer(audit_pb2_grpc.AuditServiceServicer):
    """The RPC methods; the contract documents them.

    Args:
        log: What is in the chain.
    """

    def __init__(self, log: AuditLog) -> None:
        self._log = log

    async def ListAuditEvents(
        self, request: audit_pb2.ListAuditEventsRequest, context: Context
    ) -> audit_pb2.ListAuditEventsResponse:
        page = await self._log.page(
            audit_filter(request),
            request.page_size,
            request.page_token,
            oldest_first=request.oldest_first,
        )
        return audit_pb2.ListAuditEventsResponse(
            events=[audit_event_message(event) for event in page.events],
            next_page_token=page.next_page_token,
            head_sequence=page.head.sequence,
            head_hash=page.head.hash,
        )

    async def WatchAuditEvents(
        self, request: audit_pb2.WatchAuditEventsRequest, context: Context
    ) -> AsyncIterator[audit_pb2.WatchAuditEventsResponse]:
        after = request.after_sequence if request.HasField("after_sequence") else None
        async for event in self._log.watch(after):
            yield audit_pb2.WatchAuditEventsResponse(
                event=None if event is None else audit_event_message(event)
            )
