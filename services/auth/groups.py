"""The use cases of groups: make, invite, join, leave; and what services are told of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

from services.auth.errors import GroupNotFound, GroupReadOnly, InvitationNotFound
from services.auth.group_model import (
    Group,
    GroupInvitation,
    Memberships,
    NewInvitation,
)
from services.runtime.idempotency import resource_id
from services.runtime.identity import Identity
from services.runtime.text import kept_label

MOST_GROUPS = 50
"""Groups that one may be in."""
MOST_PEOPLE = 100
"""Members and invitations that a group may have."""
MOST_INVITATIONS = 200
"""Open invitations to groups that one may have sent."""
MOST_LISTED = 100
"""Invitations that one is shown."""
OPEN_FOR = timedelta(days=30)
"""How long an invitation waits."""


class GroupStore(Protocol):
    """Groups, members and invitations; each method is one transaction."""

    async def create(
        self, group_id: UUID, display_name: str, owner: UUID, now: datetime, *, most: int
    ) -> None:
        """Adds a group with its owner; nothing happens if the owner is in one with its id.

        Raises:
            TooManyGroups: the owner is in `most`.
            SessionClosed: the owner's account was deleted.
        """

    async def list_of(self, user_id: UUID) -> list[Group]:
        """The groups that somebody is in, by name, without members and invitations."""

    async def get(self, group_id: UUID, user_id: UUID, now: datetime) -> Group | None:
        """A group that somebody is in, whole; None if there is none."""

    async def rename(self, group_id: UUID, display_name: str) -> None:
        """Gives a group another name."""

    async def delete(self, group_id: UUID) -> Sequence[UUID]:
        """Deletes a group; who was in it."""

    async def invite(
        self, new: NewInvitation, *, most_people: int, most_open: int
    ) -> GroupInvitation:
        """Adds an invitation; the one that there is for the address, if there is one.

        One that has expired is replaced.

        Raises:
            AlreadyExists: a member has the address.
            TooManyInvitations: the group would have more people, or who invites more that are open.
            GroupNotFound: the group is gone.
            SessionClosed: the account of who invites was deleted.
        """

    async def withdraw(self, group_id: UUID, invitation_id: UUID) -> None:
        """Removes an invitation to a group; nothing happens if there is none."""

    async def invitations_to(
        self, user_id: UUID, now: datetime, *, limit: int
    ) -> list[GroupInvitation]:
        """Open invitations to somebody's address, newest first."""

    async def accept(
        self, invitation_id: UUID, user_id: UUID, now: datetime, *, most: int
    ) -> UUID | None:
        """Makes somebody whom an open invitation is to a member; the group, None without that.

        Raises:
            TooManyGroups: they are in `most`.
        """

    async def decline(self, invitation_id: UUID, user_id: UUID, now: datetime) -> bool:
        """Closes an open invitation to somebody; False if there is none."""

    async def remove(self, group_id: UUID, user_id: UUID) -> bool:
        """Takes somebody out of a group; False if they are not in it.

        If no owner is left, who is in it for longest becomes one; without members the group goes.
        """

    async def memberships(self, user_id: UUID) -> Memberships:
        """The address and the groups of an account."""

    async def check(self, memberships: Sequence[tuple[UUID, UUID]]) -> list[tuple[UUID, UUID]]:
        """Those of some pairs of group and user where the user is in the group."""

    async def remove_expired(self, now: datetime) -> None:
        """Forgets invitations that have expired."""


class Marks(Protocol):
    """Tells services whose memberships they must ask for anew."""

    async def changed(self, user_ids: Iterable[str]) -> None:
        """Has nobody go by what they knew of these users."""


