"""What metrics were in the last hour: each that is declared, as lines over time."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from mesh.observe.quantiles import QUANTILES, quantile
from services.runtime.declared import Instrument
from services.runtime.telemetry_contract import INSTRUMENTS

BINS = 60
BIN_S = 60
MOST_LINES = 12
"""Lines of one chart; the largest are shown."""

_DECLARED: dict[str, Instrument] = {one.name: one for one in INSTRUMENTS}


@dataclass(frozen=True)
class Line:
    """A line of a chart."""

    label: str
    values: list[float | None]
    """One of each bin; None: nothing was measured."""


@dataclass(frozen=True)
class Chart:
    """A metric over an hour."""

    name: str
    kind: str
    """As declared, or as it came: `counter`, `histogram` and so on."""

    unit: str
    """Of the lines."""

    meaning: str
    """Empty if nobody declared it."""

    declared: bool
    bin_s: int = BIN_S
    end_ns: int = 0
    lines: list[Line] = field(default_factory=list)
    left_out: int = 0
    """Further lines that are not shown."""

    def as_json(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return asdict(self)


def names(connection: sqlite3.Connection) -> list[str]:
    """Every metric: those declared, and then those that came without."""
    told = {row[0] for row in connection.execute("SELECT DISTINCT name FROM series")}
    return [*_DECLARED, *sorted(told - set(_DECLARED))]


def charts(connection: sqlite3.Connection, now_ns: int, service: str = "") -> list[Chart]:
    """All metrics.

    Args:
        connection: To the file.
        now_ns: Where the hour ends.
        service: Whose alone; empty: of all.
    """
    return [chart(connection, name, now_ns, service) for name in names(connection)]


def chart(connection: sqlite3.Connection, name: str, now_ns: int, service: str = "") -> Chart:
    """One metric; without lines if nothing was told of it.

    A counter is a rate each second, a histogram three quantiles of what was recorded in each
    minute, all others a value; of replicas the sum, of gauges the largest.
    """
    start = now_ns - BINS * BIN_S * 10**9
    found = connection.execute(
        "SELECT * FROM series WHERE name = ? AND last_ns >= ? AND (? = '' OR service = ?)",
        (name, start, service, service),
    ).fetchall()
    kind = _kind(name, found)
    if kind == "histogram":
        lines = _quantile_lines(connection, found, start)
    else:
        lines = _value_lines(connection, found, start, kind)
        lines.sort(key=lambda line: -max(value or 0.0 for value in line.values))
    declared = _DECLARED.get(name)
    unit = declared.unit if declared else next((row["unit"] for row in found), "")
    return Chart(
        name,
        kind,
        f"{unit}/s" if kind == "counter" else unit,
        declared.meaning if declared else "",
        declared is not None,
        end_ns=now_ns,
        lines=lines[:MOST_LINES],
        left_out=max(0, len(lines) - MOST_LINES),
    )


def _kind(name: str, series: Sequence[sqlite3.Row]) -> str:
    if name in _DECLARED:
        return _DECLARED[name].kind.value
    if not series:
        return "gauge"
    first = series[0]
    if first["kind"] == "sum":
        return "counter" if first["monotonic"] else "up-down counter"
    return str(first["kind"])


def _points(
    connection: sqlite3.Connection, series: sqlite3.Row, start_ns: int
) -> list[tuple[int, float, list[int]]]:
    """A series' points from a time on, and the last one before."""
    rows = connection.execute(
        "SELECT time_ns, value, buckets FROM points WHERE series = ?1 AND time_ns >="
        " coalesce((SELECT max(time_ns) FROM points WHERE series = ?1 AND time_ns < ?2), ?2)"
        " ORDER BY time_ns",
        (series["number"], start_ns),
    )
    return [
        (time_ns, value, json.loads(buckets) if buckets else []) for time_ns, value, buckets in rows
    ]


