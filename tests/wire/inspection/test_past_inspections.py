"""Inspections that are looked at again."""

import io
from typing import Any
from uuid import uuid4

import grpc
import numpy as np
from argus.inspection.v1 import inspection_pb2 as pb
from google.protobuf import timestamp_pb2
from PIL import Image

from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting, Ready
from tests.support.world import World


def levels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png))).astype(np.int64)


def without_pictures(found: pb.InspectResponse) -> bytes:
    """What Inspect and GetInspection have in common, but coordinates' last decimals."""
    copy = pb.InspectResponse()
    copy.CopyFrom(found)
    for name in ("timings", "heatmap", "overlay"):
        copy.ClearField(name)
    for region in copy.regions:
        for point in region.polygon:
            point.x, point.y = round(point.x, 4), round(point.y, 4)
        for box in (region.box, region.nearest.box):
            for edge in ("left", "top", "right", "bottom"):
                setattr(box, edge, round(getattr(box, edge), 4))
        region.nearest.ClearField("preview")
    for one in copy.nearest:
        one.ClearField("preview")
    return copy.SerializeToString(deterministic=True)


async def recalled(user: Inspecting, inspection_id: str, **fields: Any) -> pb.PastInspection:
    found: pb.PastInspection = await user.call(
        "GetInspection", inspection_id=inspection_id, **fields
    )
    return found


async def test_an_inspection_is_answered_again_as_it_was(ready: Ready) -> None:
    ada, set_id = ready.owner, ready.set_id
    image_id = await ada.upload(part(900, defect="red", size=(160, 96)))
    before = await ada.inspect(set_id, image_id=image_id, heatmap=True, overlay="WEBP")
    said = await ada.say("confirm_anomaly", image_id, note="a dot")

    past = await recalled(ada, before.inspection_id, heatmap=True, overlay="WEBP")

    assert without_pictures(past.inspection) == without_pictures(before)
    assert before.regions
    assert past.inspection.heatmap_scale == before.heatmap_scale
    again, first = levels(past.inspection.heatmap), levels(before.heatmap)
    assert again.shape == first.shape
    assert np.abs(again - first).max() <= 33
    assert Image.open(io.BytesIO(past.inspection.overlay)).size == (
        Image.open(io.BytesIO(before.overlay)).size
    )
    assert (past.user_id, past.findings_kept, past.heatmap_kept) == (ada.user_id, True, True)
    assert past.target_false_alarm_rate == 0.1
    assert past.truth == pb.PastInspection.DEFECTIVE
    assert [one.feedback_id for one in past.feedback] == [said.feedback_id]
    bare = await recalled(ada, before.inspection_id)
    assert not bare.inspection.heatmap
    assert not bare.inspection.overlay


async def test_the_heat_map_needs_neither_image_nor_model_nor_version(
    ada: Inspecting, world: World
) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(3)), target=0.3)
    sent = await ada.inspect(set_id, part(901, defect="red"), heatmap=True)
    await ada.calibrate(set_id, from_scratch=True)
    await ada.call("DeleteVersion", reference_set_id=set_id, version=1)
    await world.stop_embedder()
    try:
        past = await recalled(ada, sent.inspection_id, heatmap=True, overlay="PNG")
    finally:
        await world.start_embedder()
    assert levels(past.inspection.heatmap).shape == levels(sent.heatmap).shape
    assert not past.inspection.overlay, "there is no image to draw on"
    assert (past.inspection.version, past.inspection.image_id) == (1, "")


async def test_a_whole_images_scorer_has_no_map_and_says_so(ada: Inspecting) -> None:
    image_ids = await ada.uploaded(part(seed) for seed in range(4))
    await ada.settled(*image_ids)
    set_id = await ada.ready_set(image_ids, target=0.3, scorer="IMAGE_KNN")
    found = await ada.inspect(set_id, part(902))
    past = await recalled(ada, found.inspection_id, heatmap=True)
    assert (past.findings_kept, past.heatmap_kept) == (True, False)
    assert not past.inspection.heatmap
    kept, before = (
        [(one.image_id, one.distance) for one in nearest]
        for nearest in (past.inspection.nearest, found.nearest)
    )
    assert kept == before


async def test_inspections_are_listed_newest_first_in_pages(ada: Inspecting) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(3)), target=0.3)
    image_id = await ada.upload(part(903))
    made = [
        await ada.inspect(set_id, image_id=image_id),
        await ada.inspect(set_id, part(904, defect="red")),
        await ada.inspect(set_id, part(905)),
    ]
    place = {one.inspection_id: number for number, one in enumerate(made)}

    async def listed(**fields: Any) -> tuple[list[int], pb.ListInspectionsResponse]:
        found = await ada.call("ListInspections", reference_set_id=set_id, **fields)
        return [place[one.inspection.inspection_id] for one in found.inspections], found

    (first, page) = await listed(page_size=2)
    (rest, last) = await listed(page_size=2, page_token=page.next_page_token)
    assert (first, rest, last.next_page_token) == ([2, 1], [0], "")
    anomalous = page.inspections[1]
    assert anomalous.inspection.verdict == made[1].verdict != pb.InspectResponse.NORMAL
    assert len(anomalous.inspection.regions) == len(made[1].regions) > 0
    assert not anomalous.inspection.regions[0].polygon
    assert not anomalous.inspection.nearest
    assert anomalous.heatmap_kept
    assert (await listed(verdict=made[1].verdict, version=1))[0] == [1]
    assert (await listed(image_id=image_id))[0] == [0]
    assert (await listed(version=2))[0] == []
    assert (await listed(until=page.inspections[1].inspect_time))[0] == [0]
    assert (await listed(since=page.inspections[1].inspect_time))[0] == [2, 1]
    assert (await listed(since=timestamp_pb2.Timestamp(seconds=253402300799)))[0] == []

    wrong = await ada.refusal_of(
        "ListInspections", reference_set_id=set_id, page_token=page.next_page_token, version=1
    )
    assert wrong.code() is grpc.StatusCode.INVALID_ARGUMENT, "another query's token"


async def test_what_there_is_not_is_not_found(ada: Inspecting) -> None:
    assert await ada.refused("GetInspection", inspection_id=str(uuid4())) == (
        "INSPECTION_NOT_FOUND"
    )


async def test_without_storage_it_is_answered_as_far_as_it_can(ready: Ready, world: World) -> None:
    ada = ready.owner
    found = await ada.inspect(ready.set_id, image_id=ready.image_ids[5])
    await world.stop_storage()
    try:
        reason = await ada.refused(
            "GetInspection", inspection_id=found.inspection_id, overlay="PNG"
        )
        assert reason == "STORAGE_UNAVAILABLE", "a picture of it was the point"
        past = await recalled(ada, found.inspection_id, heatmap=True)
        assert past.inspection.heatmap
        assert (await ada.call("ListInspections", reference_set_id=ready.set_id)).inspections
        assert (await ada.call("ListReferenceImages", reference_set_id=ready.set_id)).image_ids
    finally:
        await world.start_storage()
