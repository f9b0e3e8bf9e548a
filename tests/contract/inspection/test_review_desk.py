"""The review queue over real stores: whose image is gone, and what time does."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import numpy as np
import pytest
from argus.storage.v1.image_pb2 import ImagePreview

from services.inspection.model import InspectionRecord
from services.inspection.records.postgres_wishes import PostgresWishes
from services.inspection.review.review_desk import ReviewDesk
from tests.support.inspection.records import NOON, Stores, at, new_id


class Shelf:
    """`Previews` of all images but those that are in the trash."""

    def __init__(self) -> None:
        self.trash: set[str] = set()
        self.answers = True

    async def of(self, image_ids: Iterable[str]) -> Mapping[str, ImagePreview] | None:
        if not self.answers:
            return None
        return {one: ImagePreview(image_id=one) for one in image_ids if one not in self.trash}


class Clock:
    def __init__(self) -> None:
        self.now = NOON + timedelta(hours=1)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(stores: Stores, shelf: Shelf, clock: Clock) -> ReviewDesk:
    return ReviewDesk(
        stores.inspections, stores.marks, PostgresWishes(stores.pool), shelf, clock=clock
    )


@pytest.fixture
async def inspected(stores: Stores, user: str) -> list[InspectionRecord]:
    """Four inspections of images of which no two are alike."""
    set_id = await stores.ready_set(user)
    return [
        await stores.inspect(
            set_id, user, descriptor=np.eye(8, dtype=np.float32)[place], created_at=at(place)
        )
        for place in range(4)
    ]


async def shown(desk: ReviewDesk, user: str) -> dict[str, ImagePreview | None]:
    page = await desk.page(user, "", at=None, skip=0, limit=10)
    return {one.inspection_id: one.preview for one in page.items}


async def test_what_is_in_the_trash_is_left_out_and_comes_back(
    desk: ReviewDesk, shelf: Shelf, user: str, inspected: list[InspectionRecord]
) -> None:
    ids = [one.inspection_id for one in inspected]
    before = await shown(desk, user)
    assert before == {one.inspection_id: ImagePreview(image_id=one.image_id) for one in inspected}
    shelf.trash = {inspected[0].image_id}
    assert (await shown(desk, user)).keys() == set(ids[1:])
    claimed = await desk.claim(user, "", limit=4)
    assert {one.inspection_id for one in claimed.items} == set(ids[1:])
    shelf.trash.clear()
    assert await shown(desk, user) == before


async def test_an_item_in_the_trash_does_not_take_the_place_of_another(
    desk: ReviewDesk, shelf: Shelf, user: str, inspected: list[InspectionRecord]
) -> None:
    first, second, *_ = await shown(desk, user)
    shelf.trash = {one.image_id for one in inspected if one.inspection_id == first}
    claimed = await desk.claim(user, "", limit=1)
    assert [one.inspection_id for one in claimed.items] == [second]


async def test_without_storage_the_queue_is_answered_without_pictures(
    desk: ReviewDesk, shelf: Shelf, user: str, inspected: list[InspectionRecord]
) -> None:
    shelf.answers = False
    assert await shown(desk, user) == dict.fromkeys((one.inspection_id for one in inspected), None)
    assert len((await desk.claim(user, "", limit=2)).items) == 2


async def test_what_was_skipped_returns_to_its_place_after_a_day(
    desk: ReviewDesk, clock: Clock, user: str, inspected: list[InspectionRecord]
) -> None:
    assert inspected
    order = list(await shown(desk, user))
    await desk.skip(order[0], user)
    assert list(await shown(desk, user)) == [*order[1:], order[0]]
    clock.now += timedelta(hours=23, minutes=59)
    assert list(await shown(desk, user))[-1] == order[0]
    clock.now += timedelta(minutes=1)
    assert list(await shown(desk, user)) == order


async def test_what_is_like_a_skipped_item_waits_behind_it(
    stores: Stores, desk: ReviewDesk, user: str, inspected: list[InspectionRecord]
) -> None:
    order = list(await shown(desk, user))
    (skipped,) = (one for one in inspected if one.inspection_id == order[0])
    await stores.inspect(
        skipped.set_id, user, descriptor=skipped.descriptor, p_value=skipped.p_value / 10
    )
    assert list(await shown(desk, user)) == order, "it is the least sure of its kind"
    await desk.skip(order[0], user)
    assert list(await shown(desk, user)) == [*order[1:], order[0]]


async def test_a_claim_lasts_ten_minutes(
    desk: ReviewDesk, clock: Clock, user: str, inspected: list[InspectionRecord]
) -> None:
    request_id = new_id()
    first = await desk.claim(user, "", limit=4, request_id=request_id)
    assert first.expires_at == clock.now + timedelta(minutes=10)
    clock.now += timedelta(minutes=9)
    assert not (await desk.claim(user, "", limit=4)).items
    again = await desk.claim(user, "", limit=4, request_id=request_id)
    assert (again.items, again.expires_at) == (first.items, first.expires_at)
    clock.now += timedelta(minutes=1)
    assert len((await desk.claim(user, "", limit=4)).items) == len(inspected)
