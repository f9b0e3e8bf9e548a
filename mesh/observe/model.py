"""What is kept: spans, points of metrics, lines of logs. Times are nanoseconds since 1970."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SpanRow:
    """A span that has ended."""

    trace_id: str
    """32 hexadecimal digits."""

    span_id: str
    """16 hexadecimal digits."""

    parent_id: str
    """The same; empty: it begins its trace."""

    service: str
    """`service.name`."""

    instance: str
    """`service.instance.id`."""

    name: str

    kind: str
    """`server`, `client`, `internal`, `consumer`, `producer`, or empty."""

    start_ns: int
    end_ns: int

    failed: bool

    message: str
    """Why it failed, if it says so."""

    attributes: str
    """A JSON object."""

    events: str
    """A JSON list of objects with `time_ns`, `name`, `attributes`."""

    request_id: str
    """`x-request-id` of what it answers, where it tells."""

    links: tuple[tuple[str, str], ...] = ()
    """Trace and span ids of spans elsewhere that have led to it."""


@dataclass(frozen=True)
class LogRow:
    """A line of a log."""

    time_ns: int
    level: str
    """`DEBUG`, `INFO`, `WARNING`, `ERROR`, `CRITICAL`."""

    service: str
    message: str
    trace_id: str = ""
    span_id: str = ""
    request_id: str = ""
    rest: str = "{}"
    """What else the line told, a JSON object."""


@dataclass(frozen=True)
class PointRow:
    """What one series of a metric was at a time; sums and histograms since a process's start."""

    service: str
    instance: str
    name: str
    attributes: str
    """A JSON object, keys sorted."""

    kind: str
    """`sum`, `gauge` or `histogram`."""

    monotonic: bool
    """Whether it only grows."""

    unit: str
    bounds: str
    """Upper bounds of a histogram's buckets, a JSON list; the last bucket has none."""

    time_ns: int
    value: float
    """Value; of a histogram the sum of what was recorded."""

    buckets: str = ""
    """Counts of a histogram's buckets, a JSON list; empty for others."""


@dataclass(frozen=True)
class Position:
    """How far a log file is read."""

    file: str
    inode: int
    offset: int


Row = SpanRow | LogRow | PointRow | Position
