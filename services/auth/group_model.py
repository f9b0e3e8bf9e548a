"""Groups, who is in them, and who is invited. Times are aware and in UTC."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class GroupMember:
    """Somebody in a group."""

    user_id: UUID
    email: str
    display_name: str
    owner: bool
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class GroupInvitation:
    """A group that whoever has an address is asked to join."""

    invitation_id: UUID
    group_id: UUID
    group_name: str
    email: str
    """In lower case."""
    inviter_email: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """People who work together, as one of them sees it."""

    group_id: UUID
    display_name: str
    created_at: datetime
    owned: bool
    """Whether who looks owns it."""
    member_count: int
    members: tuple[GroupMember, ...] = ()
    """Who was first first; empty in a list."""
    invitations: tuple[GroupInvitation, ...] = ()
    """Oldest first; empty in a list, and for all but owners."""


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation as it begins."""

    invitation_id: UUID
    group_id: UUID
    email: str
    invited_by: UUID
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Memberships:
    """What services are told of an account."""

    email: str = ""
    """In lower case; empty if there is no such account."""
    group_ids: tuple[UUID, ...] = ()
