"""Notes, how images were taken, and what is found by them."""

from datetime import timedelta
from typing import Any

import grpc
import pytest
from argus.storage.v1 import ingest_pb2
from google.protobuf.field_mask_pb2 import FieldMask

from services.clients.service_call import as_service
from tests.support.captures import CANON, GPS, photograph, xmp
from tests.support.eventually import eventually
from tests.support.pictures import drawing, encoded, heic
from tests.support.services import bad_request
from tests.support.storage_client import Storage, StorageUser, refused, sign_up, told

BAD = grpc.StatusCode.INVALID_ARGUMENT
JPEG = {"content_type": "image/jpeg", "filename": "a.jpg"}


async def update(user: StorageUser, *paths: str, **image: object) -> Any:
    return await user.call("UpdateImage", image=image, update_mask=FieldMask(paths=paths))


async def test_a_note_is_written_found_and_told(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    before = await user.store(cat, note="By the river\r\nin the Old Town ")
    assert before.note == "By the river\nin the Old Town"

    async def found(text: str) -> list[str]:
        return [image.image_id for image in (await user.page(filter=text)).images]

    assert await found('note:"old town"') == [before.image_id]
    assert await found("note:town AND NOT note:sea") == [before.image_id]
    assert await found('note:"town old"') == []
    await refused(user.page(filter="note = x"), BAD, "INVALID_FILTER")

    after = await update(user, "note", image_id=before.image_id, note="at sea, Cafe\u0301")
    assert after.note == "at sea, Café"
    assert after.etag != before.etag
    assert await found("note:town") == []
    assert await found("note:cafe") == [before.image_id]
    cleared = await update(user, "note", image_id=before.image_id)
    assert cleared.note == ""
    await told(storage, before.image_id, "uploaded", "updated", "updated")


@pytest.mark.parametrize("note", ["x" * 4001, "nul\0", "over\u202eride"])
async def test_a_note_that_cannot_be_shown_is_refused(
    user: StorageUser, cat: bytes, note: str
) -> None:
    error = await refused(user.reserve(cat, note=note), BAD, "INVALID_REQUEST")
    assert bad_request(error).field_violations[0].field == "note"


async def test_other_peoples_notes_find_nothing(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    await user.store(cat, note="secret garden")
    other = await sign_up(storage)
    assert not (await other.page(filter="note:garden")).images


async def test_the_record_says_how_it_was_taken(user: StorageUser) -> None:
    image = await user.store(photograph(gps=GPS), **JPEG)
    capture = image.capture
    assert capture.time.ToJsonString() == "2026-03-01T13:30:15.250Z"
    assert capture.utc_offset.ToTimedelta() == timedelta(hours=10)
    assert (capture.camera, capture.lens, capture.iso) == ("Canon EOS R5", CANON["LensModel"], 400)
    assert capture.exposure_time_s == pytest.approx(0.004)
    assert capture.HasField("flash")
    assert not capture.flash
    assert not capture.HasField("location"), "nobody asked for the place to be kept"
    assert image.page_count == 1
    assert await user.image(image.image_id) == image


async def test_a_place_is_kept_if_asked_for_and_forgotten_if_asked_for(
    storage: Storage, user: StorageUser
) -> None:
    image = await user.store(photograph(gps=GPS), keep_location=True, **JPEG)
    assert image.capture.location.latitude == pytest.approx(-33.858333, abs=1e-6)
    token = storage.search_token()
    resolved = await storage.ingest.ResolveContents(
        ingest_pb2.ResolveContentsRequest(image_ids=[image.image_id]),
        **await as_service(token, timeout_s=10),
    )
    assert resolved.contents[0].capture.camera == "Canon EOS R5"
    assert not resolved.contents[0].capture.HasField("location")

    given = {"location": {"latitude": 1.0}}
    error = await refused(
        update(user, "capture.location", image_id=image.image_id, capture=given),
        BAD,
        "INVALID_REQUEST",
    )
    assert bad_request(error).field_violations[0].field == "image.capture.location"
    after = await update(user, "capture.location", image_id=image.image_id)
    assert not after.capture.HasField("location")
    assert after.capture.camera == "Canon EOS R5"


async def test_a_place_alone_leaves_no_capture(user: StorageUser) -> None:
    image = await user.store(photograph(tags={}, gps=GPS), **JPEG)
    assert not image.HasField("capture")


async def test_images_of_before_are_read_later(storage: Storage, user: StorageUser) -> None:
    image = await user.store(photograph(gps=GPS), note="old", **JPEG)
    plain = await user.store(encoded(drawing(4)))
    # As the migration finds what former code wrote.
    await storage.postgres.execute(
        "UPDATE storage.image_uploads SET captured_at = NULL, capture = NULL, text_words = '{}', "
        "header_read = false WHERE image_id = ANY($1)",
        [image.image_id, plain.image_id],
    )

    async def read() -> bool:
        left: int = await storage.postgres.fetchval(
            "SELECT count(*) FROM storage.image_uploads WHERE NOT header_read "
            "AND image_id = ANY($1)",
            [image.image_id, plain.image_id],
        )
        return left == 0

    await eventually(read, "their headers are read")
    after = await user.image(image.image_id)
    assert after.capture == image.capture
    assert after.etag == image.etag, "nobody changed it"
    found = await user.page(filter="camera:canon AND note:old")
    assert [one.image_id for one in found.images] == [image.image_id]
    assert not (await user.image(plain.image_id)).HasField("capture")
    await told(storage, image.image_id, "uploaded", "updated")
    await told(storage, plain.image_id, "uploaded")


async def test_images_are_filtered_and_ordered_by_how_they_were_taken(user: StorageUser) -> None:
    def at(day: int, **tags: Any) -> dict[str, Any]:
        return {"DateTimeOriginal": f"2026:03:{day:02} 10:00:00", **tags}

    taken = [
        at(3, Make="Apple", Model="iPhone 15 Pro", ISOSpeedRatings=50),
        at(1, Make="Canon", Model="Canon EOS R5", ISOSpeedRatings=3200, LensModel="EF 50mm"),
        at(2, Make="Canon", Model="Canon EOS R6"),
    ]
    ids = [
        (await user.store(photograph(tags=tags, seed=n), **JPEG)).image_id
        for n, tags in enumerate(taken)
    ]
    plain = await user.upload(encoded(drawing(9)))
    ids.append(plain)

    async def chosen(text: str) -> set[int]:
        return {ids.index(image.image_id) for image in (await user.page(filter=text)).images}

    assert await chosen('capture_time >= "2026-03-02T00:00:00Z"') == {0, 2}
    assert await chosen('NOT capture_time < "2026-03-02T00:00:00Z"') == {0, 2, 3}
    assert await chosen('capture_time != "2026-03-02T10:00:00Z"') == {0, 1, 3}
    assert await chosen("camera:canon") == {1, 2}
    assert await chosen('camera = "Canon EOS R5"') == {1}
    assert await chosen("iso > 100") == {1}
    assert await chosen("iso != 50") == {1, 2, 3}
    assert await chosen('lens:"50 mm"') == {1}

    for order, expected in (("asc", [1, 2, 0, 3]), ("desc", [3, 0, 2, 1])):
        seen: list[int] = []
        token = ""
        while True:
            page = await user.page(page_size=1, page_token=token, order_by=f"capture_time {order}")
            seen += [ids.index(image.image_id) for image in page.images]
            token = page.next_page_token
            if not token:
                break
            await refused(user.page(page_token=token), BAD, "INVALID_PAGE_TOKEN")
        # The one that does not say stands where it was created, which is later.
        assert seen == expected


async def test_the_files_own_words_are_taken_over_if_asked_for(user: StorageUser) -> None:
    def content(seed: int) -> bytes:
        packet = xmp("Sunset", "over the bay", ("Sea", "Evening sky"), "5")
        return photograph(seed=seed, xmp=packet)

    quiet = await user.store(content(1), **JPEG)
    assert (quiet.note, dict(quiet.labels)) == ("", {})
    asked = await user.store(content(2), take_description=True, labels={"rating": "mine"}, **JPEG)
    assert asked.note == "Sunset\nover the bay"
    assert dict(asked.labels) == {
        "rating": "mine",
        "keyword.sea": "Sea",
        "keyword.evening-sky": "Evening sky",
    }
    found = await user.page(filter='labels.keyword.sea = "Sea" AND note:bay')
    assert [image.image_id for image in found.images] == [asked.image_id]
    broken = await user.store(photograph(seed=3, xmp=b"<a>"), take_description=True, **JPEG)
    assert broken.note == ""


async def test_a_document_says_how_many_pages_it_has(user: StorageUser) -> None:
    pages = [drawing(n) for n in range(3)]
    content = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    image = await user.store(content, content_type="image/tiff", filename="scan.tif")
    assert image.page_count == 3


async def test_a_picture_of_a_phone_is_taken(user: StorageUser) -> None:
    image = await user.store(heic(6), content_type="image/heif", filename="IMG_1.HEIC")
    assert (image.content_type, image.width, image.height) == ("image/heic", 96, 64)
    answer = await user.http.get(image.display_url)
    assert answer.headers["content-type"] == "image/webp"
