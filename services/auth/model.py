"""The domain of auth: users, sessions, tokens and API keys."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.runtime.edge import Client
from services.runtime.roles import Role


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account."""

    user_id: UUID
    email: str
    display_name: str
    created_at: datetime
    role: Role = Role.INSPECTOR


@dataclass(frozen=True, slots=True)
class RoleChange:
    """Somebody's role was set."""

    user: User
    """As they are now."""
    closed: list[UUID]
    """Sessions that were closed, because they may do less now."""


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
    client: Client
    """Where it is opened."""
    provider_id: str = ""
    """Identity provider that it is opened with; empty: a password."""
    proven_at: datetime | None = None
    """When its user proved elsewhere who they are, if that is known."""
    ends_for_good_at: datetime | None = None
    """When it ends however often it is refreshed; None: never."""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that is open."""

    session_id: UUID
    opened_at: datetime
    last_used_at: datetime
    """When it last got an access token."""
    ends_at: datetime
    """When it ends unless it is refreshed."""
    client: Client
    """Where it last got an access token."""
    provider_id: str = ""
    """Identity provider that it was opened with; empty: a password."""


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


class Scope(StrEnum):
    """What an API key allows, as its tokens say it."""

    READ = "read"
    WRITE = "write"
    INSPECT = "inspect"
    EMBED = "embed"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key with which a machine acts for an account."""

    api_key_id: UUID
    user_id: UUID
    display_name: str
    scopes: tuple[Scope, ...]
    prefix: str
    """The secret's first characters, by which its owner knows it again."""
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScopedToken:
    """An access token that allows what an API key allows."""

    access_token: str = field(repr=False)
    expires_in_s: int
    scopes: tuple[Scope, ...]