def _increments(
    series: sqlite3.Row, points: Sequence[tuple[int, float, list[int]]], start_ns: int
) -> Iterable[tuple[int, float, list[int]]]:
    """What was added at each point since the one before.

    A process that starts again counts from 0; so does a series that is new. Of one whose earlier
    points are gone nobody knows.
    """
    before: tuple[float, list[int]] | None = None if series["first_ns"] < start_ns else (0.0, [])
    for time_ns, value, buckets in points:
        if before is not None and time_ns >= start_ns:
            known = before[1] or [0] * len(buckets)
            anew = sum(buckets) < sum(known) if buckets else value < before[0]
            if anew:
                yield time_ns, value, buckets
            else:
                yield (
                    time_ns,
                    value - before[0],
                    [now - then for now, then in zip(buckets, known, strict=False)],
                )
        before = (value, buckets)


def _value_lines(
    connection: sqlite3.Connection, found: Sequence[sqlite3.Row], start_ns: int, kind: str
) -> list[Line]:
    lines: dict[str, list[float | None]] = {}
    for series in found:
        values = lines.setdefault(_label(series), [None] * BINS)
        points = _points(connection, series, start_ns)
        if kind == "counter":
            own = _rates(series, points, start_ns)
        else:
            own = _levels(series, points, start_ns)
        combine = max if kind == "gauge" else float.__add__
        for place, value in enumerate(own):
            if value is not None:
                known = values[place]
                values[place] = value if known is None else combine(known, value)
    return [Line(label, values) for label, values in lines.items()]


def _rates(
    series: sqlite3.Row, points: Sequence[tuple[int, float, list[int]]], start_ns: int
) -> list[float | None]:
    """Of each bin what was added a second; 0 where nothing was, as long as it was told."""
    first = max(0, _bin(series["first_ns"], start_ns))
    last = min(BINS - 1, _bin(series["last_ns"], start_ns))
    values: list[float | None] = [0.0 if first <= place <= last else None for place in range(BINS)]
    for time_ns, added, _ in _increments(series, points, start_ns):
        place = min(BINS - 1, _bin(time_ns, start_ns))
        values[place] = (values[place] or 0.0) + added / BIN_S
    return values


def _levels(
    series: sqlite3.Row, points: Sequence[tuple[int, float, list[int]]], start_ns: int
) -> list[float | None]:
    """Of each bin the last value, which stays as long as the series is told."""
    values: list[float | None] = [None] * BINS
    last = min(BINS - 1, _bin(series["last_ns"], start_ns))
    for (time_ns, value, _), following in zip(points, [*points[1:], None], strict=True):
        end = _bin(following[0], start_ns) if following else last
        for place in range(max(0, _bin(time_ns, start_ns)), min(end, BINS - 1) + 1):
            values[place] = value
    return values


def _quantile_lines(
    connection: sqlite3.Connection, found: Sequence[sqlite3.Row], start_ns: int
) -> list[Line]:
    bounds: list[float] = []
    counts: list[list[float]] = []
    for series in found:
        own = json.loads(series["bounds"])
        if not own or (bounds and own != bounds):
            continue
        if not bounds:
            bounds = own
            counts = [[0.0] * (len(bounds) + 1) for _ in range(BINS)]
        points = _points(connection, series, start_ns)
        for time_ns, _, buckets in _increments(series, points, start_ns):
            counted = counts[min(BINS - 1, _bin(time_ns, start_ns))]
            for place, count in enumerate(buckets[: len(counted)]):
                counted[place] += count
    if not bounds:
        return []
    return [
        Line(f"p{share * 100:.0f}", [quantile(share, bounds, counted) for counted in counts])
        for share in QUANTILES
    ]


def _bin(time_ns: int, start_ns: int) -> int:
    return (time_ns - start_ns) // (BIN_S * 10**9)


def _label(series: sqlite3.Row) -> str:
    """Attributes' values, and whose they are."""
    attributes = json.loads(series["attributes"])
    service = str(series["service"]).removeprefix("argus-")
    said = " ".join(str(value) for _, value in sorted(attributes.items()))
    return f"{service} {said}".strip()
