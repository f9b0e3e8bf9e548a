"""Spans, of declarations in `telemetry_contract.py` alone."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Tracer as SdkTracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from services.runtime.declared import Attributes, Span
from services.runtime.leaf_span import LeafSpan, name_of

SCOPE = "argus"

TRACEPARENT = "traceparent"
"""Header, or field of an event, that names a span as W3C's Trace Context does."""

_NONE: Attributes = MappingProxyType({})
_W3C = TraceContextTextMapPropagator()


def traceparent() -> str | None:
    """The present span, for whoever goes on with its work later; None if nobody will see it."""
    if not trace.get_current_span().get_span_context().trace_flags.sampled:
        return None
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get(TRACEPARENT)


def caller_of(metadata: Mapping[str, str]) -> Context:
    """The context in which the span is present that a call's metadata names, if it names one."""
    return _W3C.extract(metadata)


def link_to(named: str) -> tuple[trace.Link, ...]:
    """A link to the span that a `traceparent` names; none if it names none."""
    context = trace.get_current_span(
        _W3C.extract({TRACEPARENT: named}, Context())
    ).get_span_context()
    return (trace.Link(context),) if context.is_valid else ()


class OpenSpan:
    """A span that has begun.

    Attributes:
        inner: OpenTelemetry's span.
    """

    def __init__(self, declared: Span, inner: trace.Span) -> None:
        self.inner = inner
        self._declared = declared

    def say(self, attributes: Attributes) -> None:
        """Sets attributes.

        Raises:
            UndeclaredTelemetryError: an attribute is not declared.
        """
        self._declared.check(attributes)
        for name, value in attributes.items():
            self.inner.set_attribute(name, value)

    def failed(self, reason: str) -> None:
        """Says that what it stands for has failed."""
        self.inner.set_status(trace.StatusCode.ERROR, reason)

    def end(self) -> None:
        """Ends it."""
        self.inner.end()


class Tracing:
    """Makes spans.

    Args:
        tracers: Where they go; the provider of this process if None.
    """

    def __init__(self, tracers: trace.TracerProvider | None = None) -> None:
        self._tracer: trace.Tracer = trace.get_tracer(SCOPE, tracer_provider=tracers)

    def begin(
        self,
        declared: Span,
        attributes: Attributes = _NONE,
        *,
        parent: Context | None = None,
        links: Sequence[trace.Link] = (),
    ) -> OpenSpan:
        """Begins a span that its caller ends.

        Args:
            declared: Which; `{attribute}` in its name becomes the attribute's value.
            attributes: What is known of it now.
            parent: What it is a part of; the present span if None.
            links: Spans of other traces that have led to it.

        Raises:
            UndeclaredTelemetryError: an attribute is not declared.
        """
        declared.check(attributes)
        return OpenSpan(
            declared,
            self._tracer.start_span(
                name_of(declared, attributes),
                parent,
                declared.kind,
                dict(attributes.items()),
                links=links or None,
            ),
        )

    def leaf(self, declared: Span, attributes: Attributes = _NONE) -> LeafSpan:
        """A part of the present span, which is recorded, without parts of its own.

        Raises:
            UndeclaredTelemetryError: an attribute is not declared.
        """
        declared.check(attributes)
        return LeafSpan(self._sdk(), declared, attributes)

    def _sdk(self) -> SdkTracer:
        """The tracer, once there is one behind it that records."""
        if not isinstance(self._tracer, SdkTracer):
            self._tracer = trace.get_tracer(SCOPE)
        if not isinstance(self._tracer, SdkTracer):
            raise TypeError("spans are recorded by the SDK's tracers only")
        return self._tracer

    @contextmanager
    def span(
        self,
        declared: Span,
        attributes: Attributes = _NONE,
        *,
        parent: Context | None = None,
        links: Sequence[trace.Link] = (),
    ) -> Iterator[OpenSpan]:
        """The same for as long as the context is open, in which it is the present span."""
        begun = self.begin(declared, attributes, parent=parent, links=links)
        with trace.use_span(
            begun.inner, end_on_exit=True, record_exception=False, set_status_on_exception=False
        ):
            try:
                yield begun
            except Exception as error:
                # Not its text, which may have a row's values or a signed URL.
                begun.failed(type(error).__name__)
                raise
