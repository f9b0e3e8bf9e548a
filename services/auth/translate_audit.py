"""Protobuf to the audit and back."""

from datetime import UTC, datetime

from argus.auth.v1 import audit_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.auth.audit_model import AuditEvent, AuditFilter
from services.runtime.errors import InvalidInput


def audit_filter(request: audit_pb2.ListAuditEventsRequest) -> AuditFilter:
    """Which entries a request asks for.

    Raises:
        InvalidInput: a time is none.
    """
    return AuditFilter(
        user_id=request.user_id.lower(),
        method=request.method,
        target=request.target,
        code=request.code,
        since=_time(request.since_time, "since_time") if request.HasField("since_time") else None,
        until=_time(request.until_time, "until_time") if request.HasField("until_time") else None,
    )


def audit_event_message(event: AuditEvent) -> audit_pb2.AuditEvent:
    """An entry as the contract says it."""
    entry = event.entry
    time = Timestamp()
    time.FromDatetime(entry.time)
    return audit_pb2.AuditEvent(
        sequence=event.link.sequence,
        time=time,
        method=entry.method,
        code=entry.code,
        reason=entry.reason,
        user_id=entry.user_id,
        session_id=entry.session_id,
        service=entry.service,
        address=entry.address,
        client=entry.agent,
        request_id=entry.request_id,
        targets=[
            audit_pb2.AuditEvent.Target(name=name, values=values)
            for name, values in sorted(entry.targets.items())
        ],
        omitted_count=entry.omitted,
        record=event.link.record,
        hash=event.link.hash,
    )


def _time(stamp: Timestamp, field: str) -> datetime:
    try:
        return stamp.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput("no time between the years 1 and 9999", field=field) from None
