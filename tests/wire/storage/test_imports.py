"""Many images over one stream."""

import asyncio
from collections.abc import Iterable
from typing import Any

import grpc
from argus.storage.v1 import image_pb2, ingest_pb2, upload_pb2
from google.rpc import error_details_pb2

from services.storage import import_stream
from tests.support.eventually import eventually
from tests.support.pictures import chelsea, drawing, encoded
from tests.support.storage_client import Metadata, Storage, StorageUser, gone, sign_up, told
from tests.support.streams import chunk_at, finish_of, item_of, pieces_of, sent, spec_of

Answers = dict[str, image_pb2.ImportImagesResponse]
Message = upload_pb2.ImportImagesRequest


async def imported(user: StorageUser, messages: Iterable[Message]) -> Answers:
    stream = user.images.ImportImages(sent(messages), metadata=user.token)
    answers = [answer async for answer in stream]
    assert len({answer.item_id for answer in answers}) == len(answers)
    return {answer.item_id: answer for answer in answers}


def reason(answer: image_pb2.ImportImagesResponse) -> str:
    info = error_details_pb2.ErrorInfo()
    assert answer.WhichOneof("outcome") == "error", answer
    assert any(detail.Unpack(info) for detail in answer.error.details)
    return str(info.reason)


def pictures(count: int) -> list[bytes]:
    return [encoded(drawing(seed)) for seed in range(count)]


async def test_images_of_a_stream_are_kept_as_uploaded_ones_are(
    storage: Storage, user: StorageUser
) -> None:
    contents = pictures(40)

    answers = await imported(
        user,
        [
            item_of(f"item {n}", content, filename=f"{n}.png", labels={"n": str(n)})
            for n, content in enumerate(contents)
        ],
    )

    assert len(answers) == len(contents)
    for number, content in enumerate(contents):
        image = answers[f"item {number}"].imported.image
        assert not answers[f"item {number}"].imported.existing
        assert (image.state, image.filename, image.labels["n"], image.width, image.height) == (
            image_pb2.Image.UPLOADED,
            f"{number}.png",
            str(number),
            96,
            64,
        )
        found = await user.call("GetImage", image_id=image.image_id)
        assert (await storage.http.get(found.content_url)).content == content
        assert (await storage.http.get(found.thumbnail_url)).content[8:12] == b"WEBP"
        await told(storage, image.image_id, "uploaded")
    page = await user.page(page_size=100, with_total=True)
    assert page.total_size == len(contents)
    assert await storage.postgres.fetchval("SELECT count(*) FROM storage.arriving_images") == 0


async def test_previews_and_placeholders_follow(storage: Storage, user: StorageUser) -> None:
    answers = await imported(user, [item_of("1", encoded(chelsea()))])
    image_id = answers["1"].imported.image.image_id

    async def is_rendered() -> bool:
        image = await user.call("GetImage", image_id=image_id)
        return bool(image.thumbhash) and image.preview_url != image.thumbnail_url

    await eventually(is_rendered, "the preview is there")
    image = await user.call("GetImage", image_id=image_id)
    assert (await storage.http.get(image.preview_url)).content[8:12] == b"WEBP"


async def test_words_of_notes_find_what_came_over_a_stream(user: StorageUser) -> None:
    notes = {"none": "", "river": "by the river", "town": "in the old town by the sea"}
    items = zip(notes.items(), pictures(3), strict=True)

    answers = await imported(user, [item_of(name, data, note=note) for (name, note), data in items])

    async def found(filter_text: str) -> set[str]:
        return {image.image_id for image in (await user.page(filter=filter_text)).images}

    river, town = (answers[name].imported.image.image_id for name in ("river", "town"))
    assert await found('note:"by the"') == {river, town}
    assert await found('note:"old town"') == {town}


async def test_an_item_in_pieces_is_the_same_as_one_at_once(user: StorageUser, cat: bytes) -> None:
    answers = await imported(user, pieces_of("1", cat, 10_000))

    image = answers["1"].imported.image
    assert b"".join(m.data for m in await user.download(image.image_id)) == cat


async def test_what_is_wrong_with_an_item_harms_no_other(user: StorageUser) -> None:
    good = pictures(4)
    broken = good[0][:-40]
    other = encoded(drawing(99))
    answers = await imported(
        user,
        [
            item_of("good 1", good[1]),
            item_of("broken", broken),
            item_of("type", other, content_type="image/jpeg"),
            item_of("unknown", other, content_type="image/x-raw"),
            item_of("large", other, size_bytes=2**30),
            Message(
                item_id="crc", spec=spec_of(other), chunk=chunk_at(0, other, crc32c=1),
                finish=finish_of(other),
            ),
            Message(
                item_id="place", spec=spec_of(other), chunk=chunk_at(1, other[1:]),
                finish=finish_of(other),
            ),
            Message(
                item_id="sha", spec=spec_of(other), chunk=chunk_at(0, other),
                finish=finish_of(b"others"),
            ),
            Message(
                item_id="short", spec=spec_of(other), chunk=chunk_at(0, other[:-1]),
                finish=finish_of(other),
            ),
            Message(item_id="no spec", chunk=chunk_at(0, other)),
            Message(item_id="no spec", finish=finish_of(other)),
            Message(item_id="invalid", spec=upload_pb2.UploadSpec()),
            Message(item_id="begun", spec=spec_of(other)),
            item_of("good 2", good[2]),
            Message(item_id="left", spec=spec_of(other)),
        ],
    )  # fmt: skip

    assert {item_id: reason(a) for item_id, a in answers.items() if "good" not in item_id} == {
        "broken": "IMAGE_UNREADABLE",
        "type": "CONTENT_TYPE_MISMATCH",
        "unknown": "UNSUPPORTED_CONTENT_TYPE",
        "large": "IMAGE_TOO_LARGE",
        "crc": "CHUNK_CORRUPT",
        "place": "CHUNK_OUT_OF_PLACE",
        "sha": "SHA256_MISMATCH",
        "short": "UPLOAD_INCOMPLETE",
        "no spec": "UPLOAD_INCOMPLETE",
        "invalid": "INVALID_REQUEST",
        "begun": "UPLOAD_INCOMPLETE",
        "left": "UPLOAD_INCOMPLETE",
    }
    kept = {answers[item_id].imported.image.image_id for item_id in ("good 1", "good 2")}
    assert {image.image_id for image in (await user.page()).images} == kept


