"""The domain of auth: users, sessions and tokens."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account."""

    user_id: UUID
    email: str
    display_name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client gets to prove its session with."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in_s: int


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session as it begins."""

    session_id: UUID
    user_id: UUID
    refresh_digest: bytes
    """Digest of its first refresh token."""
    opened_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Rotated:
    """A refresh token was exchanged for the next one."""

    session_id: UUID
    user: User


@dataclass(frozen=True, slots=True)
class Reused:
    """A refresh token came back that had been exchanged before."""

    session_id: UUID


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user and the tokens of a session."""

    user: User
    tokens: Tokens
