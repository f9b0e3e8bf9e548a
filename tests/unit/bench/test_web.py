import struct
from uuid import UUID

from argus.search.v1 import search_pb2

from bench.web.dropping import Dropping
from bench.web.first_load import FirstLoad
from bench.web.goals import goals
from bench.web.lighthouse import CATEGORIES, read_report
from bench.web.panning import grpc_web, made_map
from bench.web.recorder import Recording
from bench.web.report import markdown
from bench.web.results import Results
from bench.web.searching import Searches


def test_a_figure_is_reached_up_to_its_goal_and_missed_beyond() -> None:
    reached = Results(
        first_load=FirstLoad(6, 160_000, 140_000, "/assets/index.js"),
        searches=Searches(shown_ms=[100.0] * 20, answer_ms=[50.0] * 20),
        dropping=Dropping(500, Recording([16.7], [200.0]), uploaded_s=6.0, imported_s=4.0),
    )
    missed = Results(
        first_load=FirstLoad(6, 160_001, 140_000, "/assets/index.js"),
        searches=Searches(shown_ms=[10.0] * 18 + [200.0] * 2, answer_ms=[50.0] * 20),
        dropping=Dropping(500, Recording([16.7], [201.0]), uploaded_s=6.0, imported_s=4.0),
    )

    assert [goal.reached for goal in goals(reached)] == [True, True, True, None]
    assert [goal.reached for goal in goals(missed)] == [False, False, False, None]


def test_without_long_tasks_the_longest_is_none() -> None:
    calm = Results(dropping=Dropping(500, Recording([16.7]), uploaded_s=6.0, imported_s=4.0))

    longest, ratio = goals(calm)

    assert (longest.measured, longest.reached) == ("0 ms", True)
    assert (ratio.measured, ratio.detail) == ("1.50", "6.0 ÷ 4.0 s")


def test_a_part_that_could_not_be_measured_counts_as_missed_and_says_why() -> None:
    text = markdown(Results(failed={"map": "no map"}), machine="2 cores", command="make bench")

    assert "| map | not measured | – | **missed** | no map |" in text
    assert "1 of 1 goals missed." in text


def test_lighthouse_report_has_scores_and_what_cost_most() -> None:
    categories = {name: {"score": 1, "auditRefs": []} for name in CATEGORIES}
    categories["performance"] = {
        "score": 0.894,
        "auditRefs": [
            {"id": "speed-index", "weight": 10},
            {"id": "total-blocking-time", "weight": 30},
            {"id": "largest-contentful-paint", "weight": 25},
            {"id": "network-rtt", "weight": 0},
            {"id": "main-thread-tasks", "weight": 5},
        ],
    }
    audits = {
        "speed-index": {"score": 0.9, "displayValue": "1.4\xa0s"},
        "total-blocking-time": {"score": 0.7, "displayValue": "260\xa0ms"},
        "largest-contentful-paint": {"score": 1, "displayValue": "0.5\xa0s"},
        "network-rtt": {"score": 0},
        "main-thread-tasks": {"score": None},
    }

    audit = read_report("/inspect", {"categories": categories, "audits": audits})

    assert audit.scores == {
        "performance": 89,
        "accessibility": 100,
        "best-practices": 100,
        "seo": 100,
    }
    assert audit.lost == ["total-blocking-time 260 ms", "speed-index 1.4 s"]


def test_a_unary_answer_is_framed_as_the_page_reads_it() -> None:
    framed = grpc_web(b"abc")

    assert framed[:8] == b"\x00\x00\x00\x00\x03abc"
    kind, length = struct.unpack(">BI", framed[8:13])
    assert (kind, framed[13:]) == (0x80, b"grpc-status:0\r\n")
    assert length == len(framed[13:])


def test_a_made_map_has_ascending_ids_and_places_within_it() -> None:
    ids = [UUID(int=number) for number in (3, 1, 2)]

    made = made_map(ids)

    assert made.state == search_pb2.GetMapResponse.READY
    assert made.image_ids == b"".join(UUID(int=number).bytes for number in (1, 2, 3))
    assert all(0 <= value <= 1 for value in struct.unpack("<6f", made.points))