async def test_the_same_bytes_are_kept_once_if_that_is_wanted(user: StorageUser) -> None:
    content = encoded(drawing(5))
    items = [item_of(str(n), content, skip_existing=True) for n in range(12)]

    answers = await imported(user, items)
    again = await imported(user, items[:1])

    assert {a.imported.image.image_id for a in (*answers.values(), *again.values())} == {
        image.image_id for image in (await user.page()).images
    }
    assert sum(not a.imported.existing for a in answers.values()) == 1
    assert again["0"].imported.existing


async def test_copies_are_kept_where_they_are_wanted(user: StorageUser) -> None:
    content = encoded(drawing(6))

    await imported(user, [item_of(str(n), content) for n in range(3)])

    assert len((await user.page()).images) == 3


async def test_streams_at_once_keep_the_same_bytes_once(user: StorageUser) -> None:
    contents = pictures(16)
    items = [item_of(str(n), one, skip_existing=True) for n, one in enumerate(contents)]

    streams = await asyncio.gather(*(imported(user, items) for _ in range(4)))

    page = await user.page(page_size=100)
    assert len(page.images) == len(contents)
    for number in range(len(contents)):
        assert len({answers[str(number)].imported.image.image_id for answers in streams}) == 1


async def test_others_images_are_neither_found_nor_answered(
    storage: Storage, user: StorageUser
) -> None:
    content = encoded(drawing(7))
    mine = (await imported(user, [item_of("1", content, skip_existing=True)]))["1"]

    theirs = (await imported(await sign_up(storage), [item_of("1", content, skip_existing=True)]))[
        "1"
    ]

    assert not theirs.imported.existing
    assert theirs.imported.image.image_id != mine.imported.image.image_id


async def test_a_large_item_goes_through_the_store_in_parts(
    user: StorageUser, monkeypatch: Any
) -> None:
    monkeypatch.setattr(import_stream, "WHOLE_BYTES", 1000)
    content = encoded(chelsea())

    answers = await imported(user, [*pieces_of("large", content, 50_000), item_of("no", b"x" * 9)])

    image = answers["large"].imported.image
    assert image.state == image_pb2.Image.UPLOADED
    assert b"".join(m.data for m in await user.download(image.image_id)) == content
    assert reason(answers["no"]) == "IMAGE_UNREADABLE"


async def test_an_item_that_does_not_go_on_is_given_up_and_the_stream_goes_on(
    user: StorageUser, monkeypatch: Any
) -> None:
    monkeypatch.setattr(import_stream, "STALLED_AFTER_S", 0.1)
    content = encoded(drawing(8))
    stream: Any = user.images.ImportImages(metadata=user.token)
    await stream.write(Message(item_id="slow", spec=spec_of(content)))

    first = await stream.read()
    await stream.write(Message(item_id="slow", chunk=chunk_at(0, content)))
    await stream.write(item_of("next", content))
    second = await stream.read()
    await stream.done_writing()

    assert (first.item_id, reason(first)) == ("slow", "UPLOAD_STALLED")
    assert second.item_id == "next"
    assert second.imported.image.image_id
    assert await stream.read() is grpc.aio.EOF


async def test_what_was_not_kept_in_time_is_removed(storage: Storage, user: StorageUser) -> None:
    content = encoded(drawing(9))
    answers = await imported(user, [item_of("1", content)])
    image_id = answers["1"].imported.image.image_id
    # As a process leaves it that ended before it committed.
    async with storage.postgres.acquire() as connection, connection.transaction():
        await connection.execute(
            "DELETE FROM storage.image_uploads WHERE image_id = $1::text::uuid", image_id
        )
        await connection.execute(
            "INSERT INTO storage.arriving_images (image_id, user_id, size_bytes, expires_at) "
            "VALUES ($1::text::uuid, $2::text::uuid, 1, now())",
            image_id,
            user.user_id,
        )

    for folder, suffix in (("images", ""), ("thumbnails", ".webp")):
        link = storage.link(f"{folder}/{user.user_id}/{image_id}{suffix}")
        await eventually(gone(storage, link), f"{folder} is empty")


async def test_the_indexer_gets_the_bytes_with_the_links_once(
    storage: Storage, user: StorageUser, service_token: Metadata
) -> None:
    content = encoded(drawing(10))
    answers = await imported(user, [item_of("1", content)])
    image_id = answers["1"].imported.image.image_id

    async def resolved(inline_bytes: int) -> ingest_pb2.ImageContent:
        request = ingest_pb2.ResolveContentsRequest(image_ids=[image_id], inline_bytes=inline_bytes)
        answer = await storage.ingest.ResolveContents(request, metadata=service_token)
        return answer.contents[0]

    without, short, with_bytes, later = [await resolved(n) for n in (0, 10, 2**20, 2**20)]

    assert (without.data, short.data, with_bytes.data, later.data) == (b"", b"", content, b"")
    assert (await storage.http.get(later.url)).content == content
