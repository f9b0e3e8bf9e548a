"""Whom sets are shared with, over a real PostgreSQL: in person, who must agree, and by groups."""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import aclosing
from dataclasses import replace

import pytest

from services.inspection.errors import (
    AuthUnavailable,
    ReferenceSetNotFound,
    TooManyInvitations,
)
from services.inspection.jobs.watching import JobWatch
from services.inspection.model import GroupShare, Member, Role
from services.inspection.records.postgres_accounts import PostgresUserRecords
from services.inspection.records.share_upkeep import ShareUpkeep
from services.inspection.sharing import Bounds, Whom
from tests.support.inspection.records import NOON, Stores, at, new_id

BEN = "ben@example.org"


async def listed(stores: Stores, user_id: str) -> list[str]:
    found = await stores.sets.list(user_id, before=None, limit=10)
    return [one.set_id for one in found]


async def offers(stores: Stores, user_id: str, email: str = "", minute: float = 0) -> list[str]:
    found = await stores.shares.invitations_to(user_id, email, at(minute), limit=10)
    return [one.invitation_id for one in found]


async def test_people_see_a_set_when_they_have_accepted(
    stores: Stores, user: str, other: str
) -> None:
    set_id = await stores.new_set(user)
    await stores.invite(set_id, Whom(emails=[BEN]), Role.VIEWER)
    assert await stores.sets.get(set_id, other) is None
    assert await listed(stores, other) == []
    (offered,) = await stores.shares.invitations_to(other, BEN, NOON, limit=10)
    assert (offered.set_id, offered.display_name, offered.role) == (set_id, "tiles", Role.VIEWER)
    assert (offered.inviter_email, offered.email) == ("owner@example.org", BEN)
    assert list((await stores.seen(set_id, user)).invitations) == [offered]
    assert await offers(stores, new_id(), "eve@example.org") == []

    accepted = stores.shares.accept
    assert await accepted(offered.invitation_id, new_id(), "eve@example.org", NOON) is None
    assert await accepted(offered.invitation_id, other, BEN, NOON) == set_id
    assert await accepted(offered.invitation_id, other, BEN, NOON) is None
    seen = await stores.seen(set_id, user)
    assert list(seen.members) == [Member(other, Role.VIEWER, BEN)]
    assert list(seen.invitations) == []
    assert await listed(stores, other) == [set_id]
    theirs = await stores.seen(set_id, other)
    assert [*theirs.members, *theirs.groups, *theirs.invitations] == [], "the owner's to see"

    # Whom it is shared with already agrees to another role.
    await stores.invite(set_id, Whom(emails=[BEN]), Role.INSPECTOR)
    assert list((await stores.seen(set_id, user)).members) == [Member(other, Role.INSPECTOR, BEN)]
    assert await offers(stores, other, BEN) == []
    await stores.shares.unshare(set_id, Whom(emails=[BEN]))
    assert await stores.sets.get(set_id, other) is None


async def test_who_declines_is_not_asked_again_and_not_told_of(
    stores: Stores, user: str, other: str
) -> None:
    set_id = await stores.new_set(user)
    await stores.invite(set_id, Whom([other]))
    (invitation_id,) = await offers(stores, other)
    assert not await stores.shares.decline(invitation_id, new_id(), "", NOON)
    assert await stores.shares.decline(invitation_id, other, "", NOON)
    assert not await stores.shares.decline(invitation_id, other, "", NOON)
    assert await stores.shares.accept(invitation_id, other, "", NOON) is None
    await stores.invite(set_id, Whom([other]))
    assert await offers(stores, other) == []
    (shown,) = (await stores.seen(set_id, user)).invitations
    assert (shown.invitation_id, shown.user_id) == (invitation_id, other)


