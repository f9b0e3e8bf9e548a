"""Pieces of PromQL, of declared metrics alone."""

from services.runtime.declared import Attribute, Instrument, Kind

TARGET_LABELS = frozenset({"job", "instance", "namespace", "pod", "container"})
"""Labels that whoever collects adds; there are others, which nothing here relies on."""

JOBS = 'job=~"argus/argus-.+"'
"""Of all parts: `service.namespace/service.name`, as OpenTelemetry has it."""


def label(attribute: Attribute) -> str:
    """An attribute's name as a label."""
    return attribute.replace(".", "_")


def selector(name: str, *matchers: str) -> str:
    """A selector of series."""
    return f"{name}{{{','.join(matchers)}}}" if matchers else name


def metric(declared: Instrument, *matchers: str) -> str:
    """A selector of a counter's or a gauge's series."""
    _must_be(declared, histogram=False)
    return selector(declared.prometheus_name, *matchers)


def count(declared: Instrument, *matchers: str) -> str:
    """A selector of how many values a histogram has."""
    _must_be(declared, histogram=True)
    return selector(f"{declared.prometheus_name}_count", *matchers)


def total(declared: Instrument, *matchers: str) -> str:
    """A selector of the sum of a histogram's values."""
    _must_be(declared, histogram=True)
    return selector(f"{declared.prometheus_name}_sum", *matchers)


def buckets(declared: Instrument, *matchers: str) -> str:
    """A selector of a histogram's buckets."""
    _must_be(declared, histogram=True)
    return selector(f"{declared.prometheus_name}_bucket", *matchers)


def equal(name: str, value: str) -> str:
    """A matcher of one value of a label or attribute."""
    return f'{name.replace(".", "_")}="{value}"'


def like(name: str, pattern: str) -> str:
    """A matcher of values of a label or attribute by a regular expression."""
    return f'{name.replace(".", "_")}=~"{pattern}"'


def at_most(bound: float) -> str:
    """A matcher of the bucket up to a bound; Prometheus 3 writes whole numbers as `500.0`."""
    text = f"{bound:g}"
    return f'le=~"{text}|{text}.0"'


def _must_be(declared: Instrument, *, histogram: bool) -> None:
    if (declared.kind is Kind.HISTOGRAM) != histogram:
        raise ValueError(f"{declared.name} is a {declared.kind.value}")
