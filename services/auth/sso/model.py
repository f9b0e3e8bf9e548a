"""The domain of signing in elsewhere."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.runtime.roles import Role


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that waits for its browser to come back."""

    provider_id: str
    redirect_uri: str
    nonce: str = field(repr=False)
    """What its ID token must have."""
    verifier: str = field(repr=False)
    """What its code can be redeemed with (PKCE)."""
    secret_digest: str = field(repr=False)
    """Digest of what only the client has that began it, in hexadecimal digits."""
    begun_at: float
    """Seconds since 1970."""
    reauthenticate: bool = False
    """Whether the person had to prove anew who they are."""
    user_id: str = ""
    """Account that the identity is to be linked to; empty: somebody signs in."""
    session_id: str = ""
    """Session that began to link."""


@dataclass(frozen=True, slots=True)
class Started:
    """What whoever begins a sign-in gets."""

    authorization_url: str
    state: str
    secret: str = field(repr=False)
    expires_in_s: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser came back with, and what the client has that sent it."""

    state: str
    secret: str = field(repr=False)
    code: str = field(repr=False)
    issuer: str
    """RFC 9207; empty if the browser had none."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Who somebody is: the key of an identity."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as a provider proved it."""

    who: Subject
    email: str
    """In lower case; empty if none was told, or it is no address."""
    email_verified: bool
    display_name: str
    role: Role | None
    """What the provider's claims give; None if roles are given here."""
    proven_at: datetime | None
    """When they proved who they are; None if that is not known."""


@dataclass(frozen=True, slots=True)
class LinkedIdentity:
    """A person that an account may be signed in as."""

    identity_id: UUID
    who: Subject
    email: str
    created_at: datetime
    last_used_at: datetime | None