async def test_invitations_end_with_time_and_when_taken_back(
    stores: Stores, user: str, other: str
) -> None:
    set_id = await stores.new_set(user)
    await stores.invite(set_id, Whom([other]))
    (invitation_id,) = await offers(stores, other)
    assert await offers(stores, other, minute=60) == []
    assert await stores.shares.accept(invitation_id, other, "", at(60)) is None
    await stores.shares.unshare(set_id, Whom([other]))
    assert await offers(stores, other) == []
    await stores.invite(set_id, Whom([other]))
    await stores.shares.forget_expired(at(60))
    assert await offers(stores, other) == []


async def test_who_a_set_is_shared_with_may_give_it_up(
    stores: Stores, user: str, other: str
) -> None:
    set_id = await stores.new_set(user)
    await stores.share(set_id, [other])
    assert await stores.shares.leave(set_id, other)
    assert not await stores.shares.leave(set_id, other)
    assert await stores.sets.get(set_id, other) is None


async def test_members_of_a_group_see_a_set_as_long_as_they_and_its_owner_are_in_it(
    stores: Stores, user: str, other: str
) -> None:
    set_id, group_id = await stores.ready_set(user), new_id()
    await stores.invite(set_id, Whom(group_ids=[group_id]), Role.VIEWER)
    assert list((await stores.seen(set_id, user)).groups) == [GroupShare(group_id, Role.VIEWER)]
    assert await stores.sets.get(set_id, other) is None
    both = {user: frozenset({group_id}), other: frozenset({group_id, new_id()})}
    stores.memberships.of.update(both)
    seen = await stores.seen(set_id, other)
    assert (seen.user_id, seen.groups) == (user, ())
    assert await stores.sets.in_use(set_id, other) == replace(seen.in_use, may_inspect=False)
    assert await listed(stores, other) == [set_id]
    assert await listed(stores, user) == [set_id], "once, though the owner is in the group"

    await stores.invite(set_id, Whom(group_ids=[group_id]), Role.INSPECTOR)
    assert await stores.sets.in_use(set_id, other) == seen.in_use
    for left in (user, other):
        stores.memberships.of[left] = frozenset()
        assert await stores.sets.get(set_id, other) is None
        stores.memberships.of.update(both)
    assert await listed(stores, other) == [set_id]
    await stores.shares.unshare(set_id, Whom(group_ids=[group_id]))
    assert await stores.sets.get(set_id, other) is None
    assert await listed(stores, other) == []


async def test_in_person_and_by_groups_the_larger_role_counts(
    stores: Stores, user: str, other: str
) -> None:
    set_id, groups = await stores.ready_set(user), [new_id(), new_id()]
    for who in (user, other):
        stores.memberships.of[who] = frozenset(groups)
    await stores.share(set_id, [other], Role.VIEWER)
    await stores.invite(set_id, Whom(group_ids=groups[:1]), Role.VIEWER)
    found = await stores.sets.in_use(set_id, other)
    assert found is not None
    assert not found.may_inspect
    await stores.invite(set_id, Whom(group_ids=groups[1:]), Role.INSPECTOR)
    found = await stores.sets.in_use(set_id, other)
    assert found is not None
    assert found.may_inspect
    assert await listed(stores, other) == [set_id], "once, though it is shared three times"
    inspected = await stores.inspect(set_id, other)
    assert [one.inspection_id for one in await stores.unjudged(other, set_id)] == [
        inspected.inspection_id
    ]


async def test_what_is_shared_through_a_group_waits_for_review(
    stores: Stores, user: str, other: str
) -> None:
    set_id, group_id = await stores.ready_set(user), new_id()
    stores.memberships.of.update({one: frozenset({group_id}) for one in (user, other)})
    await stores.invite(set_id, Whom(group_ids=[group_id]))
    inspected = await stores.inspect(set_id, other)
    assert [one.inspection_id for one in await stores.unjudged(other, "")] == [
        inspected.inspection_id
    ]
    stores.memberships.of[other] = frozenset()
    assert await stores.unjudged(other, "") == []


