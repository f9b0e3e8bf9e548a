"""What taking images in was to reach, and where the time of an image goes."""

from pathlib import Path

import pytest

from bench.ingest.goals import goals
from bench.ingest.report import report
from bench.ingest.results import EMBEDDED, LINKED, PUT, STORED, STREAMED, Results, Way
from bench.ingest.stages import stages_s
from bench.photos import photographs


def measured(**fields: object) -> Results:
    rates = {EMBEDDED: 100.0, LINKED: 45.0, STREAMED: 60.0, PUT: 50.0, STORED: 55.0}
    ways = {name: Way([rate], [{"embedder": 0.01}]) for name, rate in rates.items()}
    results = Results(cores=2, stages_s={"decoding": 0.01, "pHash": 0.005}, ways=ways)
    for name, value in fields.items():
        setattr(results, name, value)
    return results


def test_the_limit_is_all_cores_at_nothing_but_stages_and_embedding() -> None:
    assert measured().limit_per_s == pytest.approx(80)


def test_a_figure_is_reached_from_its_goal_on_and_missed_below() -> None:
    found = list(goals(measured(peer_per_s=[20.0], large_mb=400.0, resident_mb=(100.0, 165.0))))

    assert [goal.measured for goal in found] == ["0.60", "0.75", "0.91", "3.00", "+65 MB"]
    assert [goal.reached for goal in found] == [True, False, True, True, False]


def test_what_was_left_out_has_no_goal_and_what_failed_says_why() -> None:
    assert len(list(goals(measured()))) == 3
    *_, peer = goals(measured(peer_per_s="no network"))
    assert (peer.reached, peer.detail) == (None, "no network")


def test_the_page_shows_every_stage() -> None:
    page = report(measured(), "make bench", "compact")
    assert "| decoding | 10.00 |" in page
    assert "| all | 25.00 |" in page


def test_stages_are_measured_over_photographs(tmp_path: Path) -> None:
    found = stages_s(photographs(tmp_path, 2, None))
    assert len(found) == 8
    assert all(seconds >= 0 for seconds in found.values())
    assert found["decoding"] > 0
