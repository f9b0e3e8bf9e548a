"""Spans of what stores do for a call.

Only within a span that somebody will see: what looks for work once a second makes no trace.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from opentelemetry import trace

from services.runtime.telemetry_contract import (
    DATABASE_QUERY,
    DB_OPERATION,
    DB_SYSTEM,
    HTTP_METHOD,
    HTTP_STATUS,
    OBJECT_REQUEST,
)
from services.runtime.tracing import Tracing

_tracing = Tracing()
_NOTHING = nullcontext()
_FIRST_WORD = re.compile(r"[A-Za-z]+")


def statement(text: str, system: str = "postgresql") -> AbstractContextManager[object]:
    """Around a statement, or command, of which the first word is told.

    Args:
        text: The statement.
        system: Who does it, as `db.system.name` has it.
    """
    if not trace.get_current_span().is_recording():
        return _NOTHING
    found = _FIRST_WORD.search(text)
    operation = found[0].upper() if found else "OTHER"
    return _tracing.leaf(DATABASE_QUERY, {DB_SYSTEM: system, DB_OPERATION: operation})


def untold() -> AbstractContextManager[object]:
    """Within it stores make no spans: for what no call has asked for."""
    return trace.use_span(trace.INVALID_SPAN)


@contextmanager
def object_request(method: str) -> Iterator[Callable[[int], None]]:
    """Around a request of the object store; gives what takes the status of its answer."""
    if not trace.get_current_span().is_recording():
        yield _nothing
        return
    with _tracing.leaf(OBJECT_REQUEST, {HTTP_METHOD: method}) as span:
        yield lambda status: span.say({HTTP_STATUS: status})


def _nothing(_: int) -> None:
    pass
