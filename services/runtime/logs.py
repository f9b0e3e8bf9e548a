"""Logs: one JSON object per line on standard error."""

import json
import logging
import sys
from datetime import UTC, datetime

from opentelemetry import trace

from services.runtime.request import current_call


class JsonFormatter(logging.Formatter):
    """Writes a record with the request and trace it belongs to.

    Keyword facts come through `extra={"facts": {...}}`.
    """

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        scope = current_call()
        if scope:
            line["request_id"] = scope.request_id
            line["method"] = scope.method
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            line["trace_id"] = f"{span.trace_id:032x}"
            line["span_id"] = f"{span.span_id:016x}"
        line.update(getattr(record, "facts", {}))
        if record.exc_info:
            line["stack"] = self.formatException(record.exc_info)
        # As escapes, whatever a caller sent harms no terminal that shows the log.
        return json.dumps(line, ensure_ascii=True, default=str)


def configure_logging(service: str, level: str) -> None:
    """Sends every log line of this process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "urllib3", "asyncio"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
