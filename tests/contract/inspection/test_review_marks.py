"""What inspection asks of whoever notes what is skipped and claimed of review queues."""

import asyncio
from datetime import timedelta

from services.inspection.model import Claim
from tests.support.inspection.records import NOON, Stores, at, new_id


async def inspected(stores: Stores, user: str, count: int) -> list[str]:
    set_id = await stores.ready_set(user)
    return [(await stores.inspect(set_id, user)).inspection_id for _ in range(count)]


async def test_what_was_skipped_is_known_between_two_times_to_who_skipped_it(
    stores: Stores, user: str, other: str
) -> None:
    first, second = await inspected(stores, user, 2)
    await stores.marks.skip(first, user, at(1))
    await stores.marks.skip(first, user, at(3))
    await stores.marks.skip(second, other, at(3))
    await stores.marks.skip(new_id(), user, at(3))

    async def skipped(after: float, until: float) -> set[str]:
        both = [first, second]
        return set(await stores.marks.skipped(user, both, after=at(after), until=at(until)))

    assert await skipped(0, 2) == set(), "it was skipped again later"
    assert await skipped(2, 3) == {first}
    assert await skipped(3, 9) == set()
    await stores.marks.unskip(first, user)
    await stores.marks.unskip(first, user)
    assert await skipped(2, 3) == set()


async def test_an_item_is_in_one_claim_until_it_expires(stores: Stores, user: str) -> None:
    ids = await inspected(stores, user, 3)
    one, two = new_id(), new_id()
    claim = stores.marks.claim

    assert await claim(Claim(one, ids[:2], at(10)), user, now=NOON) == ids[:2]
    assert await claim(Claim(two, ids, at(10)), user, now=at(9)) == ids[2:]
    assert await stores.marks.in_hand(ids, now=at(9)) == set(ids)
    assert await stores.marks.claimed(one, now=at(9)) == Claim(one, ids[:2], at(10))
    assert await stores.marks.claimed(one, now=at(10)) is None
    assert await stores.marks.in_hand(ids, now=at(10)) == set()
    assert await claim(Claim(two, ids, at(20)), user, now=at(10)) == ids


async def test_a_claim_that_grows_keeps_its_order(stores: Stores, user: str) -> None:
    ids = await inspected(stores, user, 4)
    claim_id = new_id()
    for some in (ids[2:], ids[:2]):
        assert await stores.marks.claim(Claim(claim_id, some, at(10)), user, now=NOON) == some
    found = await stores.marks.claimed(claim_id, now=NOON)
    assert found is not None
    assert found.inspection_ids == [*ids[2:], *ids[:2]]


async def test_of_two_who_claim_at_once_each_item_goes_to_one(stores: Stores, user: str) -> None:
    ids = await inspected(stores, user, 8)
    claims = [Claim(new_id(), order, at(10)) for order in (ids, ids[::-1], ids, ids[::-1])]
    got = await asyncio.gather(*(stores.marks.claim(claim, user, now=NOON) for claim in claims))
    assert sorted(one for some in got for one in some) == sorted(ids)


async def test_items_are_given_back_by_who_has_them(stores: Stores, user: str, other: str) -> None:
    ids = await inspected(stores, user, 3)
    claim_id = new_id()
    await stores.marks.claim(Claim(claim_id, ids, at(10)), user, now=NOON)

    await stores.marks.release(claim_id, other, [])
    await stores.marks.release(new_id(), user, [])
    assert await stores.marks.in_hand(ids, now=NOON) == set(ids)
    await stores.marks.release(claim_id, user, [ids[0], new_id()])
    assert await stores.marks.in_hand(ids, now=NOON) == set(ids[1:])
    await stores.marks.release(claim_id, user, [])
    assert await stores.marks.in_hand(ids, now=NOON) == set()


async def test_what_has_no_effect_any_more_is_forgotten(stores: Stores, user: str) -> None:
    ids = await inspected(stores, user, 2)
    now = await stores.pool.fetchval("SELECT now()")
    for inspection_id, time in zip(ids, (now, now - timedelta(days=3)), strict=True):
        await stores.marks.skip(inspection_id, user, time)
        await stores.marks.claim(Claim(new_id(), [inspection_id], time), user, now=NOON)

    await stores.inspections.forget_before(at(-1))

    for table in ("review_skips", "review_claims"):
        left = await stores.pool.fetch(f"SELECT inspection_id FROM inspection.{table}")  # noqa: S608 - our own names
        assert [str(row["inspection_id"]) for row in left] == [ids[0]], table
