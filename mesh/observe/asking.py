"""What a query asks for, from its fields."""

from collections.abc import Mapping
from http import HTTPStatus

from mesh.observe.guard import Refused
from mesh.observe.logs import LogFilter
from mesh.observe.traces import TraceFilter

_MOST = 1000
_MAX_INT = 2**63 - 1


def trace_filter(asked: Mapping[str, str]) -> TraceFilter:
    """Which traces.

    Raises:
        Refused: A field makes no sense.
    """
    status = asked.get("status", "")
    if status not in {"", "ok", "failed"}:
        raise Refused(HTTPStatus.BAD_REQUEST, "status is `ok` or `failed`.")
    return TraceFilter(
        service=asked.get("service", ""),
        method=asked.get("method", ""),
        status=status,
        least_ms=_number(asked, "least_ms"),
        most_ms=_number(asked, "most_ms"),
        request_id=asked.get("request_id", ""),
        text=asked.get("text", ""),
        before_ns=_whole(asked, "before_ns", 0, _MAX_INT),
        all=asked.get("all", "") not in {"", "0", "false"},
        limit=_whole(asked, "limit", 50, _MOST) or 50,
    )


def log_filter(asked: Mapping[str, str]) -> LogFilter:
    """Which lines.

    Raises:
        Refused: A field makes no sense.
    """
    return LogFilter(
        service=asked.get("service", ""),
        level=asked.get("level", "").upper(),
        text=asked.get("text", ""),
        trace_id=asked.get("trace_id", "").lower(),
        request_id=asked.get("request_id", ""),
        before_ns=_whole(asked, "before_ns", 0, _MAX_INT),
        limit=_whole(asked, "limit", 200, _MOST) or 200,
    )


def _number(asked: Mapping[str, str], name: str) -> float:
    try:
        value = float(asked.get(name) or 0)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e12:
        raise Refused(HTTPStatus.BAD_REQUEST, f"{name} is a number from 0.")
    return value


def _whole(asked: Mapping[str, str], name: str, otherwise: int, most: int) -> int:
    try:
        value = int(asked.get(name) or otherwise)
    except ValueError:
        value = -1
    if not 0 <= value <= most:
        raise Refused(HTTPStatus.BAD_REQUEST, f"{name} is a whole number from 0 to {most}.")
    return value
