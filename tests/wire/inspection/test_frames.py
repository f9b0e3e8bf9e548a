"""Frames that cannot be inspected: which, why, and what becomes of them."""

import csv

import numpy as np
import pytest
from argus.inspection.v1 import inspection_pb2 as pb

from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting, Ready, same
from tests.support.inspection.surfaces import Picture, decoded, encoded, failing

Reason = pb.FrameProblem

WIDE = (160, 90)


def names(found: pb.InspectResponse) -> list[str]:
    return [pb.FrameProblem.Reason.Name(one.reason) for one in found.frame_problems]


def exposed(image: bytes, factor: float) -> bytes:
    levels: Picture = (decoded(image) * factor).clip(0, 255).astype(np.uint8)
    return encoded(levels)


async def test_each_way_to_fail_has_its_reason_and_equal_requests_equal_answers(
    ready: Ready,
) -> None:
    whole = decoded(part(500))
    frames = failing(whole)
    expected = {
        "black": "BLANK",
        "white": "BLANK",
        "grey": "BLANK",
        "dark and noisy": "TOO_DARK",
        "a third of the light": "TOO_DARK",
        "defocused": "OUT_OF_FOCUS",
    }
    for name, reason in expected.items():
        one, other = [
            await ready.owner.inspect(ready.set_id, encoded(frames[name])) for _ in range(2)
        ]
        assert same(one) == same(other), name
        assert one.verdict == pb.InspectResponse.UNINSPECTABLE, name
        assert names(one)[0] == reason, name
        assert one.off_distribution
        assert one.p_value <= 0.001
        assert one.confidence >= 0.99
        for problem in one.frame_problems:
            assert problem.measured != problem.limit
            assert problem.HasField("typical") == (
                problem.reason not in {Reason.BLANK, Reason.FOREIGN}
            )
    assert (await ready.owner.inspect(ready.set_id, part(501))).frame_problems == []


async def test_other_products_exposures_and_turned_parts(ada: Inspecting) -> None:
    normal = [part(seed, size=WIDE) for seed in range(12)]
    set_id = await ada.ready_set(await ada.uploaded(normal), target=0.1)

    async def why(image: bytes) -> list[str]:
        found = await ada.inspect(set_id, image)
        assert (found.verdict == pb.InspectResponse.UNINSPECTABLE) == bool(found.frame_problems)
        return names(found)

    assert await why(part(600, size=WIDE)) == []
    # This embedder sees nothing but colours, to which a little more light is another one.
    assert set(await why(exposed(part(601, size=WIDE), 1.2))) <= {"FOREIGN"}
    assert (await why(exposed(part(602, size=WIDE), 0.3)))[0] == "TOO_DARK"
    assert (await why(exposed(part(602, size=WIDE), 2.2)))[0] in {"BURNT_OUT", "BLANK"}
    assert await why(encoded(np.rot90(decoded(part(603, size=WIDE))))) == ["OTHER_SHAPE"]
    assert await why(encoded(np.rot90(decoded(part(603, size=WIDE)), 2))) == [], "half a turn"
    assert "TOO_SMALL" in await why(part(604, size=(32, 18)))
    coloured = decoded(part(605, size=WIDE)) * np.array([0.2, 1.4, 0.2])
    assert await why(encoded(coloured.clip(0, 255).astype(np.uint8))) == ["FOREIGN"]


async def test_they_count_as_alarms_and_are_found_again(ada: Inspecting) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(20)), target=0.1)
    dark = await ada.upload(exposed(part(700), 0.2))
    blank = encoded(np.zeros((96, 96, 3), np.uint8))
    found = await ada.inspect(set_id, image_id=dark)
    for _ in range(2):
        await ada.inspect(set_id, blank)
    for seed in range(701, 718):
        await ada.inspect(set_id, part(seed))
    await ada.say("mark_normal", dark)

    stats = await ada.call("GetStats", reference_set_id=set_id)
    assert (stats.inspected, stats.uninspectable) == (20, 3)
    assert stats.anomalous >= stats.uninspectable
    assert [row.uninspectable for row in stats.rows] == [3]
    assert stats.agreement.false_positives == 1, "a person called it normal"
    assert stats.drift[0].warning, "one in ten shows nothing"
    listed = await ada.call(
        "ListInspections", reference_set_id=set_id, verdict=pb.InspectResponse.UNINSPECTABLE
    )
    assert [names(one.inspection)[0] for one in listed.inspections] == [
        "BLANK",
        "BLANK",
        "TOO_DARK",
    ]
    past = await ada.call("GetInspection", inspection_id=found.inspection_id)
    assert past.inspection.frame_problems == found.frame_problems
    request = pb.ExportFeedbackRequest(reference_set_id=set_id, format=pb.ExportFeedbackRequest.CSV)
    call = ada.world.inspection.ExportFeedback(request, metadata=ada.token, timeout=20)
    (row,) = csv.DictReader("".join([body.data.decode() async for body in call]).splitlines())
    assert (row["verdict"], row["defective"]) == ("UNINSPECTABLE", "false")
    assert row["frame_problems"].split() == names(found)


@pytest.mark.parametrize("level", [0, 128, 255])
async def test_words_have_nothing_to_say_of_a_blank_frame(ada: Inspecting, level: int) -> None:
    found = await ada.call(
        "Inspect",
        zero_shot=pb.ZeroShot(object="tile"),
        image=encoded(np.full((64, 64), level, np.uint8)),
    )
    assert found.verdict == pb.InspectResponse.UNINSPECTABLE
    assert names(found) == ["BLANK"]
    assert found.confidence == 1


async def test_a_set_threshold_keeps_what_frames_must_be_like(ada: Inspecting) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(4)))
    made = await ada.call("SetThreshold", reference_set_id=set_id, value=1e9)
    (_, base) = await ada.versions(set_id)
    assert made.frame_checks == base.frame_checks
    assert base.frame_checks.reference_count == 4
    dark = await ada.inspect(set_id, exposed(part(800), 0.1))
    assert dark.verdict == pb.InspectResponse.UNINSPECTABLE, "no score excuses it"
