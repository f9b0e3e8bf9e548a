"""Stored images inspected over one call."""

from typing import Any
from uuid import uuid4

import grpc
import pytest
from argus.inspection.v1 import inspection_pb2 as pb

from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting, Ready, same
from tests.support.services import error_info


async def inspected(user: Inspecting, **fields: Any) -> list[pb.InspectImagesResponse]:
    call = user.world.inspection.InspectStored(
        pb.InspectStoredRequest(**fields), metadata=user.token, timeout=60
    )
    return [answer async for answer in call]


async def test_each_image_is_answered_once_and_harms_no_other(ready: Ready) -> None:
    ada = ready.owner
    gone = str(uuid4())
    wanted = [*ready.image_ids[:10], gone, ready.image_ids[0].upper()]

    answers = await inspected(
        ada, reference_set_id=ready.set_id, image_ids=wanted, heatmap=True, nearest_limit=2
    )

    found = {answer.item_id: answer for answer in answers}
    assert len(answers) == len(found) == 11
    assert found.keys() == {*ready.image_ids[:10], gone}
    assert found[gone].error.code == grpc.StatusCode.NOT_FOUND.value[0]
    one = ready.image_ids[4]
    alone = await ada.inspect(ready.set_id, image_id=one, heatmap=True, nearest_limit=2)
    assert same(found[one].inspection) == same(alone)


async def test_sent_again_it_is_counted_once(ada: Inspecting) -> None:
    image_ids = await ada.uploaded(part(seed) for seed in range(3))
    set_id = await ada.ready_set(image_ids, target=0.3)
    request = {
        "reference_set_id": set_id, "image_ids": image_ids, "request_id": str(uuid4()),
    }  # fmt: skip
    ids = [
        {one.item_id: one.inspection.inspection_id for one in await inspected(ada, **request)}
        for _ in range(2)
    ]
    assert ids[0] == ids[1]
    assert len(set(ids[0].values())) == 3
    assert (await ada.call("GetStats", reference_set_id=set_id)).inspected == 3


async def test_what_is_wrong_with_the_set_is_said_of_the_whole_call(ready: Ready) -> None:
    image_ids = list(ready.image_ids[:2])
    for fields, reason in (
        ({"reference_set_id": ready.set_id, "version": 7}, "VERSION_NOT_FOUND"),
        ({"reference_set_id": await ready.owner.new_set()}, "REFERENCE_SET_NOT_READY"),
        ({"reference_set_id": str(uuid4())}, "REFERENCE_SET_NOT_FOUND"),
        ({}, "INVALID_REQUEST"),
        ({"reference_set_id": ready.set_id, "image_ids": []}, "INVALID_REQUEST"),
    ):
        request: dict[str, Any] = {"image_ids": image_ids} | fields
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await inspected(ready.owner, **request)
        assert error_info(caught.value).reason == reason
