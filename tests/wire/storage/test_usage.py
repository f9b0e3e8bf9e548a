"""How much somebody has, and deleting by a filter."""

import grpc
import pytest
from argus.storage.v1 import image_pb2

from tests.support.pictures import encoded
from tests.support.storage_client import Storage, StorageUser, refused, sign_up
from tests.wire.storage.test_renditions import picture

LINE_3 = 'labels.line = "3"'


@pytest.fixture
async def labelled(user: StorageUser) -> list[image_pb2.Image]:
    """Two images of line 3, and one of line 4."""
    return [
        await user.store(encoded(picture(350 + number, 200)), labels={"line": line})
        for number, line in enumerate("334")
    ]


async def test_tells_how_much_somebody_has_and_may_have(
    storage: Storage, user: StorageUser, labelled: list[image_pb2.Image], cat: bytes
) -> None:
    await user.delete(labelled[0].image_id)
    await user.reserve(cat)
    usage = await user.call("GetUsage")
    sizes = sum(image.size_bytes for image in labelled)
    assert (usage.pending.image_count, usage.pending.size_bytes) == (1, len(cat))
    assert usage.pending.max_image_count == storage.settings.storage_pending_uploads
    assert usage.pending.max_size_bytes == storage.settings.storage_pending_bytes
    # The trash counts, and what waits.
    assert (usage.kept.image_count, usage.kept.size_bytes) == (4, sizes + len(cat))
    assert (usage.kept.max_image_count, usage.kept.max_size_bytes) == (0, 0)
    other = await sign_up(storage)
    assert (await other.call("GetUsage")).kept.image_count == 0


async def test_a_dry_run_counts_and_deletes_nothing(
    user: StorageUser, labelled: list[image_pb2.Image]
) -> None:
    answer = await user.call("DeleteImagesByFilter", filter=LINE_3, dry_run=True)
    assert (answer.deleted_count, answer.remaining_count) == (0, 2)
    assert len((await user.page()).images) == len(labelled)


async def test_deletes_what_a_filter_finds_and_nobody_elses(
    storage: Storage, user: StorageUser, labelled: list[image_pb2.Image]
) -> None:
    other = await sign_up(storage)
    theirs = await other.store(encoded(picture(360, 200)), labels={"line": "3"})
    answer = await user.call("DeleteImagesByFilter", filter=LINE_3, expected_count=2)
    assert (answer.deleted_count, answer.remaining_count) == (2, 0)
    assert [image.image_id for image in (await user.page()).images] == [labelled[2].image_id]
    assert (await other.image(theirs.image_id)).image_id == theirs.image_id
    # They are in the trash, where the filter does not find them again.
    trash = {image.image_id for image in (await user.page(deleted=True)).images}
    assert trash == {image.image_id for image in labelled[:2]}
    again = await user.call("DeleteImagesByFilter", filter=LINE_3)
    assert (again.deleted_count, again.remaining_count) == (0, 0)
    assert (await user.call("UndeleteImage", image_id=labelled[0].image_id)).image_id


async def test_what_is_deleted_permanently_is_in_no_trash(
    user: StorageUser, labelled: list[image_pb2.Image]
) -> None:
    await user.call("DeleteImagesByFilter", filter=LINE_3, permanently=True)
    assert not (await user.page(deleted=True)).images
    assert len((await user.page()).images) == len(labelled) - 2


async def test_nothing_is_deleted_if_the_count_has_changed(
    user: StorageUser, labelled: list[image_pb2.Image]
) -> None:
    for wrong in (0, 1, 3):
        error = await refused(
            user.call("DeleteImagesByFilter", filter=LINE_3, expected_count=wrong),
            grpc.StatusCode.FAILED_PRECONDITION,
            "COUNT_CHANGED",
        )
        assert "finds 2 images" in str(error.details())
    assert len((await user.page()).images) == len(labelled)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [("", "INVALID_REQUEST"), ("  ", "INVALID_FILTER"), ("labels.line =", "INVALID_FILTER")],
)
async def test_a_filter_that_says_nothing_deletes_nothing(
    user: StorageUser, labelled: list[image_pb2.Image], wrong: str, reason: str
) -> None:
    call = user.call("DeleteImagesByFilter", filter=wrong)
    await refused(call, grpc.StatusCode.INVALID_ARGUMENT, reason)
    assert len((await user.page()).images) == len(labelled)
