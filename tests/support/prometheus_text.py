"""What a Prometheus server reads from a page of metrics, names as they are written."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_LINE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_TYPE = re.compile(r"^# TYPE (\S+) (\S+)")


@dataclass(frozen=True)
class Sample:
    """One line."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples(text: str) -> Iterator[Sample]:
    """Each series with its value."""
    for line in text.splitlines():
        if found := _LINE.match(line):
            name, labels, value = found.groups()
            yield Sample(name, dict(_LABEL.findall(labels or "")), float(value))


def types(text: str) -> dict[str, str]:
    """Metrics by name and type; a histogram's without `_bucket` and so on."""
    return {found[1]: found[2] for line in text.splitlines() if (found := _TYPE.match(line))}
