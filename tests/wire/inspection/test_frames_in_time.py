"""Frames of a line: answered in time or dropped, and told so."""

from datetime import UTC, datetime, timedelta

from argus.inspection.v1 import inspection_pb2 as pb
from google.protobuf import duration_pb2, timestamp_pb2
from google.rpc import error_details_pb2

from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting, item
from tests.support.world import World


def frame(
    item_id: str,
    set_id: str,
    image: bytes,
    *,
    budget_s: float,
    taken: datetime | None = None,
) -> pb.InspectImagesRequest:
    made = item(item_id, set_id, image, trigger_id=f"trigger {item_id}")
    made.budget.CopyFrom(duration_pb2.Duration())
    made.budget.FromTimedelta(timedelta(seconds=budget_s))
    if taken is not None:
        stamp = timestamp_pb2.Timestamp()
        stamp.FromDatetime(taken)
        made.capture_time.CopyFrom(stamp)
    return made


def lateness(answer: pb.InspectImagesResponse) -> dict[str, str]:
    """The facts of a frame that was dropped."""
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in answer.error.details)
    assert info.reason == "FRAME_LATE"
    return dict(info.metadata)


async def test_a_trigger_comes_back_with_its_answer(ada: Inspecting) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(3)), target=0.3)
    answers = await ada.inspect_all(
        [
            frame("good", set_id, part(700), budget_s=60),
            frame("broken", set_id, b"no image", budget_s=60),
            frame("no time at all", set_id, part(701), budget_s=0),
            item("two lines", set_id, part(702), trigger_id="1\n2"),
        ]
    )
    good = answers["good"]
    assert (good.trigger_id, good.inspection.trigger_id) == ("trigger good",) * 2
    assert good.elapsed.ToNanoseconds() >= good.inspection.timings.total.ToNanoseconds()
    assert answers["broken"].trigger_id == "trigger broken"
    for senseless in ("no time at all", "two lines"):
        info = error_details_pb2.ErrorInfo()
        assert any(detail.Unpack(info) for detail in answers[senseless].error.details)
        assert info.reason == "INVALID_REQUEST"
    alone = await ada.inspect(set_id, part(700), trigger_id="alone")
    assert alone.trigger_id == "alone"
    past = await ada.call("GetInspection", inspection_id=alone.inspection_id)
    assert not past.inspection.trigger_id


async def test_frames_that_would_be_late_are_dropped_and_told_and_not_remembered(
    ada: Inspecting, world: World
) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(3)), target=0.3)
    now = datetime.now(UTC)
    world.embedder.answers.clear()
    try:
        stream = world.inspection.InspectImages(metadata=ada.token, timeout=60)
        await stream.write(
            frame("old", set_id, part(710), budget_s=1, taken=now - timedelta(seconds=9))
        )
        for number in range(12):
            await stream.write(frame(str(number), set_id, part(711 + number), budget_s=0.5))
        await stream.write(item("patient", set_id, part(730)))
        dropped: dict[str, pb.InspectImagesResponse] = {}
        while len(dropped) < 13:
            answer = await stream.read()
            assert isinstance(answer, pb.InspectImagesResponse)
            dropped[answer.item_id] = answer
    finally:
        world.embedder.answers.set()
    assert dropped.keys() == {"old", *map(str, range(12))}
    old = lateness(dropped["old"])
    assert (old["stage"], old["budget_ms"]) == ("waiting", "1000")
    assert int(old["elapsed_ms"]) >= 9000
    stages = [lateness(dropped[str(number)])["stage"] for number in range(12)]
    # Eight were begun at once; a place that one leaves may come to another in its last moment.
    assert stages.count("under_way") >= 8
    assert all(one.trigger_id == f"trigger {name}" for name, one in dropped.items())
    answer = await stream.read()
    assert isinstance(answer, pb.InspectImagesResponse)
    assert answer.item_id == "patient"
    assert answer.HasField("inspection")
    await stream.done_writing()
    stats = await ada.call("GetStats", reference_set_id=set_id)
    assert stats.inspected == 1