async def test_without_auth_own_sets_and_those_shared_in_person_are_there(
    stores: Stores, user: str, other: str
) -> None:
    set_id, third = await stores.ready_set(user), new_id()
    await stores.share(set_id, [other])
    await stores.invite(set_id, Whom(group_ids=[new_id()]))
    stores.memberships.down = True
    for who in (user, other):
        assert await stores.sets.get(set_id, who) is not None
        assert await listed(stores, who) == [set_id]
    # A set that there is none of answers like one that may be shared through a group.
    for one in (set_id, new_id()):
        with pytest.raises(AuthUnavailable):
            await stores.sets.in_use(one, third)
    assert await listed(stores, third) == []


async def test_a_watch_ends_when_the_watcher_leaves_the_group(
    stores: Stores, user: str, other: str
) -> None:
    job = await stores.begun(await stores.new_set(user, new_id()))
    group_id = new_id()
    stores.memberships.of.update({one: frozenset({group_id}) for one in (user, other)})
    watch = JobWatch(stores.jobs, stores.memberships, look_every_s=0)
    with pytest.raises(ReferenceSetNotFound):
        await anext(watch.watch(job.set_id, job.job_id, other))
    await stores.invite(job.set_id, Whom(group_ids=[group_id]))
    async with aclosing(watch.watch(job.set_id, job.job_id, other)) as sightings:
        assert (await anext(sightings)).job == job
        stores.memberships.of[other] = frozenset()
        with pytest.raises(ReferenceSetNotFound):
            await anext(sightings)


async def test_everything_has_a_bound_which_calls_at_once_keep(
    stores: Stores, user: str, other: str
) -> None:
    set_id = await stores.new_set(user)
    people, groups, sent = Bounds(people=3), Bounds(groups=1), Bounds(invitations=4)
    asked = [stores.invite(set_id, Whom([new_id()]), bounds=people) for _ in range(5)]
    invited = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in invited].count(TooManyInvitations) == 2
    with pytest.raises(TooManyInvitations):
        await stores.invite(set_id, Whom(group_ids=[new_id(), new_id()]), bounds=groups)
    seen = await stores.seen(set_id, user)
    assert (len(seen.invitations), len(seen.groups)) == (3, 0), "all is shared or nothing"
    with pytest.raises(TooManyInvitations):
        await stores.invite(await stores.new_set(user), Whom([new_id(), other]), bounds=sent)
    await stores.invite(await stores.new_set(other), Whom([new_id(), new_id()]), bounds=sent)


async def test_invitations_to_a_deleted_account_go_with_it(
    stores: Stores, user: str, other: str
) -> None:
    set_id, group_id = await stores.new_set(user), new_id()
    await stores.invite(set_id, Whom([other, new_id()], [BEN, "eve@example.org"], [group_id]))
    records, deletion_id = PostgresUserRecords(stores.pool), new_id()
    await records.erase(other, deletion_id, email=BEN)
    assert (await records.removed(deletion_id))["invitations_to_them"] == 2
    left = (await stores.seen(set_id, user)).invitations
    assert {one.email for one in left} == {"", "eve@example.org"}
    assert other not in {one.user_id for one in left}
    await records.erase(user, deletion_id := new_id(), email="")
    assert (await records.removed(deletion_id))["shares"] == 3


async def test_what_is_shared_with_groups_that_owners_left_is_tidied_up(
    stores: Stores, user: str, other: str
) -> None:
    stays, ends, group_id, gone = (
        await stores.new_set(user),
        await stores.new_set(other),
        new_id(),
        new_id(),
    )
    for set_id in (stays, ends):
        await stores.invite(set_id, Whom(["00000000-0000-4000-8000-000000000000"]))
        await stores.invite(set_id, Whom(group_ids=[group_id, gone]))

    class Check:
        async def holding(self, pairs: Sequence[tuple[str, str]]) -> Collection[tuple[str, str]]:
            assert len(pairs) == 4
            return [(group_id, user)]

    await ShareUpkeep(stores.shares, Check(), clock=lambda: at(60)).once()
    assert list((await stores.seen(stays, user)).groups) == [GroupShare(group_id, Role.INSPECTOR)]
    assert list((await stores.seen(ends, other)).groups) == []
    assert not (await stores.seen(stays, user)).invitations
