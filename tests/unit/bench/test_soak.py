"""What a soak calls flat, and how it shows it."""

from collections import Counter
from itertools import islice
from pathlib import Path
from xml.dom import minidom

import numpy as np
import pytest

from bench.soak.pacing import deck
from bench.soak.plot import plot
from bench.soak.report import judged, latencies, markdown, plots
from bench.soak.results import Results
from bench.soak.sampling import (
    CONNECTIONS,
    ENVOY_ALLOCATED,
    HANDLES,
    OWN,
    POSTGRES_CONNECTIONS,
    POSTGRES_SIZE,
    PROCESSOR,
    REDIS_CLIENTS,
    REDIS_KEYS,
    REDIS_MEMORY,
    RESIDENT,
    STORES,
    THREADS,
)
from bench.soak.trend import Tolerance, slope, trend
from bench.soak.work import INSPECT

LOOSE = Tolerance(share=0.05, amount=3.0)


def _line(per_second: float, start: float = 100.0) -> list[tuple[float, float]]:
    return [(float(at), start + per_second * at) for at in range(0, 1200, 5)]


def test_a_straight_line_has_its_slope() -> None:
    assert slope(_line(0.25)) == pytest.approx(0.25)


def test_a_peak_moves_no_slope() -> None:
    points = _line(0.0)
    points[100] = (points[100][0], 9000.0)
    assert slope(points) == pytest.approx(0.0)


def test_points_of_one_time_have_no_slope() -> None:
    with pytest.raises(ValueError, match="two times"):
        slope([(1.0, 2.0), (1.0, 3.0)])


def test_what_grows_within_the_tolerance_is_flat_and_beyond_it_is_not() -> None:
    within = trend(_line(0.004), 300, LOOSE)
    beyond = trend(_line(0.01), 300, LOOSE)
    assert within.flat
    assert not beyond.flat
    assert beyond.growth == pytest.approx(0.01 * (1195 - 300))


def test_what_grows_only_while_it_warms_up_is_flat() -> None:
    points = [(float(at), min(float(at), 300.0)) for at in range(0, 1200, 5)]
    assert trend(points, 300, LOOSE).growth == pytest.approx(0.0)
    assert not trend(points, 0, LOOSE).flat


def test_a_late_step_is_not_flat() -> None:
    points = [(float(at), 100.0 if at < 900 else 120.0) for at in range(0, 1200, 5)]
    assert not trend(points, 300, LOOSE).flat


def test_what_shrinks_is_flat() -> None:
    assert trend(_line(-0.05), 300, LOOSE).flat


def test_one_point_is_no_trend() -> None:
    with pytest.raises(ValueError, match="two points"):
        trend([(1.0, 1.0)], 0, LOOSE)


def test_each_round_of_the_deck_has_the_same_mix() -> None:
    shares = {"list": 3, "upload": 1}
    drawn = list(islice(deck(shares), 40))
    for start in range(0, 40, 4):
        assert Counter(drawn[start : start + 4]) == shares


def test_a_plot_is_xml_with_a_line_for_each_series() -> None:
    drawn = plot("Memory & more", "MB", {"a<b": _line(0.1), "c": _line(0.0)}, warm_up_s=300)
    document = minidom.parseString(drawn)  # noqa: S318 - our own
    assert len(document.getElementsByTagName("polyline")) == 2
    named = [one.firstChild for one in document.getElementsByTagName("text")]
    assert "a<b" in [one.nodeValue for one in named if one]


def _results(growing: str = "") -> Results:
    """20 minutes in which nothing grows but, if asked, the memory of one part."""
    found = Results(20, 0.25, 6, 300, 2)
    random = np.random.default_rng(0)
    for at in range(0, 1200, 5):
        for part in ("edge", "postgres", "storage"):
            leaked = at * 0.1 if part == growing else 0.0
            for what, value in (
                (OWN, 80 + leaked),
                (RESIDENT, 90 + leaked),
                (HANDLES, 40),
                (THREADS, 8),
                (CONNECTIONS, 12),
                (PROCESSOR, at * 0.01),
            ):
                found.samples.append((float(at), part, what, value + float(random.random())))
        for what in (
            REDIS_MEMORY, REDIS_KEYS, REDIS_CLIENTS, POSTGRES_CONNECTIONS, POSTGRES_SIZE,
        ):  # fmt: skip
            found.samples.append((float(at), STORES, what, 10.0))
        found.samples.append((float(at), "edge", ENVOY_ALLOCATED, 9.0))
        found.calls += [("list", at + 0.1 * number, 0.01) for number in range(20)]
    found.calls += [(INSPECT, float(at), 60.0) for at in range(0, 1200, 10)]
    found.failures.append(("list", 1.0, "UNAVAILABLE"))
    return found


def test_a_part_whose_memory_grows_is_named() -> None:
    missed = [one for one in judged(_results("storage")) if not one.found.flat]
    assert {(one.part, one.what) for one in missed} == {
        ("storage", OWN),
    }
    assert "Not flat: storage" in markdown(_results("storage"), command="c", meaning="")


def test_a_mesh_that_stays_as_it_is_is_flat() -> None:
    text = markdown(_results(), command="c", meaning="what it means")
    assert "Everything that is judged is flat" in text
    assert "1 failed" in text
    assert all(f"]({name})" in text for name in plots(_results()))


def test_latencies_are_of_whole_windows_and_not_of_inspections() -> None:
    found = latencies(_results())
    assert len(found["p50"]) == 20
    assert list(found["p50"][0]) == [30.0, 10.0]


def test_results_are_kept_and_read_again(tmp_path: Path) -> None:
    results = _results()
    results.keep(tmp_path / "soak.json")
    again = Results.kept(tmp_path / "soak.json")
    assert markdown(again, command="c", meaning="") == markdown(results, command="c", meaning="")
