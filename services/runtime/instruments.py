"""Instruments, of declarations in `telemetry_contract.py` alone.

Measurements of a provider of None go to that of this process, also where it is installed later.
"""

from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import Protocol
from weakref import WeakSet

from opentelemetry import metrics
from opentelemetry.util.types import Attributes as SdkAttributes

from services.runtime.declared import (
    Attributes,
    Instrument,
    Kind,
    UndeclaredTelemetryError,
    Value,
)

SCOPE = "argus"

_NONE: Attributes = MappingProxyType({})

Observed = Iterable[tuple[float, Attributes]]
"""Values and the attributes of each."""


class _Adds(Protocol):
    def add(self, amount: float, attributes: SdkAttributes = None) -> None: ...


class Counter:
    """Adds to what a counter, or an up-down counter, has counted."""

    def __init__(self, declared: Instrument, inner: _Adds) -> None:
        self._declared = declared
        self._inner = inner

    def add(self, amount: float, attributes: Attributes = _NONE) -> None:
        """Adds.

        Raises:
            UndeclaredTelemetryError: an attribute is not declared.
        """
        self._declared.check(attributes)
        self._inner.add(amount, _plain(attributes))


_without_attributes: WeakSet[Counter] = WeakSet()


def count_from_zero() -> None:
    """Has counters without attributes tell 0 before anything happens; of the others nobody knows.

    For counters that were made before this process's provider was installed.
    """
    for made in _without_attributes:
        made.add(0)


class Histogram:
    """Records values."""

    def __init__(self, declared: Instrument, inner: metrics.Histogram) -> None:
        self._declared = declared
        self._inner = inner

    def record(self, value: float, attributes: Attributes = _NONE) -> None:
        """Records a value.

        Raises:
            UndeclaredTelemetryError: an attribute is not declared.
        """
        self._declared.check(attributes)
        self._inner.record(value, _plain(attributes))


class Gauge:
    """Sets a value that holds until the next."""

    # The API's own class has a name with an underscore.
    def __init__(self, declared: Instrument, inner: "metrics._Gauge") -> None:
        self._declared = declared
        self._inner = inner

    def set(self, value: float, attributes: Attributes = _NONE) -> None:
        """Sets the value.

        Raises:
            UndeclaredTelemetryError: an attribute is not declared.
        """
        self._declared.check(attributes)
        self._inner.set(value, _plain(attributes))


def counter(declared: Instrument, meters: metrics.MeterProvider | None = None) -> Counter:
    """A counter, or an up-down counter."""
    meter = _meter(meters)
    inner: _Adds
    if declared.kind is Kind.UP_DOWN_COUNTER:
        inner = meter.create_up_down_counter(declared.name, declared.unit, declared.meaning)
    else:
        _must_be(declared, Kind.COUNTER)
        inner = meter.create_counter(declared.name, declared.unit, declared.meaning)
    made = Counter(declared, inner)
    if not declared.attributes:
        _without_attributes.add(made)
        made.add(0)
    return made


def histogram(declared: Instrument, meters: metrics.MeterProvider | None = None) -> Histogram:
    """A histogram."""
    _must_be(declared, Kind.HISTOGRAM)
    return Histogram(
        declared,
        _meter(meters).create_histogram(
            declared.name,
            declared.unit,
            declared.meaning,
            explicit_bucket_boundaries_advisory=declared.buckets,
        ),
    )


def gauge(declared: Instrument, meters: metrics.MeterProvider | None = None) -> Gauge:
    """A gauge that is set."""
    _must_be(declared, Kind.GAUGE)
    return Gauge(
        declared, _meter(meters).create_gauge(declared.name, declared.unit, declared.meaning)
    )


def observe(
    declared: Instrument,
    ask: Callable[[], Observed],
    meters: metrics.MeterProvider | None = None,
) -> None:
    """A gauge that is asked for at each export, from any thread."""
    _must_be(declared, Kind.GAUGE)

    def answer(_: metrics.CallbackOptions) -> Iterable[metrics.Observation]:
        for value, attributes in ask():
            declared.check(attributes)
            yield metrics.Observation(value, _plain(attributes))

    _meter(meters).create_observable_gauge(declared.name, [answer], declared.unit, declared.meaning)


def _meter(meters: metrics.MeterProvider | None) -> metrics.Meter:
    return metrics.get_meter(SCOPE, meter_provider=meters)


def _must_be(declared: Instrument, kind: Kind) -> None:
    if declared.kind is not kind:
        raise UndeclaredTelemetryError(
            f"{declared.name} is declared as a {declared.kind.value}, not as a {kind.value}"
        )


def _plain(attributes: Attributes) -> dict[str, Value]:
    return dict(attributes.items())
