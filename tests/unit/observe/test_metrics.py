import json

import pytest

from mesh.observe.database import reading
from mesh.observe.metrics import BIN_S, BINS, Chart, chart, charts, names
from mesh.observe.model import PointRow
from mesh.observe.quantiles import quantile
from services.runtime.telemetry_contract import (
    COMPLETIONS,
    INSTRUMENTS,
    RPC_DURATION,
    STORAGE_DEPTH,
)
from tests.unit.observe.conftest import Keep

NOW_NS = 1_800_000_000 * 10**9


def a_point(name: str, minute: float, value: float, **more: object) -> PointRow:
    """A point so many minutes after the hour began."""
    given = {
        "service": "argus-storage", "instance": "one", "name": name, "attributes": "{}",
        "kind": "sum", "monotonic": True, "unit": "", "bounds": "[]",
        "time_ns": NOW_NS - int((BINS - minute) * BIN_S * 10**9), "value": value, "buckets": "",
    }  # fmt: skip
    return PointRow(**given | more)  # type: ignore[arg-type] # each as it is declared


def drawn(keep: Keep, name: str, *points: PointRow) -> Chart:
    with reading(keep(points), within_s=5) as connection:
        return chart(connection, name, NOW_NS)


def test_a_counter_is_a_rate_also_when_its_process_began_anew(keep: Keep) -> None:
    name = COMPLETIONS.name
    found = drawn(
        keep, name, a_point(name, 1.5, 60), a_point(name, 2.5, 180), a_point(name, 4.5, 30)
    )
    [line] = found.lines
    assert line.label == "storage"
    assert line.values[:6] == [None, 1.0, 2.0, 0.0, 0.5, None]
    assert (found.unit, found.declared, found.meaning) == ("{upload}/s", True, COMPLETIONS.meaning)


def test_what_was_counted_before_the_hour_is_not_of_it(keep: Keep) -> None:
    name = COMPLETIONS.name
    [line] = drawn(keep, name, a_point(name, -5, 600), a_point(name, 1.5, 660)).lines
    assert line.values[:3] == [0.0, 1.0, None]


def test_replicas_are_added(keep: Keep) -> None:
    name = COMPLETIONS.name
    points = [
        a_point(name, minute, value, instance=instance)
        for instance in ("one", "two")
        for minute, value in ((0.5, 0), (1.5, 60))
    ]
    [line] = drawn(keep, name, *points).lines
    assert line.values[1] == 2.0


def test_a_gauge_stays_as_long_as_it_is_told(keep: Keep) -> None:
    name = STORAGE_DEPTH.name
    gauge = {"kind": "gauge", "monotonic": False}
    queues = [json.dumps({"argus.queue": queue}) for queue in ("outbox", "trash")]
    found = drawn(
        keep,
        name,
        a_point(name, 1.5, 7, attributes=queues[0], **gauge),
        # The same value is no new point, and still it is told.
        a_point(name, 3.5, 7, attributes=queues[0], **gauge),
        a_point(name, 2.5, 1, attributes=queues[1], **gauge),
    )
    lines = {line.label: line.values[:6] for line in found.lines}
    assert lines == {
        "storage outbox": [None, 7, 7, 7, None, None],
        "storage trash": [None, None, 1, None, None, None],
    }


def test_a_histogram_is_three_quantiles_over_all_series(keep: Keep) -> None:
    name = RPC_DURATION.name
    histogram = {"kind": "histogram", "monotonic": False, "bounds": "[1.0, 2.0, 4.0]"}
    found = drawn(
        keep,
        name,
        a_point(name, 1.5, 0, buckets="[50, 0, 0, 0]", attributes='{"a": 1}', **histogram),
        a_point(name, 1.5, 0, buckets="[0, 0, 50, 0]", attributes='{"a": 2}', **histogram),
        a_point(name, 2.5, 0, buckets="[50, 10, 0, 0]", attributes='{"a": 1}', **histogram),
    )
    lines = {line.label: line.values[1:4] for line in found.lines}
    assert lines["p50"] == [1.0, 1.5, None]
    assert lines["p95"] == pytest.approx([3.8, 1.95, None])
    assert list(lines) == ["p50", "p95", "p99"]


def test_every_declared_metric_is_named_and_others_after_them(keep: Keep) -> None:
    with reading(keep([a_point("something.else", 1, 1)]), within_s=5) as connection:
        assert names(connection) == [*(one.name for one in INSTRUMENTS), "something.else"]
        found = charts(connection, NOW_NS)
        assert [one.name for one in found if one.lines] == ["something.else"]
        assert charts(connection, NOW_NS, "argus-auth")[-1].lines == []
    assert not found[-1].declared


@pytest.mark.parametrize(
    ("share", "counts", "found"),
    [
        (0.5, [0, 0, 0], None),
        (0.5, [10, 0, 0], 0.5),
        (0.5, [0, 10, 0], 1.5),
        (0.99, [0, 0, 10], 2.0),
        (1.0, [5, 5, 0], 2.0),
    ],
)
def test_quantiles(share: float, counts: list[float], found: float | None) -> None:
    assert quantile(share, [1.0, 2.0], counts) == found
