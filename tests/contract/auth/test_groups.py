"""Groups over a real PostgreSQL, and the marks that tell services of changes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
import redis.asyncio

from services.auth.errors import (
    GroupNotFound,
    GroupReadOnly,
    InvitationNotFound,
    TooManyGroups,
    TooManyInvitations,
)
from services.auth.group_model import NewInvitation
from services.auth.groups import OPEN_FOR, Groups
from services.auth.postgres_deletions import PostgresDeletions
from services.auth.postgres_groups import PostgresGroups
from services.runtime.errors import AlreadyExists
from services.runtime.identity import Identity, SessionClosed
from services.runtime.memberships import MembershipMarks
from tests.support.databases import migrated_pool

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MOST = 100


@pytest.fixture(scope="module")
async def pool(fresh_postgres_url: str) -> AsyncIterator[asyncpg.Pool]:
    async with migrated_pool(fresh_postgres_url, "auth") as opened:
        yield opened


@dataclass
class House:
    """Groups, with the time in a test's hands."""

    pool: asyncpg.Pool
    marks: MembershipMarks
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.store = PostgresGroups(self.pool)
        self.groups = Groups(self.store, self.marks, clock=lambda: self.now)

    async def person(self, email: str = "") -> Identity:
        """Somebody with an account."""
        user_id = uuid4()
        await self.pool.execute(
            "INSERT INTO auth.users (user_id, email, display_name, password_hash, created_at) "
            "VALUES ($1, $2, 'somebody', 'hash', $3)",
            user_id,
            email or f"{user_id.hex}@example.org",
            NOW,
        )
        return Identity(str(user_id), str(uuid4()), "", "token")

    async def email(self, who: Identity) -> str:
        found: str = await self.pool.fetchval(
            "SELECT email FROM auth.users WHERE user_id = $1", UUID(who.user_id)
        )
        return found

    async def group_of(self, owner: Identity, *members: Identity) -> UUID:
        """A group whose members joined in this order."""
        group_id = (await self.groups.create(owner, "line 3", "")).group_id
        for member in members:
            self.now += timedelta(seconds=1)
            invited = await self.groups.invite(owner, group_id, await self.email(member))
            await self.groups.accept(member, invited.invitation_id)
        return group_id

    async def members(self, who: Identity, group_id: UUID) -> list[tuple[str, bool]]:
        found = await self.groups.get(who, group_id)
        return [(str(one.user_id), one.owner) for one in found.members]

    async def delete_account(self, who: Identity) -> dict[str, int]:
        ended = await PostgresDeletions(self.pool, ("inspection",)).end(
            UUID(who.user_id), uuid4(), seen_hash="hash", now=self.now
        )
        assert ended is not None
        return dict(ended.record.reports[0].removed)


@pytest.fixture
async def house(pool: asyncpg.Pool, client: redis.asyncio.Redis) -> House:
    await pool.execute(
        "TRUNCATE auth.groups, auth.group_members, auth.group_invitations, auth.users CASCADE"
    )
    return House(pool, MembershipMarks(client))


async def test_who_makes_a_group_owns_it_and_is_in_it_alone(house: House) -> None:
    ada, ben = await house.person(), await house.person()
    request_id = str(uuid4())
    made = await house.groups.create(ada, "line 3", request_id)
    again = await house.groups.create(ada, "line 3", request_id)
    assert (made, made.owned, made.member_count) == (again, True, 1)
    assert await house.members(ada, made.group_id) == [(ada.user_id, True)]
    assert await house.groups.list_of(ben) == []
    for act in (
        house.groups.get(ben, made.group_id),
        house.groups.rename(ben, made.group_id, "mine"),
        house.groups.leave(ben, made.group_id),
        house.groups.get(ada, uuid4()),
    ):
        with pytest.raises(GroupNotFound):
            await act


