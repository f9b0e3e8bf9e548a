"""Images that come one after the other, as from a camera over a line."""

from argus.inspection.v1 import inspection_pb2 as pb
from google.rpc import error_details_pb2, status_pb2

from tests.support.eventually import eventually
from tests.support.inspection.metal import part
from tests.support.inspection.people import Grown, Inspecting, Ready, item, same
from tests.support.world import World

NOWHERE = "00000000-0000-4000-8000-000000000000"


def reason(status: status_pb2.Status) -> str:
    """The reason that an item's error carries."""
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    return str(info.reason)


async def test_every_item_has_its_own_outcome(ready: Ready, ben: Inspecting) -> None:
    set_id = ready.set_id
    his = await ben.upload(part(1))
    answers = await ready.owner.inspect_all(
        [
            item("good", set_id, part(600)),
            item("bad", set_id, part(601, defect="red")),
            item("stored", set_id, image_id=ready.image_ids[0]),
            item("broken", set_id, b"no image"),
            item("cut", set_id, part(602)[:300]),
            item("his", set_id, image_id=his),
            item("nowhere", NOWHERE, part(603)),
            item("old", set_id, part(604), version=99),
            item("senseless", set_id, image_id="a.png"),
            pb.InspectImagesRequest(item_id="nothing"),
            item("", set_id, part(605)),
            item("last", set_id, part(606)),
        ]
    )
    verdicts = {
        name: pb.InspectResponse.Verdict.Name(answer.inspection.verdict)
        for name, answer in answers.items()
        if answer.HasField("inspection")
    }
    assert verdicts == {"good": "NORMAL", "bad": "ANOMALOUS", "stored": "NORMAL", "last": "NORMAL"}
    reasons = {
        name: reason(answer.error) for name, answer in answers.items() if answer.HasField("error")
    }
    assert reasons == {
        "broken": "IMAGE_UNREADABLE",
        "cut": "IMAGE_UNREADABLE",
        "his": "IMAGE_NOT_FOUND",
        "nowhere": "REFERENCE_SET_NOT_FOUND",
        "old": "VERSION_NOT_FOUND",
        "senseless": "INVALID_REQUEST",
        "nothing": "INVALID_REQUEST",
        "": "INVALID_REQUEST",
    }


async def test_an_image_is_judged_alike_alone_and_among_others(ready: Ready) -> None:
    images = [part(610 + seed, defect="blue" if seed % 3 == 0 else "") for seed in range(12)]
    alone = [await ready.owner.inspect(ready.set_id, image, heatmap=True) for image in images]
    answers = await ready.owner.inspect_all(
        [item(str(n), ready.set_id, image, heatmap=True) for n, image in enumerate(images)]
    )
    for n, one in enumerate(alone):
        assert same(answers[str(n)].inspection) == same(one)
    inspections = {answer.inspection.inspection_id for answer in answers.values()}
    assert len(inspections) == len(images)


async def test_what_a_stream_inspects_is_counted(ada: Inspecting) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(3)), target=0.3)
    images = [part(630 + seed, defect="red" if seed < 5 else "") for seed in range(25)]
    await ada.inspect_all([item(str(n), set_id, image) for n, image in enumerate(images)])
    stats = await ada.call("GetStats", reference_set_id=set_id)
    assert stats.inspected == 25
    assert stats.anomalous >= 5
    (row,) = stats.rows
    assert (row.version, row.inspected) == (1, 25)
    (drift,) = stats.drift
    assert drift.recent_count == 25


async def test_a_stream_that_is_given_up_leaves_the_service_well(
    ready: Ready, world: World
) -> None:
    world.embedder.answers.clear()
    try:
        call = world.inspection.InspectImages(metadata=ready.owner.token)
        for n in range(4):
            await call.write(item(str(n), ready.set_id, part(640 + n)))
        call.cancel()
    finally:
        world.embedder.answers.set()
    assert (await ready.owner.inspect(ready.set_id, part(644))).score > 0


async def test_a_version_deleted_meanwhile_ends_no_inspection_under_way(
    grown: Grown, world: World
) -> None:
    ada, set_id = grown.owner, grown.set_id
    await ada.calibrate(set_id)
    old = await ada.inspect(set_id, part(650), version=1)
    world.embedder.answers.clear()
    try:
        stream = world.inspection.InspectImages(metadata=ada.token, timeout=20)
        await stream.write(item("under way", set_id, part(650), version=1))

        async def taken() -> bool:
            return part(650) in world.embedder.waiting

        await eventually(taken, "the embedder has the image")
        await ada.call("DeleteVersion", reference_set_id=set_id, version=1)
    finally:
        world.embedder.answers.set()
    answer = await stream.read()
    assert isinstance(answer, pb.InspectImagesResponse)
    assert same(answer.inspection) == same(old)
    await stream.write(item("after", set_id, part(650), version=1))
    answer = await stream.read()
    assert isinstance(answer, pb.InspectImagesResponse)
    assert reason(answer.error) == "VERSION_NOT_FOUND"
    stream.cancel()
