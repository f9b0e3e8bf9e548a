import json
from dataclasses import replace

from services.inspection.line.result_event import inspection_event, trial_event
from services.inspection.model import Box, Findings, Region
from tests.support.inspection.findings import record


def test_an_event_says_what_was_found_without_pictures() -> None:
    corner = Region(Box(0.1, 0.2, 1 / 3, 0.4), [(0, 0), (1, 0), (1, 1)], 7.5, 0.01, (0, 0))
    found = replace(
        record(1),
        anomalous=True,
        trigger_id="encoder 17 ü",
        part_inspection_id="a part",
        findings=Findings([corner] * 40, [], None),
    )
    event = json.loads(inspection_event(found))
    assert event["type"] == "argus.inspection"
    assert event["timestamp"].endswith("Z")
    data = event["data"]
    assert data["inspectionId"] == found.inspection_id
    assert (data["verdict"], data["triggerId"]) == ("ANOMALOUS", "encoder 17 ü")
    assert data["partInspectionId"] == "a part"
    assert len(data["regions"]) == 32
    box = {"left": 0.1, "top": 0.2, "right": 0.33333, "bottom": 0.4}
    assert data["regions"][0] == {"box": box, "score": 7.5, "area": 0.01}
    assert len(inspection_event(found).encode()) < 8192


def test_a_trial_tells_nothing_of_any_image() -> None:
    event = json.loads(trial_event("a set", record(1).created_at))
    assert (event["type"], event["data"]) == ("argus.test", {"referenceSetId": "a set"})
