"""The ports of signing in elsewhere. Times are aware and in UTC."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.auth.model import NewSession, User
from services.auth.sso.configuration import Provider
from services.auth.sso.model import Begun, LinkedIdentity, Person, Subject


class IdentityProvider(Protocol):
    """A provider, as a client of it sees it."""

    provider: Provider

    async def authorization_url(self, begun: Begun, state: str) -> str:
        """Where a browser goes.

        Raises:
            ProviderUnavailable: the provider cannot be used.
        """

    async def redeem(self, begun: Begun, code: str, issuer: str) -> Mapping[str, object]:
        """The checked claims of whoever signed in.

        Raises:
            SignInFailed: the code, or what the provider gives for it, does not hold.
            ProviderUnavailable: the provider cannot be used.
        """


class BegunStore(Protocol):
    """Sign-ins that wait for their browser, for all replicas."""

    async def put(self, state: str, begun: Begun, *, keep_s: int) -> None:
        """Keeps one for a while."""

    async def take(self, state: str) -> Begun | None:
        """Takes one out, so that nobody else gets it; None if there is none, or not any more."""


class IdentityStore(Protocol):
    """Which persons at providers accounts may be signed in as."""

    async def user_of(self, who: Subject) -> User | None:
        """The user whose account somebody may sign in to."""

    async def add_user(self, user: User, person: Person) -> User | None:
        """Adds a user without a password, and their identity, in one transaction.

        Returns:
            The user as added: the first of all is an administrator, unless the provider gives
            roles. None if the email or the identity is taken.
        """

    async def link(self, user_id: UUID, person: Person, now: datetime) -> LinkedIdentity | None:
        """Links an identity to an account, again is no error; None if it is another account's."""

    async def claim(self, user_id: UUID, person: Person, now: datetime) -> list[UUID] | None:
        """Makes an account that was found by its address the person's own, in one transaction.

        Its password goes and its sessions and API keys end, since nobody proved the address before.

        Returns:
            The sessions and API keys that ended; None if the account has an identity, or is gone.
        """

    async def open_session(self, session: NewSession, person: Person) -> User | None:
        """Adds a session of the person's account; its user as they are now, None if it is gone."""

    async def list_of(self, user_id: UUID) -> list[LinkedIdentity]:
        """The identities of an account, the oldest first."""

    async def unlink(self, user_id: UUID, identity_id: UUID, *, password_counts: bool) -> bool:
        """Removes an identity of an account; False if it has none of this id.

        Args:
            user_id: Whose.
            identity_id: Which.
            password_counts: Whether a password is another way in.

        Raises:
            LastWayIn: it has no other one.
        """

    async def proven_at(self, session_id: UUID) -> datetime | None:
        """When whoever opened a session proved who they are; None if that is not known."""
