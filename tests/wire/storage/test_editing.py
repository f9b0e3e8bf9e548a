"""Changing names and labels of images, and reserving many uploads."""

from typing import Any
from uuid import uuid4

import grpc
import pytest
from argus.storage.v1 import image_pb2
from google.protobuf.field_mask_pb2 import FieldMask

from tests.support.services import bad_request, error_info
from tests.support.storage_client import Storage, StorageUser, refused, sign_up, told


async def update(user: StorageUser, *paths: str, **image: object) -> Any:
    return await user.call("UpdateImage", image=image, update_mask=FieldMask(paths=paths))


async def test_what_the_mask_names_is_changed_and_search_is_told(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    before = await user.store(cat, labels={"animal": "cat", "line": "3"})
    image_id = before.image_id

    after = await update(user, "filename", image_id=image_id, filename="é/e\u0301.png")
    assert (after.filename, after.labels) == ("é.png", before.labels)
    assert after.etag != before.etag
    assert after.update_time.ToDatetime() > before.update_time.ToDatetime()
    after = await update(user, "labels.line", "labels.new", image_id=image_id, labels={"new": "1"})
    assert (after.filename, after.labels) == ("é.png", {"animal": "cat", "new": "1"})
    after = await update(user, "labels", image_id=image_id, labels={"only.this": "x"})
    assert after.labels == {"only.this": "x"}
    again = await update(user, "labels", image_id=image_id, labels={"only.this": "x"})
    assert again.etag == after.etag, "nothing has changed"

    assert await user.image(image_id) == again
    await told(storage, image_id, "uploaded", "updated", "updated", "updated")


async def test_an_image_that_was_changed_meanwhile_is_not_changed(
    user: StorageUser, cat: bytes
) -> None:
    image = await user.store(cat)
    ours = {"image_id": image.image_id, "etag": image.etag, "labels": {"by": "us"}}
    await update(user, "labels", image_id=image.image_id, labels={"by": "them"})

    await refused(update(user, "labels", **ours), grpc.StatusCode.ABORTED, "ETAG_MISMATCH")

    assert (await user.image(image.image_id)).labels == {"by": "them"}


@pytest.mark.parametrize(
    ("paths", "fields", "field"),
    [
        ((), {}, "update_mask"),
        (("state",), {}, "update_mask"),
        (("filename",), {"filename": "/"}, "filename"),
        (("labels",), {"labels": {"Not a key": "x"}}, 'image.labels["Not a key"]'),
        (("labels",), {"labels": {f"k{n}": "" for n in range(65)}}, "image.labels"),
    ],
)
async def test_a_change_that_cannot_be_made_is_refused(
    user: StorageUser, cat: bytes, paths: tuple[str, ...], fields: dict[str, object], field: str
) -> None:
    image_id = (await user.reserve(cat)).image.image_id
    error = await refused(
        update(user, *paths, image_id=image_id, **fields),
        grpc.StatusCode.INVALID_ARGUMENT,
        "INVALID_REQUEST",
    )
    assert bad_request(error).field_violations[0].field == field


async def test_labels_of_many_are_set_and_removed_together(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    one = await user.store(cat, labels={"line": "3", "keep": "me"})
    two = (await user.reserve(cat, labels={"line": "4"})).image
    ids = [two.image_id, one.image_id, two.image_id]

    changed = await user.call(
        "BatchUpdateLabels", image_ids=ids, set={"shift": "e\u0301"}, remove=["line", "none"]
    )

    assert [image.image_id for image in changed.images] == ids[:2]
    assert changed.images[0].labels == {"shift": "é"}
    assert changed.images[1].labels == {"shift": "é", "keep": "me"}
    await told(storage, one.image_id, "uploaded", "updated")


async def test_labels_of_many_are_changed_of_all_or_of_none(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    mine = await user.store(cat)
    deleted = await user.store(cat)
    await user.delete(deleted.image_id)
    full = await user.store(cat, labels={f"k{n}": "" for n in range(64)})
    theirs = await (await sign_up(storage)).store(cat)

    for missing in (theirs.image_id, deleted.image_id, str(uuid4())):
        error = await refused(
            user.call("BatchUpdateLabels", image_ids=[mine.image_id, missing], set={"a": "b"}),
            grpc.StatusCode.NOT_FOUND,
            "IMAGE_NOT_FOUND",
        )
        assert error_info(error).metadata["image_id"] == missing
    for fields in (
        {"image_ids": [mine.image_id, full.image_id], "set": {"a": "b"}},
        {"image_ids": [mine.image_id], "set": {"a": "b"}, "remove": ["a"]},
        {"image_ids": [mine.image_id]},
    ):
        await refused(
            user.call("BatchUpdateLabels", **fields),
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_REQUEST",
        )

    assert not (await user.image(mine.image_id)).labels


async def test_somebody_elses_image_cannot_be_changed(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    theirs = await (await sign_up(storage)).store(cat)
    for image_id in (theirs.image_id, str(uuid4())):
        await refused(
            update(user, "labels", image_id=image_id),
            grpc.StatusCode.NOT_FOUND,
            "IMAGE_NOT_FOUND",
        )


async def test_many_uploads_are_reserved_each_for_itself(user: StorageUser, cat: bytes) -> None:
    good = image_pb2.CreateUploadRequest(
        filename="a.png", content_type="image/png", size_bytes=len(cat)
    )
    svg = image_pb2.CreateUploadRequest(
        filename="a.svg", content_type="image/svg+xml", size_bytes=1
    )
    empty = image_pb2.CreateUploadRequest()

    answer = await user.call("BatchCreateUploads", requests=[svg, good, empty])

    assert [one.WhichOneof("result") for one in answer.results] == ["error", "response", "error"]
    assert "svg" in answer.results[0].error.message
    created = answer.results[1].response
    await user.put(created, cat)
    assert (await user.complete(created.image.image_id)).state == image_pb2.Image.UPLOADED
    for requests in ([], [good] * 101):
        await refused(
            user.call("BatchCreateUploads", requests=requests),
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_REQUEST",
        )
