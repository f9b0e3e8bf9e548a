"""Whom reference sets are shared with, and whether they agree."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from services.inspection.errors import (
    GroupNotFound,
    InvitationNotFound,
    ReferenceSetNotFound,
    SetIsAView,
)
from services.inspection.model import Role, ShareInvitation
from services.inspection.reference_library import ReferenceLibrary
from services.inspection.reference_set import ReferenceSet

MOST_PEOPLE = 200
"""People that a set may be shared with, invited ones among them."""
MOST_GROUPS = 50
"""Groups that a set may be shared with."""
MOST_INVITATIONS = 500
"""Open invitations that one may have sent."""
MOST_LISTED = 100
"""Invitations that one is shown."""
OPEN_FOR = timedelta(days=30)
"""How long an invitation waits."""


@dataclass(frozen=True, slots=True)
class Whom:
    """People and groups, each once."""

    user_ids: Sequence[str] = ()
    emails: Sequence[str] = ()
    """In lower case."""
    group_ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """What there may be at most."""

    people: int = MOST_PEOPLE
    groups: int = MOST_GROUPS
    invitations: int = MOST_INVITATIONS


@dataclass(frozen=True, slots=True)
class Account:
    """What auth tells of an account."""

    email: str
    """In lower case; empty if there is no such account."""
    group_ids: frozenset[str]


class Shares(Protocol):
    """Whom sets are shared with, and who is invited; each method is one transaction."""

    async def share(
        self,
        set_id: str,
        whom: Whom,
        role: Role,
        *,
        inviter_email: str,
        now: datetime,
        expires_at: datetime,
        bounds: Bounds,
    ) -> None:
        """Shares a set with groups, and invites people whom it is not shared with yet.

        Of those that it is shared with, and that are invited, the role changes. The owner is left
        out; nothing happens to a set that is gone.

        Raises:
            TooManyInvitations: there would be more than `bounds` says; nothing is shared.
        """

    async def unshare(self, set_id: str, whom: Whom) -> None:
        """Takes shares and invitations back."""

    async def invitations_to(
        self, user_id: str, email: str, now: datetime, *, limit: int
    ) -> Sequence[ShareInvitation]:
        """Open invitations to a user or an address, newest first."""

    async def accept(
        self, invitation_id: str, user_id: str, email: str, now: datetime
    ) -> str | None:
        """Shares the set of an open invitation to a user or their address; its id, or None."""

    async def decline(self, invitation_id: str, user_id: str, email: str, now: datetime) -> bool:
        """Closes an open invitation to a user or their address; False if there is none."""

    async def leave(self, set_id: str, user_id: str) -> bool:
        """Ends that a set is shared with a user in person; False if it is not."""

    async def forget_expired(self, now: datetime) -> None:
        """Forgets invitations that have expired."""

    async def group_shares(
        self, *, after: tuple[str, str], limit: int
    ) -> Sequence[tuple[str, str]]:
        """Group and owner of sets that are shared with groups, each pair once, in order."""

    async def end_group_shares(self, pairs: Collection[tuple[str, str]]) -> int:
        """Ends that sets of some owners are shared with some groups; how many that were."""


class Accounts(Protocol):
    """Auth, which knows addresses and groups."""

    async def account(self, user_id: str) -> Account:
        """What there is of an account now.

        Raises:
            Unavailable: auth does not answer.
        """


class Sharing:
    """What owners and guests do about who sees a set.

    Args:
        library: Who may change which set.
        shares: Whom sets are shared with.
        accounts: Addresses and groups.
        clock: What time it is.
    """

    def __init__(
        self,
        library: ReferenceLibrary,
        shares: Shares,
        accounts: Accounts,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._library = library
        self._shares = shares
        self._accounts = accounts
        self._clock = clock

    async def share(self, set_id: str, user_id: str, whom: Whom, role: Role) -> ReferenceSet:
        """Shares a set of the user's; as it is then.

        Raises:
            SetIsAView: it is seen by whoever sees the set that it is a view of.
            GroupNotFound: the user is not in one of the groups.
            TooManyInvitations: there would be too many people, groups or invitations.
        """
        _refuse_view(await self._library.owned(set_id, user_id))
        account = await self._accounts.account(user_id)
        for group_id in whom.group_ids:
            if group_id not in account.group_ids:
                raise GroupNotFound(f"there is no group {group_id}")
        now = self._clock()
        others = Whom(
            [one for one in whom.user_ids if one != user_id],
            [one for one in whom.emails if one != account.email],
            whom.group_ids,
        )
        await self._shares.share(
            set_id,
            others,
            role,
            inviter_email=account.email,
            now=now,
            expires_at=now + OPEN_FOR,
            bounds=Bounds(),
        )
        return await self._library.get(set_id, user_id)

    async def unshare(self, set_id: str, user_id: str, whom: Whom) -> ReferenceSet:
        """Takes that back; the set as it is then.

        Raises:
            SetIsAView: as with `share`.
        """
        _refuse_view(await self._library.owned(set_id, user_id))
        await self._shares.unshare(set_id, whom)
        return await self._library.get(set_id, user_id)

    async def invitations(self, user_id: str) -> Sequence[ShareInvitation]:
        """Open invitations to the user, the newest `MOST_LISTED`."""
        account = await self._accounts.account(user_id)
        return await self._shares.invitations_to(
            user_id, account.email, self._clock(), limit=MOST_LISTED
        )

    async def accept(self, invitation_id: str, user_id: str) -> ReferenceSet:
        """Agrees to see a set; the set.

        Raises:
            InvitationNotFound: there is no such invitation to the user.
        """
        account = await self._accounts.account(user_id)
        set_id = await self._shares.accept(invitation_id, user_id, account.email, self._clock())
        if set_id is None:
            raise _no_invitation()
        return await self._library.get(set_id, user_id)

    async def decline(self, invitation_id: str, user_id: str) -> None:
        """Does not agree.

        Raises:
            InvitationNotFound: there is no such invitation to the user.
        """
        account = await self._accounts.account(user_id)
        if not await self._shares.decline(invitation_id, user_id, account.email, self._clock()):
            raise _no_invitation()

    async def leave(self, set_id: str, user_id: str) -> None:
        """Gives up a set that is shared with the user in person.

        Raises:
            ReferenceSetNotFound: there is none.
            SetIsAView: as with `share`.
        """
        if not await self._shares.leave(set_id, user_id):
            # A view is shared with nobody in person.
            _refuse_view(await self._library.get(set_id, user_id))
            raise ReferenceSetNotFound(f"there is no reference set {set_id}")


def _refuse_view(found: ReferenceSet) -> None:
    if found.view_of:
        raise SetIsAView(
            f"a view is shared with its set; name {found.view_of}",
            field="reference_set_id",
            metadata={"view_of": found.view_of},
        )


def _no_invitation() -> InvitationNotFound:
    return InvitationNotFound("there is no such invitation to you")
