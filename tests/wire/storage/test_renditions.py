"""Previews, what browsers show, placeholders, and the headers that caches go by."""

from io import BytesIO
from typing import Any
from urllib.parse import unquote

import grpc
import pytest
from argus.storage.v1 import image_pb2
from PIL import Image

from tests.support.eventually import eventually
from tests.support.pictures import encoded
from tests.support.storage_client import Storage, StorageUser, gone, refused


async def rendered(user: StorageUser, content: bytes, **fields: Any) -> image_pb2.Image:
    """An image that was stored, once it has been rendered."""
    image_id = (await user.store(content, **fields)).image_id

    async def done() -> bool:
        return bool((await user.image(image_id)).thumbhash)

    await eventually(done, "it is rendered")
    return await user.image(image_id)


async def shown(storage: Storage, url: str) -> tuple[str | None, tuple[int, int]]:
    picture = Image.open(BytesIO((await storage.http.get(url)).content))
    return picture.format, picture.size


def picture(width: int, height: int) -> Image.Image:
    return Image.linear_gradient("L").resize((width, height)).convert("RGB")


async def test_a_photograph_has_a_preview_and_is_shown_as_it_is(
    storage: Storage, user: StorageUser
) -> None:
    image = await rendered(user, encoded(picture(900, 600)))
    assert 15 <= len(image.thumbhash) <= 30
    assert await shown(storage, image.preview_url) == ("WEBP", (512, 341))
    assert await shown(storage, image.display_url) == ("PNG", (900, 600))
    assert image.display_url == image.content_url


async def test_what_browsers_do_not_show_or_is_large_is_shown_as_a_webp(
    storage: Storage, user: StorageUser
) -> None:
    tiff = await rendered(
        user, encoded(picture(700, 300), "TIFF"), filename="a.tif", content_type="image/tiff"
    )
    assert await shown(storage, tiff.display_url) == ("WEBP", (700, 300))
    assert await shown(storage, tiff.content_url) == ("TIFF", (700, 300))
    large = await rendered(user, encoded(picture(2500, 1250)))
    assert await shown(storage, large.display_url) == ("WEBP", (2048, 1024))

    await user.delete(large.image_id, permanently=True)

    for url in (large.preview_url, large.display_url, large.thumbnail_url):
        await eventually(gone(storage, url), "renditions are removed")


async def test_a_small_picture_needs_no_renditions(storage: Storage, user: StorageUser) -> None:
    image = await rendered(user, encoded(picture(200, 100)))
    assert image.preview_url == image.thumbnail_url
    assert await shown(storage, image.preview_url) == ("WEBP", (200, 100))


@pytest.mark.parametrize(("size", "wide"), [(0, 256), (256, 256), (512, 512), (2048, 900)])
async def test_every_size_can_be_had_at_once(user: StorageUser, size: int, wide: int) -> None:
    image = await user.store(encoded(picture(900, 600)))
    body = await user.call("GetThumbnail", image_id=image.image_id, size=size)
    assert body.content_type == "image/webp"
    assert Image.open(BytesIO(body.data)).width == wide


async def test_other_sizes_are_refused(user: StorageUser, cat: bytes) -> None:
    image = await user.store(cat)
    await refused(
        user.call("GetThumbnail", image_id=image.image_id, size=300),
        grpc.StatusCode.INVALID_ARGUMENT,
        "INVALID_REQUEST",
    )


async def test_links_stay_the_same_and_say_that_caches_may_keep_what_they_give(
    storage: Storage, user: StorageUser
) -> None:
    name = "Straße „猫“.png"
    image = await rendered(user, encoded(picture(900, 600)), filename=name)
    listed = (await user.page()).images[0]
    if listed.url_expire_time == image.url_expire_time:
        assert listed == image
    left = image.url_expire_time.ToDatetime() - storage.clock().replace(tzinfo=None)
    assert 3500 < left.total_seconds() <= 7200
    for url in (image.content_url, image.thumbnail_url, image.preview_url):
        answer = await storage.http.get(url)
        assert answer.headers["cache-control"] == "private, max-age=7200, immutable"
        assert answer.headers["etag"]
    disposition = (await storage.http.get(image.content_url)).headers["content-disposition"]
    plain, _, extended = disposition.partition("; filename*=UTF-8''")
    assert plain == 'inline; filename="Stra_e ___.png"'
    assert unquote(extended) == name


async def test_answers_carry_what_caches_and_browsers_go_by(user: StorageUser, cat: bytes) -> None:
    image = await user.store(cat, filename="Straße.png")
    request = image_pb2.DownloadImageRequest(image_id=image.image_id)
    call = user.images.DownloadImage(request, metadata=user.token)
    headers: dict[str, Any] = dict(await call.initial_metadata())
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"].startswith('inline; filename="Stra_e.png"')
    assert "immutable" in headers["cache-control"]

    known = (*user.token, ("if-none-match", f'"other", {headers["etag"]}'))
    again = user.images.DownloadImage(request, metadata=known)
    assert dict(await again.initial_metadata())["x-argus-not-modified"] == "1"
    assert [message async for message in again] == []
    small = user.images.GetThumbnail(
        image_pb2.GetThumbnailRequest(image_id=image.image_id), metadata=known
    )
    assert "x-argus-not-modified" not in dict(await small.initial_metadata())
    assert (await small).data


async def test_images_from_before_are_rendered_too(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    image = await rendered(user, cat)
    await storage.postgres.execute(
        "UPDATE storage.image_uploads SET thumbhash = '', renditions = '{}', "
        "render_at = DEFAULT WHERE image_id = $1",
        image.image_id,
    )

    async def done() -> bool:
        return await user.image(image.image_id) == image

    await eventually(done, "it is rendered again")