async def test_people_join_only_by_accepting_what_is_to_their_address(house: House) -> None:
    ada, ben, eve = [await house.person() for _ in range(3)]
    group_id = await house.group_of(ada)
    invited = await house.groups.invite(ada, group_id, (await house.email(ben)).upper())
    assert await house.groups.list_of(ben) == []
    (offered,) = await house.groups.invitations_to(ben)
    assert (offered, offered.inviter_email) == (invited, await house.email(ada))
    assert await house.groups.invitations_to(eve) == []
    for act in (
        house.groups.accept(eve, invited.invitation_id),
        house.groups.decline(eve, invited.invitation_id),
        house.groups.accept(ben, uuid4()),
    ):
        with pytest.raises(InvitationNotFound):
            await act
    house.now += timedelta(seconds=1)
    joined = await house.groups.accept(ben, invited.invitation_id)
    assert (joined.owned, joined.member_count) == (False, 2)
    assert await house.members(ben, group_id) == [(ada.user_id, True), (ben.user_id, False)]
    with pytest.raises(InvitationNotFound):
        await house.groups.accept(ben, invited.invitation_id)
    with pytest.raises(AlreadyExists):
        await house.groups.invite(ada, group_id, await house.email(ben))


async def test_an_invitation_waits_for_an_account_and_tells_nothing_of_one(house: House) -> None:
    ada, ben = await house.person(), await house.person()
    group_id = await house.group_of(ada)
    known = await house.groups.invite(ada, group_id, await house.email(ben))
    unknown = await house.groups.invite(ada, group_id, "later@example.org")
    same = {"group_id", "group_name", "inviter_email", "created_at", "expires_at"}
    assert {name: getattr(known, name) for name in same} == {
        name: getattr(unknown, name) for name in same
    }
    # One who declines is not told of.
    await house.groups.decline(ben, known.invitation_id)
    assert await house.groups.invitations_to(ben) == []
    assert set((await house.groups.get(ada, group_id)).invitations) == {known, unknown}
    assert await house.groups.invite(ada, group_id, known.email) == known
    assert await house.groups.invitations_to(ben) == []
    later = await house.person("later@example.org")
    assert await house.groups.invitations_to(later) == [unknown]


async def test_invitations_expire_and_are_taken_back(house: House) -> None:
    ada, ben = await house.person(), await house.person()
    group_id = await house.group_of(ada)
    first = await house.groups.invite(ada, group_id, await house.email(ben))
    house.now = first.expires_at
    with pytest.raises(InvitationNotFound):
        await house.groups.accept(ben, first.invitation_id)
    assert (await house.groups.get(ada, group_id)).invitations == ()
    second = await house.groups.invite(ada, group_id, first.email)
    assert second.invitation_id != first.invitation_id
    await house.groups.withdraw(ada, group_id, second.invitation_id)
    with pytest.raises(InvitationNotFound):
        await house.groups.accept(ben, second.invitation_id)
    third = await house.groups.invite(ada, group_id, first.email)
    house.now = third.expires_at
    await house.groups.remove_expired()
    assert not await house.pool.fetchval("SELECT count(*) FROM auth.group_invitations")


async def test_members_may_not_do_what_owners_may(house: House) -> None:
    ada, ben, eve = [await house.person() for _ in range(3)]
    group_id = await house.group_of(ada, ben)
    await house.groups.invite(ada, group_id, "later@example.org")
    assert (await house.groups.get(ben, group_id)).invitations == ()
    for act in (
        house.groups.rename(ben, group_id, "mine"),
        house.groups.delete(ben, group_id),
        house.groups.invite(ben, group_id, await house.email(eve)),
        house.groups.withdraw(ben, group_id, uuid4()),
        house.groups.remove(ben, group_id, UUID(ada.user_id)),
        house.groups.remove(ada, group_id, UUID(ada.user_id)),
    ):
        with pytest.raises(GroupReadOnly):
            await act
    assert (await house.groups.rename(ada, group_id, " line 4 ")).display_name == "line 4"


