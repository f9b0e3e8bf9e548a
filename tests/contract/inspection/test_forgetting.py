"""Nothing comes back of an image that was deleted while it was still being written of."""

import asyncio
from contextlib import suppress

import pytest

from services.clients.errors import ImageNotFound
from services.inspection.errors import InspectionNotFound
from tests.support.eventually import eventually
from tests.support.inspection.records import MOST, NOON, Stores, an_inspection, feedback_on, new_id


async def rows_of(stores: Stores, image_id: str) -> int:
    """Rows that name an image."""
    count: int = await stores.pool.fetchval(
        "SELECT (SELECT count(*) FROM inspection.inspections WHERE image_id = $1) "
        "+ (SELECT count(*) FROM inspection.reference_images WHERE image_id = $1) "
        "+ (SELECT count(*) FROM inspection.feedback WHERE image_id = $1)",
        image_id,
    )
    return count


async def test_an_inspection_of_a_forgotten_image_is_not_kept_nor_counted(
    stores: Stores, user: str
) -> None:
    set_id = await stores.ready_set(user)
    gone, stays = new_id(), new_id()
    await stores.sets.forget_images([gone])

    records = [an_inspection(set_id, user, image_id=one) for one in (gone, stays, "")]
    await stores.inspections.record(records)

    kept = [await stores.inspections.get(one.inspection_id, user) for one in records]
    assert [one is not None for one in kept] == [False, True, True]
    (row,) = await stores.inspections.stats(user, "", 0)
    assert row.inspected == 2


async def test_a_forgotten_image_does_not_join_a_set(stores: Stores, user: str) -> None:
    gone, stays = new_id(), new_id()
    set_id = await stores.new_set(user, stays)
    await stores.sets.forget_images([gone])

    with pytest.raises(ImageNotFound) as caught:
        await stores.sets.add_images(set_id, [new_id(), gone], most=MOST)

    assert caught.value.metadata == {"missing": gone}
    seen = await stores.seen(set_id, user)
    assert (seen.image_count, len(await stores.sets.images(set_id, after=0, limit=9))) == (1, 1)


async def test_nothing_is_said_of_a_forgotten_image(stores: Stores, user: str) -> None:
    set_id = await stores.ready_set(user)
    inspected = await stores.inspect(set_id, user)
    await stores.sets.forget_images([inspected.image_id])

    said = feedback_on(inspected, "mark_normal", 1)
    with pytest.raises((ImageNotFound, InspectionNotFound)):
        await stores.feedback.add(said)
    with pytest.raises(ImageNotFound):
        await stores.say(inspected, "comment", 2, inspection_id="", set_id="")

    assert await rows_of(stores, inspected.image_id) == 0


@pytest.mark.parametrize("what", ["inspection", "member", "feedback"])
async def test_what_is_being_written_when_an_image_is_forgotten_does_not_stay(
    stores: Stores, user: str, what: str
) -> None:
    set_id = await stores.ready_set(user)
    inspected = await stores.inspect(set_id, user)
    image_id = inspected.image_id if what == "feedback" else new_id()

    async def write() -> None:
        with suppress(ImageNotFound, InspectionNotFound):
            if what == "inspection":
                await stores.inspect(set_id, user, image_id=image_id)
            elif what == "member":
                await stores.sets.add_images(set_id, [image_id], most=MOST)
            else:
                await stores.say(inspected, "mark_normal", 1)

    async def waiting(count: int) -> bool:
        found = await stores.pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(found >= count)

    async with stores.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "SELECT FROM inspection.reference_sets WHERE id = $1 FOR UPDATE", set_id
        )
        writing = asyncio.create_task(write())
        await eventually(lambda: waiting(1), "it is half-written")
        forgetting = asyncio.create_task(stores.sets.forget_images([image_id]))

        async def met() -> bool:
            return forgetting.done() or await waiting(2)

        await eventually(met, "it is being forgotten")
    await asyncio.gather(writing, forgetting)

    assert await rows_of(stores, image_id) == 0
    images = await stores.sets.images(set_id, after=0, limit=MOST)
    assert (await stores.seen(set_id, user)).image_count == len(images)


async def test_tombstones_are_swept_after_thirty_days(stores: Stores, user: str) -> None:
    set_id = await stores.ready_set(user)
    old, late = new_id(), new_id()
    await stores.sets.forget_images([old, late])
    await stores.pool.execute(
        "UPDATE inspection.forgotten_images SET forgotten_at = now() - interval '31 days'"
    )
    await stores.sets.forget_images([late])

    await stores.inspections.forget_before(NOON)

    left = await stores.pool.fetch("SELECT image_id FROM inspection.forgotten_images")
    assert {str(row["image_id"]) for row in left} >= {late}
    assert old not in {str(row["image_id"]) for row in left}
    assert await stores.sets.add_images(set_id, [old], most=MOST)
