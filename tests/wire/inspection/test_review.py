"""Feedback that is taken back, and review items that are skipped, claimed and given back."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from argus.inspection.v1 import inspection_pb2 as pb

from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting

LOOKS = ((60, "red"), (200, "blue"), (60, "white"), (200, "green"), (130, "black"))
"""Shades and defects of which no two look alike to any model."""


@pytest.fixture
async def set_id(ada: Inspecting) -> str:
    """A set with five inspected images in the review queue."""
    made = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(20)), target=0.1)
    for image_id in await ada.uploaded(
        part(300, shade=shade, defect=colour) for shade, colour in LOOKS
    ):
        await ada.inspect(made, image_id=image_id)
    return made


async def waiting(user: Inspecting, set_id: str) -> list[str]:
    """Inspections in the queue, first things first."""
    found = await user.call("ListReviewQueue", reference_set_id=set_id)
    return [one.inspection_id for one in found.items]


async def claimed(user: Inspecting, set_id: str, **fields: Any) -> pb.ClaimReviewItemsResponse:
    found: pb.ClaimReviewItemsResponse = await user.call(
        "ClaimReviewItems", reference_set_id=set_id, **fields
    )
    return found


def ids(claim: pb.ClaimReviewItemsResponse) -> list[str]:
    return [one.inspection_id for one in claim.items]


async def test_feedback_that_is_taken_back_is_as_if_it_had_not_been_given(
    ada: Inspecting, set_id: str
) -> None:
    order = await waiting(ada, set_id)
    before = await ada.call("GetStats", reference_set_id=set_id)
    said = await ada.say("confirm_anomaly", inspection_id=order[0])
    assert set(await waiting(ada, set_id)) == set(order[1:])

    for _ in range(2):
        await ada.call("DeleteFeedback", feedback_id=said.feedback_id)

    assert await waiting(ada, set_id) == order
    assert await ada.call("GetStats", reference_set_id=set_id) == before
    assert not (await ada.call("ListFeedback", reference_set_id=set_id)).feedback
    assert await ada.refused("DeleteFeedback", feedback_id=str(uuid4())) == "FEEDBACK_NOT_FOUND"


async def test_what_was_taken_back_does_not_return_with_a_late_request(
    ada: Inspecting, set_id: str
) -> None:
    order = await waiting(ada, set_id)
    request: dict[str, Any] = {
        "inspection_id": order[0], "action": "MARK_NORMAL", "request_id": str(uuid4()),
    }  # fmt: skip
    said = await ada.call("SubmitFeedback", **request)
    assert await ada.call("SubmitFeedback", **request) == said
    await ada.call("DeleteFeedback", feedback_id=said.feedback_id)

    assert await ada.refused("SubmitFeedback", **request) == "FEEDBACK_NOT_FOUND"

    assert await waiting(ada, set_id) == order
    again = await ada.call("SubmitFeedback", **request | {"request_id": str(uuid4())})
    assert again.feedback_id != said.feedback_id
    assert set(await waiting(ada, set_id)) == set(order[1:])


async def test_what_is_skipped_comes_last(ada: Inspecting, set_id: str) -> None:
    order = await waiting(ada, set_id)
    first = await ada.call("ListReviewQueue", reference_set_id=set_id, page_size=2)

    for _ in range(2):
        await ada.call("SkipReviewItem", inspection_id=order[0])

    assert await waiting(ada, set_id) == [*order[1:], order[0]]
    rest = await ada.call(
        "ListReviewQueue", reference_set_id=set_id, page_token=first.next_page_token
    )
    listed = [one.inspection_id for one in (*first.items, *rest.items)]
    assert listed == order, "pages that were begun neither repeat nor leave out"
    for _ in range(2):
        await ada.call("UnskipReviewItem", inspection_id=order[0])
    assert await waiting(ada, set_id) == order
    assert await ada.refused("SkipReviewItem", inspection_id=str(uuid4())) == (
        "INSPECTION_NOT_FOUND"
    )


async def test_two_windows_are_handed_different_items(ada: Inspecting, set_id: str) -> None:
    order = await waiting(ada, set_id)

    claims = await asyncio.gather(*(claimed(ada, set_id, limit=3) for _ in range(2)))

    handed_out = [one for claim in claims for one in ids(claim)]
    assert sorted(handed_out) == sorted(order)
    assert len({claim.claim_id for claim in claims}) == 2
    nothing = await claimed(ada, set_id)
    assert (nothing.claim_id, len(nothing.items)) == ("", 0)
    assert not nothing.HasField("expire_time")
    assert await waiting(ada, set_id) == order, "who only looks sees all"


async def test_a_claim_that_is_asked_for_again_is_the_same(ada: Inspecting, set_id: str) -> None:
    order, request_id = await waiting(ada, set_id), str(uuid4())
    first = await claimed(ada, set_id, limit=3, request_id=request_id)
    assert ids(first) == order[:3]
    assert await claimed(ada, set_id, limit=3, request_id=request_id) == first
    await ada.say("mark_normal", inspection_id=order[1])
    again = await claimed(ada, set_id, limit=3, request_id=request_id)
    assert ids(again) == [order[0], order[2]], "less what was judged since"
    assert again.claim_id == first.claim_id


async def test_what_is_given_back_is_handed_out_again(ada: Inspecting, set_id: str) -> None:
    order = await waiting(ada, set_id)
    claim = await claimed(ada, set_id, limit=4)
    await ada.call("ReleaseReviewItems", claim_id=claim.claim_id, inspection_ids=[order[2]])
    assert sorted(ids(await claimed(ada, set_id))) == sorted([order[2], order[4]])
    await ada.call("ReleaseReviewItems", claim_id=claim.claim_id)
    await ada.call("ReleaseReviewItems", claim_id=str(uuid4()))
    assert sorted(ids(await claimed(ada, set_id))) == sorted([order[0], order[1], order[3]])


async def test_what_was_skipped_is_claimed_last(ada: Inspecting, set_id: str) -> None:
    order = await waiting(ada, set_id)
    await ada.call("SkipReviewItem", inspection_id=order[0])
    assert ids(await claimed(ada, set_id, limit=4)) == order[1:]