class Groups:
    """Groups of people.

    Args:
        store: Keeps them.
        marks: Tells services of changes.
        clock: The present, aware and in UTC.
    """

    def __init__(self, store: GroupStore, marks: Marks, *, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._marks = marks
        self._clock = clock

    async def create(self, caller: Identity, display_name: str, request_id: str) -> Group:
        """Makes a group of the caller alone; or gives the one that the same request made.

        Raises:
            TooManyGroups: the caller is in `MOST_GROUPS`.
        """
        user_id = UUID(caller.user_id)
        group_id = UUID(resource_id("CreateGroup", caller.user_id, request_id))
        await self._store.create(
            group_id, kept_label(display_name).strip(), user_id, self._clock(), most=MOST_GROUPS
        )
        await self._marks.changed([caller.user_id])
        return await self._brief(caller, group_id)

    async def list_of(self, caller: Identity) -> list[Group]:
        """The groups that the caller is in, by name."""
        return await self._store.list_of(UUID(caller.user_id))

    async def get(self, caller: Identity, group_id: UUID) -> Group:
        """A group that the caller is in, whole.

        Raises:
            GroupNotFound: there is none.
        """
        found = await self._store.get(group_id, UUID(caller.user_id), self._clock())
        if found is None:
            raise GroupNotFound(f"there is no group {group_id}")
        return found

    async def rename(self, caller: Identity, group_id: UUID, display_name: str) -> Group:
        """Gives a group of the caller's another name."""
        await self._owned(caller, group_id)
        await self._store.rename(group_id, kept_label(display_name).strip())
        return await self._brief(caller, group_id)

    async def delete(self, caller: Identity, group_id: UUID) -> None:
        """Deletes a group of the caller's; services know before this returns."""
        await self._owned(caller, group_id)
        await self._marks.changed(map(str, await self._store.delete(group_id)))

    async def invite(self, caller: Identity, group_id: UUID, email: str) -> GroupInvitation:
        """Invites an address to a group of the caller's.

        Raises:
            AlreadyExists: a member has it.
            TooManyInvitations: of the group's people, or the caller's invitations.
        """
        await self._owned(caller, group_id)
        now = self._clock()
        return await self._store.invite(
            NewInvitation(
                uuid4(),
                group_id,
                email.strip().lower(),
                UUID(caller.user_id),
                now,
                now + OPEN_FOR,
            ),
            most_people=MOST_PEOPLE,
            most_open=MOST_INVITATIONS,
        )

    async def withdraw(self, caller: Identity, group_id: UUID, invitation_id: UUID) -> None:
        """Takes an invitation to a group of the caller's back."""
        await self._owned(caller, group_id)
        await self._store.withdraw(group_id, invitation_id)

    async def invitations_to(self, caller: Identity) -> list[GroupInvitation]:
        """Open invitations to the caller's address, the newest `MOST_LISTED`."""
        return await self._store.invitations_to(
            UUID(caller.user_id), self._clock(), limit=MOST_LISTED
        )

    async def accept(self, caller: Identity, invitation_id: UUID) -> Group:
        """Joins a group.

        Raises:
            InvitationNotFound: there is no such invitation to the caller.
            TooManyGroups: the caller is in `MOST_GROUPS`.
        """
        group_id = await self._store.accept(
            invitation_id, UUID(caller.user_id), self._clock(), most=MOST_GROUPS
        )
        if group_id is None:
            raise _no_invitation()
        await self._marks.changed([caller.user_id])
        return await self._brief(caller, group_id)

    async def decline(self, caller: Identity, invitation_id: UUID) -> None:
        """Does not join it.

        Raises:
            InvitationNotFound: there is no such invitation to the caller.
        """
        if not await self._store.decline(invitation_id, UUID(caller.user_id), self._clock()):
            raise _no_invitation()

    async def leave(self, caller: Identity, group_id: UUID) -> None:
        """Leaves a group; services know before this returns.

        Raises:
            GroupNotFound: the caller is not in it.
        """
        if not await self._store.remove(group_id, UUID(caller.user_id)):
            raise GroupNotFound(f"there is no group {group_id}")
        await self._marks.changed([caller.user_id])

    async def remove(self, caller: Identity, group_id: UUID, user_id: UUID) -> Group:
        """Takes another member out of a group of the caller's; the group as it is then.

        Services know before this returns, also when it is asked for again.

        Raises:
            GroupReadOnly: the caller does not own it, or is who should be taken out.
        """
        await self._owned(caller, group_id)
        if user_id == UUID(caller.user_id):
            raise GroupReadOnly("leave the group instead")
        await self._store.remove(group_id, user_id)
        await self._marks.changed([str(user_id)])
        return await self._brief(caller, group_id)

    async def memberships(self, user_id: UUID) -> Memberships:
        """What services are told of an account."""
        return await self._store.memberships(user_id)

    async def check(self, memberships: Sequence[tuple[UUID, UUID]]) -> list[tuple[UUID, UUID]]:
        """Those of some pairs of group and user where the user is in the group."""
        return await self._store.check(memberships)

    async def remove_expired(self) -> None:
        """Forgets invitations that have expired."""
        await self._store.remove_expired(self._clock())

    async def _brief(self, caller: Identity, group_id: UUID) -> Group:
        """A group as in a list."""
        return replace(await self.get(caller, group_id), members=(), invitations=())

    async def _owned(self, caller: Identity, group_id: UUID) -> None:
        found = await self.get(caller, group_id)
        if not found.owned:
            raise GroupReadOnly("only an owner of the group may do that")


def _no_invitation() -> InvitationNotFound:
    return InvitationNotFound("there is no such invitation to you")
