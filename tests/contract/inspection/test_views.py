"""What inspection asks of whoever keeps views of sets."""

import asyncio
from dataclasses import replace

import pytest

from services.inspection.errors import ReferenceSetNotFound, TooManyReferenceSets, TooManyViews
from services.inspection.model import EACH_ITS_OWN, GroupShare, PartRule, Role
from services.inspection.records.postgres_accounts import PostgresUserRecords
from services.inspection.reference_set import ReferenceSet
from services.inspection.sharing import Whom
from tests.support.inspection.records import (
    MOST,
    MOST_SETS,
    Stores,
    a_set,
    a_version,
    an_inspection,
    at,
    new_id,
)


def a_view(user: str, set_id: str, minute: float = 0) -> ReferenceSet:
    return replace(a_set(user, created_at=at(minute)), view_of=set_id)


async def new_view(
    stores: Stores, user: str, set_id: str, minute: float = 0, *, copy_images: bool = False
) -> str:
    made = a_view(user, set_id, minute)
    await stores.sets.create(made, most=MOST_SETS, most_views=16, copy_images=copy_images)
    return made.set_id


async def test_a_set_has_a_bounded_number_of_views_which_count_as_sets(
    stores: Stores, user: str
) -> None:
    set_id = await stores.new_set(user)
    made = [a_view(user, set_id) for _ in range(6)]

    outcomes = await asyncio.gather(
        *(stores.sets.create(one, most=MOST_SETS, most_views=3) for one in made),
        return_exceptions=True,
    )

    refused = [one for one in outcomes if one is not None]
    assert [type(one) for one in refused] == [TooManyViews] * 3
    kept = [one for one, outcome in zip(made, outcomes, strict=True) if outcome is None]
    await stores.sets.create(kept[0], most=4, most_views=3)  # It is there already.
    with pytest.raises(TooManyReferenceSets):
        await stores.sets.create(a_set(user), most=4)
    await stores.sets.delete(kept[0].set_id)
    await stores.sets.create(a_view(user, set_id), most=4, most_views=3)


async def test_views_are_in_the_order_in_which_they_were_made_and_not_listed(
    stores: Stores, user: str
) -> None:
    set_id = await stores.new_set(user)
    views = [await new_view(stores, user, set_id, minute) for minute in (2, 1)]

    assert [one.set_id for one in await stores.sets.part(set_id)] == [set_id, *reversed(views)]
    assert [one.set_id for one in await stores.sets.part(views[0])] == [views[0]]
    assert list(await stores.sets.part(new_id())) == []
    [listed] = await stores.sets.list(user, before=None, limit=10)
    assert [one.set_id for one in listed.views] == list(reversed(views))


async def test_a_view_begins_with_its_sets_images_and_accepted_parts(
    stores: Stores, user: str
) -> None:
    images = [new_id() for _ in range(4)]
    set_id = await stores.new_set(user, *images)
    await stores.sets.propose_parts(set_id, "found", {images[0]: 1, images[2]: 1})
    assert await stores.sets.set_part_rule(set_id, PartRule(proposal="found"))
    await stores.sets.forget_images([images[1]])

    view = await new_view(stores, user, set_id, copy_images=True)

    kept = [images[0], *images[2:]]
    assert [one for _, one in await stores.sets.images(view, after=0, limit=MOST)] == kept
    found = await stores.seen(view, user)
    assert (found.image_count, found.part_rule) == (3, EACH_ITS_OWN)
    assert await stores.sets.parts(view) == {images[0]: 1, images[2]: 1}
    await stores.sets.forget_images([images[0]])
    assert [(await stores.seen(one, user)).image_count for one in (set_id, view)] == [2, 2]


async def test_a_view_of_a_set_that_is_gone_is_not_made(stores: Stores, user: str) -> None:
    set_id = await stores.new_set(user)
    await stores.sets.delete(set_id)
    view = a_view(user, set_id)

    with pytest.raises(ReferenceSetNotFound):
        await stores.sets.create(view, most=MOST_SETS, most_views=16)
    assert await stores.sets.owner(view.set_id) == ""


async def test_views_made_while_their_set_is_deleted_go_with_it_or_are_not_made(
    stores: Stores, user: str
) -> None:
    set_id = await stores.new_set(user)
    made = [a_view(user, set_id) for _ in range(8)]

    await asyncio.gather(
        *(stores.sets.create(one, most=MOST_SETS, most_views=16) for one in made[:4]),
        stores.sets.delete(set_id),
        *(stores.sets.create(one, most=MOST_SETS, most_views=16) for one in made[4:]),
        stores.sets.delete(set_id),
        return_exceptions=True,
    )

    assert {await stores.sets.owner(one.set_id) for one in made} == {""}


async def test_a_views_role_is_that_in_its_set(stores: Stores, user: str, other: str) -> None:
    set_id, group, member = await stores.ready_set(user), new_id(), new_id()
    view = await new_view(stores, user, set_id)
    assert await stores.kept(a_version(view)) == 1
    stores.memberships.of |= {user: frozenset({group}), member: frozenset({group})}
    assert await stores.sets.in_use(view, other) is None
    assert await stores.sets.in_use(view, member) is None

    await stores.share(set_id, [other], Role.VIEWER)
    await stores.invite(set_id, Whom(group_ids=[group]))

    found = await stores.sets.in_use(view, other)
    assert found is not None
    assert not found.may_inspect
    found = await stores.sets.in_use(view, member)
    assert found is not None
    assert (found.set_id, found.current_version, found.may_inspect) == (view, 1, True)
    sight = await stores.jobs.sight(view, new_id())
    assert sight is not None
    assert sight.member_ids == {other}
    assert sight.group_ids == {group}
    assert list((await stores.seen(view, user)).groups) == [GroupShare(group, Role.INSPECTOR)]
    inspected = an_inspection(view, member)
    await stores.inspections.record([inspected])
    [(waiting, _)] = await stores.inspections.unjudged(member, "", at=at(1), limit=10)
    assert waiting == inspected

    stores.memberships.of[user] = frozenset()
    await stores.unshare(set_id, [other])
    assert [await stores.sets.in_use(view, who) for who in (other, member)] == [None, None]


async def test_the_inspections_of_a_part_are_found_by_what_they_have_in_common(
    stores: Stores, user: str, other: str
) -> None:
    set_id, part_id = await stores.ready_set(user), new_id()
    view = await new_view(stores, user, set_id)
    mine = [an_inspection(one, user, part_inspection_id=part_id) for one in (set_id, view)]
    others = [an_inspection(set_id, user), an_inspection(set_id, user, part_inspection_id=new_id())]
    await stores.inspections.record([*mine, *others])

    found = await stores.history.list(user, part_inspection_id=part_id, limit=10)
    assert {one.record.inspection_id for one in found} == {one.inspection_id for one in mine}
    assert {one.record.part_inspection_id for one in found} == {part_id}
    assert await stores.inspections.get(others[0].inspection_id, user) == others[0]
    assert not await stores.history.list(other, part_inspection_id=part_id, limit=10)


async def test_nothing_of_views_is_left_of_an_account(stores: Stores, user: str) -> None:
    set_id = await stores.ready_set(user)
    views = [await new_view(stores, user, set_id) for _ in range(3)]
    await stores.inspections.record([an_inspection(one, user) for one in (set_id, *views)])
    records, deletion_id = PostgresUserRecords(stores.pool), new_id()

    await records.erase(user, deletion_id, email="")

    removed = await records.removed(deletion_id)
    assert (removed["reference_sets"], removed["inspections"]) == (4, 4)
    assert {await stores.sets.owner(one) for one in (set_id, *views)} == {""}
