"""A request that is sent again, because its answer was lost, changes nothing more."""

from typing import Any
from uuid import uuid4

from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting, Ready


async def twice(user: Inspecting, method: str, **fields: Any) -> tuple[Any, Any]:
    """Both answers to one request."""
    fields["request_id"] = str(uuid4())
    return await user.call(method, **fields), await user.call(method, **fields)


async def test_a_set_is_made_once(ada: Inspecting, ben: Inspecting) -> None:
    request_id = str(uuid4())
    first, again = [
        await ada.call("CreateReferenceSet", display_name="brushed", request_id=one)
        for one in (request_id, request_id.upper())
    ]
    assert first == again
    other = await ben.call("CreateReferenceSet", display_name="brushed", request_id=request_id)
    assert other.reference_set_id != first.reference_set_id
    assert len((await ada.call("ListReferenceSets")).reference_sets) == 1


async def test_a_calibration_is_begun_once(ada: Inspecting) -> None:
    set_id = await ada.new_set(await ada.uploaded(part(seed) for seed in range(3)))
    first, again = await twice(ada, "CalibrateReferenceSet", reference_set_id=set_id)
    assert first.calibration_id == again.calibration_id
    await ada.watch(set_id, first.calibration_id)
    assert [one.version for one in await ada.versions(set_id)] == [1]


async def test_an_inspection_and_feedback_count_once(ada: Inspecting) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(3)))
    image_id = await ada.upload(part(9))
    first, again = await twice(ada, "Inspect", reference_set_id=set_id, image_id=image_id)
    assert first.inspection_id == again.inspection_id
    said, repeated = await twice(
        ada, "SubmitFeedback", image_id=image_id, action="MARK_NORMAL", note="once"
    )
    assert said == repeated
    stats = await ada.call("GetStats", reference_set_id=set_id)
    assert (stats.inspected, stats.judged) == (1, 1)
    assert len((await ada.call("ListFeedback", reference_set_id=set_id)).feedback) == 1


async def test_without_an_id_every_request_counts(ready: Ready) -> None:
    first, again = [
        await ready.owner.call("Inspect", reference_set_id=ready.set_id, image=part(3))
        for _ in range(2)
    ]
    assert first.inspection_id != again.inspection_id
