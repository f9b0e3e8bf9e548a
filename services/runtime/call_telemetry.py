"""What a server tells of the calls that it answers: a span and a duration of each."""

import time
from collections.abc import Mapping

import grpc
from opentelemetry import trace
from opentelemetry.context import attach

from services.runtime import telemetry_contract as contract
from services.runtime.declared import Attribute, Attributes, Value
from services.runtime.instruments import Histogram, histogram
from services.runtime.telemetry import Providers
from services.runtime.tracing import Tracing, caller_of


class ToldCall:
    """A call under way. Its span is the present one of the task in which it began.

    Args:
        tracing: Makes the span.
        duration: Where its duration goes.
        method: With its service, as in `RPC_METHOD`.
        metadata: That of the call, which may name the caller's span.
    """

    def __init__(
        self, tracing: Tracing, duration: Histogram, method: str, metadata: Mapping[str, str]
    ) -> None:
        self._duration = duration
        self._about: Attributes = {contract.RPC_SYSTEM: "grpc", contract.RPC_METHOD: method}
        self._started = time.monotonic()
        self._span = tracing.begin(contract.SERVER_CALL, self._about, parent=caller_of(metadata))
        # Never detached: the context ends with the call's task, and a stream that is cancelled
        # is closed from another one.
        attach(trace.set_span_in_context(self._span.inner))

    def failed(self, reason: str) -> None:
        """It is answered with a reason."""
        self._span.say({contract.REASON: reason})
        self._span.failed(reason)

    def broke(self, error: Exception) -> None:
        """It failed as nothing should."""
        self._span.inner.record_exception(error)

    def ended(self, code: grpc.StatusCode) -> float:
        """It is over; how many seconds it took."""
        elapsed_s = time.monotonic() - self._started
        ending: dict[Attribute, Value] = {contract.RPC_STATUS: code.name}
        if code is not grpc.StatusCode.OK:
            ending[contract.ERROR_TYPE] = code.name
        self._span.say(ending)
        # While the span is the present one: the measurement is an example of it.
        self._duration.record(elapsed_s, {**self._about, **ending})
        self._span.end()
        return elapsed_s


class CallTelemetry:
    """Tells of calls.

    Args:
        providers: Where spans and measurements go.
    """

    def __init__(self, providers: Providers) -> None:
        self._tracing = Tracing(providers.tracers)
        self._duration = histogram(contract.RPC_DURATION, providers.meters)

    def begin(self, method: str, metadata: Mapping[str, str]) -> ToldCall:
        """Begins to tell of a call of the full method `/package.Service/Method`."""
        return ToldCall(self._tracing, self._duration, method.removeprefix("/"), metadata)