async def test_a_change_sets_another_mark_for_whom_it_is_about(house: House) -> None:
    ada, ben, eve = [await house.person() for _ in range(3)]
    group_id = await house.group_of(ada, ben, eve)

    async def marks() -> list[str]:
        return [await house.marks.of(one.user_id) for one in (ada, ben, eve)]

    before = await marks()
    assert "" not in before
    await house.groups.remove(ada, group_id, UUID(eve.user_id))
    after = await marks()
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, True, False]
    await house.groups.remove(ada, group_id, UUID(eve.user_id))
    assert (await marks())[2] != after[2], "sent again, it is told again"
    await house.groups.delete(ada, group_id)
    assert (await marks())[1] != after[1]
    assert await house.groups.list_of(ben) == []


async def test_the_member_of_longest_standing_follows_the_last_owner(house: House) -> None:
    ada, ben, eve = [await house.person() for _ in range(3)]
    group_id = await house.group_of(ada, ben, eve)
    await house.groups.invite(ada, group_id, "later@example.org")
    await house.groups.leave(ada, group_id)
    assert await house.members(ben, group_id) == [(ben.user_id, True), (eve.user_id, False)]
    assert (await house.groups.get(ben, group_id)).invitations == (), "went with who invited"
    await house.groups.leave(eve, group_id)
    await house.groups.leave(ben, group_id)
    assert not await house.pool.fetchval("SELECT count(*) FROM auth.groups")


async def test_a_deleted_account_leaves_its_groups_and_invitations(house: House) -> None:
    ada, ben, eve = [await house.person() for _ in range(3)]
    passes_on = await house.group_of(ada, ben)
    await house.group_of(ada)
    bens = await house.group_of(ben)
    await house.groups.invite(ada, passes_on, await house.email(eve))
    await house.groups.invite(ben, bens, await house.email(ada))
    removed = await house.delete_account(ada)
    assert {what: removed[what] for what in removed if "group" in what} == {
        "group_memberships": 2,
        "groups": 1,
        "group_invitations": 2,
    }
    assert await house.members(ben, passes_on) == [(ben.user_id, True)]
    assert await house.groups.invitations_to(eve) == []
    assert (await house.groups.get(ben, bens)).invitations == ()
    for act in (
        house.groups.create(ada, "again", ""),
        house.groups.accept(ada, uuid4()),
    ):
        with pytest.raises(SessionClosed):
            await act


async def test_everything_has_a_bound_which_calls_at_once_keep(house: House) -> None:
    ada = await house.person()
    owner = UUID(ada.user_id)

    async def create() -> None:
        await house.store.create(uuid4(), "a group", owner, NOW, most=3)

    made = await asyncio.gather(*(create() for _ in range(6)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in made) == ["NoneType"] * 3 + ["TooManyGroups"] * 3
    group_id = (await house.groups.list_of(ada))[0].group_id

    async def invite(number: int, *, people: int = MOST, sent: int = MOST) -> None:
        new = NewInvitation(uuid4(), group_id, f"{number}@example.org", owner, NOW, NOW + OPEN_FOR)
        await house.store.invite(new, most_people=people, most_open=sent)

    asked = [invite(number, people=4) for number in range(6)]
    invited = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in invited].count(TooManyInvitations) == 3
    with pytest.raises(TooManyInvitations):
        await invite(9, sent=3)
    ben = await house.person("9@example.org")
    await invite(9)
    (offered,) = await house.groups.invitations_to(ben)
    with pytest.raises(TooManyGroups):
        await house.store.accept(offered.invitation_id, UUID(ben.user_id), NOW, most=0)
    assert await house.groups.invitations_to(ben) == [offered], "it is not used up"


async def test_services_are_told_of_addresses_and_memberships(house: House) -> None:
    ada, ben = await house.person(), await house.person()
    group_id = await house.group_of(ada, ben)
    found = await house.groups.memberships(UUID(ben.user_id))
    assert (found.email, found.group_ids) == (await house.email(ben), (group_id,))
    nobody = await house.groups.memberships(uuid4())
    assert (nobody.email, nobody.group_ids) == ("", ())
    holds, not_hers = (group_id, UUID(ada.user_id)), (uuid4(), UUID(ada.user_id))
    assert await house.groups.check([holds, not_hers, (group_id, uuid4())]) == [holds]
