"""Pictures where something refers to an image, and who is shown them."""

import pytest
from argus.storage.v1 import image_pb2

from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting, Ready
from tests.support.world import World


async def test_what_refers_to_an_image_shows_it(ready: Ready, world: World) -> None:
    ada, set_id = ready.owner, ready.set_id
    image_id = await ada.upload(part(960, defect="red", size=(160, 96)), filename="dot.png")
    found = await ada.inspect(set_id, image_id=image_id, previews=True)
    (queued,) = (
        one
        for one in (await ada.call("ListReviewQueue", reference_set_id=set_id, page_size=100)).items
        if one.image_id == image_id
    )
    said = await ada.say("comment", image_id, note="a dot")
    past = await ada.call("GetInspection", inspection_id=found.inspection_id)
    (listed,) = (
        await ada.call("ListInspections", reference_set_id=set_id, image_id=image_id)
    ).inspections
    (heard,) = (await ada.call("ListFeedback", image_id=image_id)).feedback
    assert heard.feedback_id == said.feedback_id
    previews = [queued.preview, past.preview, listed.preview, heard.preview]
    previews.append(past.feedback[0].preview)
    for preview in previews:
        assert (preview.image_id, preview.filename) == (image_id, "dot.png")
        assert (preview.width, preview.height) == (160, 96)
        picture = await world.http.get(preview.thumbnail_url)
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/webp")
    assert found.regions
    for inspection in (found, past.inspection):
        named = [*inspection.nearest, *(region.nearest for region in inspection.regions)]
        assert all(one.preview.image_id == one.image_id for one in named)
    unasked = await ada.inspect(set_id, image_id=image_id)
    assert not any(one.HasField("preview") for one in unasked.nearest)
    page = await ada.call("ListReferenceImages", reference_set_id=set_id, page_size=5)
    assert [one.image_id for one in page.previews] == list(page.image_ids)


@pytest.fixture
async def shared(ada: Inspecting, ben: Inspecting) -> str:
    """Ada's set of three images, shared with Ben."""
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(3)), target=0.3)
    await ada.share(set_id, ben)
    return set_id


async def test_who_a_set_is_shared_with_sees_its_images_and_no_others(
    ada: Inspecting, ben: Inspecting, shared: str
) -> None:
    hers, his = await ada.upload(part(970)), await ben.upload(part(971, defect="red"))
    by_ada = await ada.inspect(shared, image_id=hers)
    found = await ben.inspect(shared, image_id=his, previews=True)
    assert all(one.preview.thumbnail_url for one in found.nearest)
    for preview in (one.preview for one in found.nearest):
        # Thumbnails, and nothing else of hers: no name, no size, no way to the original.
        assert (preview.filename, preview.width, preview.height) == ("", 96, 96)
        assert {preview.preview_url, preview.display_url} == {preview.thumbnail_url}
    page = await ben.call("ListReferenceImages", reference_set_id=shared)
    assert [one.image_id for one in page.previews] == list(page.image_ids)
    assert {(one.filename, one.display_url == one.thumbnail_url) for one in page.previews} == {
        ("", True)
    }
    past = await ben.call("GetInspection", inspection_id=found.inspection_id)
    assert (past.preview.image_id, past.preview.filename) == (his, "a.png")
    assert all(one.preview.thumbnail_url for one in past.inspection.nearest)

    await ada.say("mark_normal", inspection_id=found.inspection_id)
    seen = await ada.call("ListInspections", reference_set_id=shared)
    shown = {one.inspection.inspection_id: one.preview.image_id for one in seen.inspections}
    assert shown == {by_ada.inspection_id: hers, found.inspection_id: ""}
    heard = (await ada.call("ListFeedback", reference_set_id=shared)).feedback
    assert [one.preview.image_id for one in heard] == [""], "it is Ben's image"

    await ada.call("UnshareReferenceSet", reference_set_id=shared, user_ids=[ben.user_id])
    past = await ben.call("GetInspection", inspection_id=found.inspection_id)
    assert past.preview.image_id == his
    named = [*past.inspection.nearest, *(one.nearest for one in past.inspection.regions)]
    assert not any(one.HasField("preview") for one in named)


async def test_what_is_in_the_trash_waits_for_no_review(ada: Inspecting) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(3)), target=0.3)
    image_id = await ada.upload(part(980, defect="red"))
    await ada.inspect(set_id, image_id=image_id)

    async def waiting() -> list[str]:
        found = await ada.call("ListReviewQueue", reference_set_id=set_id)
        return [one.image_id for one in found.items]

    assert await waiting() == [image_id]
    await ada.world.images.DeleteImage(
        image_pb2.DeleteImageRequest(image_id=image_id), metadata=ada.token
    )
    assert await waiting() == []
    assert not (await ada.call("ClaimReviewItems", reference_set_id=set_id)).items
