"""Views of a part: sets of their own, inspected together, seen by whoever sees their set."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import grpc
import pytest
from argus.inspection.v1 import inspection_pb2 as pb

from services.runtime.postgres import open_pool
from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting, Ready, sign_up
from tests.support.services import error_info
from tests.support.world import World

RANK = {
    pb.InspectResponse.NORMAL: 0,
    pb.InspectResponse.UNINSPECTABLE: 1,
    pb.InspectResponse.ANOMALOUS: 2,
}


@dataclass(frozen=True)
class Viewed:
    """A calibrated set with two calibrated views, which tests do not change."""

    owner: Inspecting
    set_id: str
    top: str
    side: str
    image_ids: tuple[str, ...]


@pytest.fixture(scope="module")
async def viewed(world: World) -> Viewed:
    owner = await sign_up(world)
    image_ids = await owner.uploaded(part(seed) for seed in range(3))
    set_id = await owner.ready_set(image_ids, target=0.1)
    top, side = [await owner.view_of(set_id, name) for name in ("top", "side")]
    for view in (top, side):
        assert (await owner.calibrate(view, 0.2)).state == pb.Job.SUCCEEDED
    return Viewed(owner, set_id, top, side, tuple(image_ids))


async def inspect_part(
    user: Inspecting, set_id: str, *frames: pb.PartFrame, **fields: Any
) -> pb.InspectPartResponse:
    found: pb.InspectPartResponse = await user.call(
        "InspectPart", reference_set_id=set_id, frames=frames, **fields
    )
    return found


def frame(*set_ids: str, image: bytes = b"", image_id: str = "") -> pb.PartFrame:
    if image_id:
        return pb.PartFrame(reference_set_ids=set_ids, image_id=image_id)
    return pb.PartFrame(reference_set_ids=set_ids, image=image or part(50))


async def refused_part(user: Inspecting, set_id: str, *frames: pb.PartFrame) -> str:
    return await user.refused("InspectPart", reference_set_id=set_id, frames=frames)


async def test_a_view_is_a_set_of_its_own_that_its_set_names(viewed: Viewed) -> None:
    ada = viewed.owner
    found = await ada.see(viewed.set_id)
    assert [(one.display_name, one.reference_set_id) for one in found.views] == [
        ("top", viewed.top),
        ("side", viewed.side),
    ]
    first = found.views[0]
    assert (first.state, first.current_version, first.image_count) == (pb.ReferenceSet.READY, 1, 3)
    assert first.target_false_alarm_rate == 0.2
    top = await ada.see(viewed.top)
    assert (top.view_of, list(top.views), top.user_id) == (viewed.set_id, [], ada.user_id)
    listed = (await ada.call("ListReferenceSets")).reference_sets
    assert [one.reference_set_id for one in listed] == [viewed.set_id]
    assert len(listed[0].views) == 2
    images = await ada.call("ListReferenceImages", reference_set_id=viewed.top)
    assert list(images.image_ids) == list(viewed.image_ids)


async def test_a_view_begins_with_its_sets_images_and_rule_and_goes_its_own_way(
    ada: Inspecting,
) -> None:
    set_id = await ada.new_set(image_ids := await ada.uploaded([part(1), part(2)]))
    await ada.call("SetPartRule", reference_set_id=set_id, rule=pb.PartRule(label="serial"))
    request_id = str(uuid4())
    fields: dict[str, Any] = {"display_name": "top", "view_of": set_id, "request_id": request_id}
    made, again = [
        await ada.call("CreateReferenceSet", copy_images=True, **fields) for _ in range(2)
    ]
    assert again == made
    assert (made.image_count, made.part_rule.label) == (2, "serial")
    bare = await ada.call("CreateReferenceSet", display_name="bare", view_of=set_id)
    assert (bare.image_count, bare.part_rule.label, bare.state) == (0, "", pb.ReferenceSet.EMPTY)
    await ada.call(
        "RemoveReferenceImages", reference_set_id=made.reference_set_id, image_ids=image_ids[:1]
    )
    found = await ada.see(set_id)
    assert (found.image_count, [one.image_count for one in found.views]) == (2, [1, 0])
    assert (
        await ada.refused("CreateReferenceSet", display_name="x", view_of=made.reference_set_id)
        == "SET_IS_A_VIEW"
    )
    assert await ada.refused("CreateReferenceSet", display_name="x", copy_images=True) == (
        "INVALID_REQUEST"
    )


async def test_views_of_a_part_come_to_one_verdict_and_are_each_kept(viewed: Viewed) -> None:
    ada = viewed.owner
    found = await inspect_part(
        ada,
        viewed.set_id,
        frame(viewed.side, image=part(51, defect="red")),
        frame(),
        heatmap=True,
        trigger_id="part 7",
    )
    views = list(found.views)
    assert [one.reference_set_id for one in views] == [viewed.set_id, viewed.top, viewed.side]
    assert [one.display_name for one in views] == ["metal", "top", "side"]
    assert [one.frame for one in views] == [1, 1, 0]
    assert [one.inspection.reference_set_id for one in views] == [
        one.reference_set_id for one in views
    ]
    assert all(one.inspection.heatmap for one in views)
    assert views[2].inspection.verdict != pb.InspectResponse.NORMAL
    assert RANK[found.verdict] == max(RANK[one.inspection.verdict] for one in views)
    assert found.target_false_alarm_rate == pytest.approx(0.1 + 0.2 + 0.2)
    assert (found.trigger_id, views[0].inspection.trigger_id) == ("part 7", "part 7")

    listed = await ada.call("ListInspections", part_inspection_id=found.part_inspection_id)
    kept = {one.inspection.reference_set_id: one for one in listed.inspections}
    assert kept.keys() == {viewed.set_id, viewed.top, viewed.side}
    assert {one.part_inspection_id for one in kept.values()} == {found.part_inspection_id}
    of_side = views[2].inspection
    assert kept[viewed.side].inspection.inspection_id == of_side.inspection_id
    one = await ada.call("GetInspection", inspection_id=of_side.inspection_id)
    assert one.part_inspection_id == found.part_inspection_id
    said = await ada.say("confirm_anomaly", inspection_id=of_side.inspection_id)
    assert said.reference_set_id == viewed.side
    alone = await ada.inspect(viewed.side, part(52))
    one = await ada.call("GetInspection", inspection_id=alone.inspection_id)
    assert one.part_inspection_id == ""
    # As by Inspect, whatever else is inspected at the same time.
    same = await ada.inspect(viewed.side, part(51, defect="red"))
    assert (same.score, same.verdict) == (of_side.score, of_side.verdict)


async def test_a_part_is_inspected_once_however_often_it_is_sent(viewed: Viewed) -> None:
    ada = viewed.owner
    before = (await ada.call("GetStats", reference_set_id=viewed.top)).inspected
    stored = await ada.upload(part(60))
    frames, request_id = [frame(image_id=stored)], str(uuid4())
    first, second = [
        await inspect_part(ada, viewed.set_id, *frames, request_id=request_id) for _ in range(2)
    ]
    assert first.part_inspection_id == second.part_inspection_id
    ids = [[one.inspection.inspection_id for one in part.views] for part in (first, second)]
    assert ids[0] == ids[1]
    assert len({*ids[0]}) == 3
    assert {one.inspection.image_id for one in first.views} == {stored}
    other = await inspect_part(ada, viewed.set_id, *frames)
    assert other.part_inspection_id != first.part_inspection_id
    after = (await ada.call("GetStats", reference_set_id=viewed.top)).inspected
    assert after - before == 2


async def test_what_fails_for_one_view_harms_no_other(viewed: Viewed) -> None:
    ada = viewed.owner
    found = await inspect_part(
        ada, viewed.set_id, frame(viewed.top, image=b"no image"), frame(viewed.set_id)
    )
    itself, top, side = found.views
    assert itself.HasField("inspection")
    assert (top.WhichOneof("outcome"), top.frame) == ("error", 0)
    assert top.error.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert (side.WhichOneof("outcome"), side.frame) == (None, -1)
    assert found.verdict != pb.InspectResponse.NORMAL
    assert found.target_false_alarm_rate == pytest.approx(0.1)
    listed = await ada.call("ListInspections", part_inspection_id=found.part_inspection_id)
    assert len(listed.inspections) == 1
    # A defect is one whatever else was not seen.
    red = await ada.inspect(viewed.set_id, part(51, defect="red"))
    found = await inspect_part(
        ada, viewed.set_id, frame(viewed.set_id, image=part(51, defect="red"))
    )
    assert found.verdict == red.verdict

    bad = frame(viewed.top, image=b"no image")
    missing = frame(viewed.side, image_id=str(uuid4()))
    reason = await ada.refused("Inspect", reference_set_id=viewed.top, image=b"no image")
    assert await refused_part(ada, viewed.set_id, missing, bad) == reason, "of the first view"
    assert await refused_part(ada, viewed.set_id, missing) == "IMAGE_NOT_FOUND"


async def test_a_view_without_a_version_is_told_and_a_set_without_one_is_left_out(
    ada: Inspecting,
) -> None:
    set_id = await ada.new_set(await ada.uploaded(part(seed) for seed in range(3)))
    assert await refused_part(ada, set_id, frame()) == "REFERENCE_SET_NOT_READY"
    top = await ada.view_of(set_id, "top")
    assert (await ada.calibrate(top, 0.3)).state == pb.Job.SUCCEEDED
    side = await ada.view_of(set_id, "side", copy=False)
    found = await inspect_part(ada, set_id, frame())
    assert [one.reference_set_id for one in found.views] == [top, side]
    assert found.views[0].HasField("inspection")
    [detail] = [one for one in found.views[1].error.details if "ErrorInfo" in one.type_url]
    assert b"REFERENCE_SET_NOT_READY" in detail.value
    assert found.verdict != pb.InspectResponse.NORMAL
    # It is told of the set, too, if a frame names it.
    found = await inspect_part(ada, set_id, frame(set_id), frame(top))
    assert [one.WhichOneof("outcome") for one in found.views] == ["error", "inspection", None]
    # A view is inspected like a set without views.
    assert [one.frame for one in (await inspect_part(ada, top, frame())).views] == [0]


async def test_frames_that_are_not_clear_are_refused(viewed: Viewed, ready: Ready) -> None:
    ada, set_id, top = viewed.owner, viewed.set_id, viewed.top
    for frames, reason in (
        ([frame(top), frame(top)], "VIEW_NAMED_TWICE"),
        ([frame(top, viewed.side, top)], "VIEW_NAMED_TWICE"),
        ([frame(), frame()], "VIEW_NAMED_TWICE"),
        ([frame(top), frame(str(uuid4()))], "VIEW_NOT_FOUND"),
        ([frame(ready.set_id)], "VIEW_NOT_FOUND"),
        ([], "INVALID_REQUEST"),
        ([pb.PartFrame(reference_set_ids=[top])], "INVALID_REQUEST"),
        ([pb.PartFrame(reference_set_ids=["top"], image=b"1")], "INVALID_REQUEST"),
    ):
        assert await refused_part(ada, set_id, *frames) == reason, frames


async def test_who_sees_a_set_sees_its_views_as_long_and_as_what_it_is_shared(
    viewed: Viewed, ben: Inspecting
) -> None:
    ada, set_id, top = viewed.owner, viewed.set_id, viewed.top

    async def is_nothing() -> None:
        for method, fields in (
            ("GetReferenceSet", {}),
            ("ListVersions", {}),
            ("Inspect", {"image": part(50)}),
            ("InspectPart", {"frames": [frame()]}),
            ("LeaveReferenceSet", {}),
            ("ShareReferenceSet", {"user_ids": [ben.user_id]}),
        ):
            theirs = await ben.refusal_of(method, reference_set_id=top, **fields)
            nothing = str(uuid4())
            none = await ben.refusal_of(method, reference_set_id=nothing, **fields)
            assert theirs.code() is grpc.StatusCode.NOT_FOUND, method
            assert theirs.details() == str(none.details()).replace(nothing, top), method
        assert await refused_part(ben, set_id, frame()) == "REFERENCE_SET_NOT_FOUND"
        reason = await ben.refused("CreateReferenceSet", display_name="x", view_of=set_id)
        assert reason == "REFERENCE_SET_NOT_FOUND"
        assert not (await ben.call("ListReferenceSets")).reference_sets

    await is_nothing()
    mine = await inspect_part(ada, set_id, frame())
    await ada.share(set_id, ben, pb.Member.VIEWER)
    assert [one.user_id for one in (await ada.see(top)).members] == [ben.user_id]
    seen = await ben.see(set_id)
    assert [one.display_name for one in seen.views] == ["top", "side"]
    assert (await ben.see(top)).view_of == set_id
    assert not (await ben.see(top)).members
    assert [
        one.reference_set_id for one in (await ben.call("ListReferenceSets")).reference_sets
    ] == [set_id]
    assert await refused_part(ben, set_id, frame()) == "REFERENCE_SET_READ_ONLY"
    assert await ben.refused("Inspect", reference_set_id=top, image=part(50)) == (
        "REFERENCE_SET_READ_ONLY"
    )
    await ada.share(set_id, ben)
    stored = await ben.upload(part(61))
    found = await inspect_part(ben, set_id, frame(image_id=stored))
    assert [one.WhichOneof("outcome") for one in found.views] == ["inspection"] * 3
    assert (await ben.inspect(top, part(50))).version == 1
    [job] = (await ben.call("ListJobs", reference_set_id=top)).jobs
    assert [one.state for one in await ben.watch(top, job.job_id)] == [pb.Job.SUCCEEDED]
    queue = await ben.call("ListReviewQueue", reference_set_id=viewed.side)
    assert [one.image_id for one in queue.items] == [stored]
    hers = await ben.call("ListInspections", part_inspection_id=mine.part_inspection_id)
    assert not hers.inspections
    his = await ada.call("ListInspections", part_inspection_id=found.part_inspection_id)
    assert len(his.inspections) == 3, "the owner sees what others do with the set"

    for method, fields in (
        ("CreateReferenceSet", {"display_name": "x", "view_of": set_id}),
        ("DeleteReferenceSet", {"reference_set_id": top}),
        ("CalibrateReferenceSet", {"reference_set_id": top}),
    ):
        assert await ben.refused(method, **fields) == "REFERENCE_SET_READ_ONLY", method
    whom: dict[str, Any] = {"reference_set_id": top, "user_ids": [ben.user_id]}
    for who, method, named in (
        (ada, "ShareReferenceSet", whom),
        (ada, "UnshareReferenceSet", whom),
        (ben, "LeaveReferenceSet", {"reference_set_id": top}),
    ):
        error = await who.refusal_of(method, **named)
        assert error.code() is grpc.StatusCode.FAILED_PRECONDITION, method
        info = error_info(error)
        assert (info.reason, info.metadata["view_of"]) == ("SET_IS_A_VIEW", set_id), method
    await ada.call("UnshareReferenceSet", reference_set_id=set_id, user_ids=[ben.user_id])
    await is_nothing()


async def test_views_go_with_their_set_and_nothing_of_them_is_left(
    ada: Inspecting, database_url: str
) -> None:
    set_id = await ada.new_set(await ada.uploaded(part(seed) for seed in range(3)))
    top = await ada.view_of(set_id, "top")
    assert (await ada.calibrate(top, 0.3)).state == pb.Job.SUCCEEDED
    side = await ada.view_of(set_id, "side")
    found = await inspect_part(ada, set_id, frame())
    inspection_id = found.views[0].inspection.inspection_id
    await ada.call("DeleteReferenceSet", reference_set_id=side)
    assert [one.reference_set_id for one in (await ada.see(set_id)).views] == [top]
    async with await open_pool(database_url) as pool:
        artifact = await pool.fetchval(
            "SELECT artifact_name FROM inspection.versions WHERE set_id = $1", top
        )
        await ada.call("DeleteReferenceSet", reference_set_id=set_id)
        assert await pool.fetchval(
            "SELECT due_at <= now() FROM inspection.artifact_purges WHERE name = $1", artifact
        )
        for table in ("inspections", "versions", "reference_images", "jobs"):
            left = await pool.fetchval(
                f"SELECT count(*) FROM inspection.{table} WHERE set_id = ANY($1)",  # noqa: S608 - our own words
                [set_id, top, side],
            )
            assert left == 0, table
    assert await ada.refused("GetReferenceSet", reference_set_id=top) == "REFERENCE_SET_NOT_FOUND"
    assert await ada.refused("GetInspection", inspection_id=inspection_id) == "INSPECTION_NOT_FOUND"
