"""What a declaration of telemetry says: attributes, instruments, spans."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Self

from opentelemetry.trace import SpanKind

Value = str | int | float | bool
Attributes = Mapping["Attribute", Value]


class UndeclaredTelemetryError(Exception):
    """An attribute that the declaration of an instrument or span does not have."""


class Attribute(str):
    """The name of an attribute, with what its values mean; where a string is needed, its name."""

    __slots__ = ("meaning",)

    meaning: str

    def __new__(cls, name: str, meaning: str) -> Self:
        """An attribute called `name`."""
        made = super().__new__(cls, name)
        made.meaning = meaning
        return made


class Kind(Enum):
    """Kinds of instruments, by what may happen to the value."""

    COUNTER = "counter"
    """Grows."""

    UP_DOWN_COUNTER = "up-down counter"
    """Grows and shrinks by known steps; values of replicas may be added."""

    GAUGE = "gauge"
    """Is set, or asked for at each export."""

    HISTOGRAM = "histogram"
    """Each value is recorded."""


@dataclass(frozen=True)
class Instrument:
    """One metric."""

    name: str
    """OpenTelemetry's name, without the unit."""

    kind: Kind

    unit: str
    """In UCUM: `s`, `By`, `1` for a share, or in braces what is counted."""

    meaning: str

    attributes: tuple[Attribute, ...] = ()
    """The only ones that values may have."""

    buckets: tuple[float, ...] = ()
    """Upper bounds of a histogram's buckets, in `unit`."""

    def check(self, attributes: Attributes) -> None:
        """Raises UndeclaredTelemetryError if there is another attribute than declared."""
        _check(self.name, self.attributes, attributes)

    @property
    def prometheus_name(self) -> str:
        """The name that a Prometheus server sees; a histogram's has `_bucket` and so on after it.

        As the exporter makes it: seconds and bytes are named, what is counted is not.
        """
        name = self.name.replace(".", "_")
        unit = {"s": "_seconds", "By": "_bytes"}.get(self.unit, "")
        return f"{name}{unit}{'_total' if self.kind is Kind.COUNTER else ''}"


@dataclass(frozen=True)
class Span:
    """One kind of span."""

    name: str
    """Its name; with `{}` one that stands for what comes there."""

    kind: SpanKind

    meaning: str

    attributes: tuple[Attribute, ...] = ()
    """The only ones that it may have."""

    def check(self, attributes: Attributes) -> None:
        """Raises UndeclaredTelemetryError if there is another attribute than declared."""
        _check(self.name, self.attributes, attributes)


def _check(name: str, declared: tuple[Attribute, ...], given: Attributes) -> None:
    for attribute in given:
        if attribute not in declared:
            raise UndeclaredTelemetryError(f"{name} is declared without {attribute}")
