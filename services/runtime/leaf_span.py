"""Spans of which most are made: parts of a call that have no parts of their own."""

import time
from types import TracebackType
from typing import Self

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, Tracer
from opentelemetry.trace import SpanContext, Status, StatusCode

from services.runtime.declared import Attribute, Attributes, Span, Value

_UNSET = Status()


def name_of(declared: Span, attributes: Attributes) -> str:
    """The name, in which `{attribute}` has become the attribute's value."""
    name = declared.name
    if "{" in name:
        for attribute, value in attributes.items():
            name = name.replace(f"{{{attribute}}}", str(value))
    return name


class LeafSpan:
    """A part of the span that is present where it is made, as a context.

    It is put together when it ends and handed to the tracer's processor at once, in a third of the
    time of a span that can be written to, be the present one and have events. It is recorded as its
    parent is.

    Args:
        tracer: Whose processor, resource and scope it has.
        declared: Which; the caller has checked the attributes.
        attributes: What is known of it now.
    """

    __slots__ = (
        "_attributes",
        "_declared",
        "_name",
        "_parent",
        "_started_ns",
        "_status",
        "_tracer",
    )

    def __init__(self, tracer: Tracer, declared: Span, attributes: Attributes) -> None:
        self._tracer = tracer
        self._declared = declared
        self._name = name_of(declared, attributes)
        self._attributes: dict[Attribute, Value] = dict(attributes)
        self._parent = trace.get_current_span().get_span_context()
        self._status = _UNSET
        self._started_ns = time.time_ns()

    def say(self, attributes: Attributes) -> None:
        """Sets attributes.

        Raises:
            UndeclaredTelemetryError: an attribute is not declared.
        """
        self._declared.check(attributes)
        self._attributes.update(attributes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace_back: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception):
            # Not its text, which may have a row's values or a signed URL.
            self._status = Status(StatusCode.ERROR, type(error).__name__)
        self._tracer.span_processor.on_end(
            ReadableSpan(
                self._name,
                SpanContext(
                    self._parent.trace_id,
                    self._tracer.id_generator.generate_span_id(),
                    is_remote=False,
                    trace_flags=self._parent.trace_flags,
                    trace_state=self._parent.trace_state,
                ),
                self._parent,
                self._tracer.resource,
                dict(self._attributes.items()),
                kind=self._declared.kind,
                status=self._status,
                start_time=self._started_ns,
                end_time=time.time_ns(),
                instrumentation_scope=self._tracer._instrumentation_scope,  # noqa: SLF001 - no other way
            )
        )
