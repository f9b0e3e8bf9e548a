"""Lists come in pages that neither repeat nor leave out."""

from tests.support.inspection.metal import part
from tests.support.inspection.people import Grown, Inspecting


async def test_versions_come_in_pages(ada: Inspecting) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(2)))
    for _ in range(2):
        await ada.calibrate(set_id, from_scratch=True)
    first = await ada.call("ListVersions", reference_set_id=set_id, page_size=2)
    rest = await ada.call("ListVersions", reference_set_id=set_id, page_token=first.next_page_token)
    assert [one.version for one in (*first.versions, *rest.versions)] == [3, 2, 1]
    assert not rest.next_page_token


async def test_proposals_come_in_pages(grown: Grown) -> None:
    await grown.owner.call(
        "RemoveReferenceImages", reference_set_id=grown.set_id, image_ids=grown.added
    )
    seen: list[str] = []
    token = ""
    while True:
        page = await grown.owner.call(
            "ListProposedImages", reference_set_id=grown.set_id, page_size=4, page_token=token
        )
        seen += page.image_ids
        if not (token := page.next_page_token):
            break
    assert seen == grown.proposed_before


LOOKS = ((60, "red"), (200, "blue"), (60, "white"), (200, "green"), (130, "black"))
"""Shades and defects of which no two look alike to any model."""


async def test_the_review_queue_keeps_its_order_while_people_judge(ada: Inspecting) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(20)), target=0.1)
    image_ids = await ada.uploaded(part(300, shade=shade, defect=colour) for shade, colour in LOOKS)
    for image_id in image_ids:
        await ada.inspect(set_id, image_id=image_id)
    whole = await ada.call("ListReviewQueue", reference_set_id=set_id, page_size=100)
    order = [item.image_id for item in whole.items]
    assert set(order) == set(image_ids), "no two of them are alike"
    first = await ada.call("ListReviewQueue", reference_set_id=set_id, page_size=2)
    assert [item.image_id for item in first.items] == order[:2]
    for judged in order[:3]:
        await ada.say("mark_normal", judged)
    rest = await ada.call(
        "ListReviewQueue", reference_set_id=set_id, page_token=first.next_page_token, page_size=100
    )
    assert [item.image_id for item in rest.items] == order[3:], "the judged one is left out"
