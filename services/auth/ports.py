"""The ports of the use cases. Times are aware and in UTC."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.auth.audit_model import AuditEvent, AuditFilter, Head
from services.auth.limits import Counter
from services.auth.model import (
    ApiKey,
    NewSession,
    OpenSession,
    Reused,
    RoleChange,
    Rotated,
    User,
)
from services.auth.signing import KeyRecord
from services.runtime.audit_entry import AuditEntry
from services.runtime.edge import Client
from services.runtime.roles import Role


class AccountStore(Protocol):
    """Users, and sessions as they begin and go on."""

    async def add_user(self, user: User, password_hash: str, session: NewSession) -> User | None:
        """Adds a user who is signed in, in one transaction.

        Returns:
            The user as added: the first of all is an administrator. None if the email is taken.
        """

    async def user_by_email(self, email: str) -> tuple[User, str] | None:
        """The user of a lower-case email, and the password's hash."""

    async def user(self, user_id: UUID) -> User | None:
        """The user of an id."""

    async def password_hash(self, user_id: UUID) -> str | None:
        """The hash of a user's password."""

    async def open_session(
        self, session: NewSession, *, seen_hash: str, replacement: str | None
    ) -> User | None:
        """Adds a session and its first refresh token, unless the password changed meanwhile.

        Args:
            session: What to open.
            seen_hash: The hash that the password was found right by.
            replacement: What to keep in its place; None if it is good.

        Returns:
            Its user as they are now; None if there is another hash, so that nothing was opened.
        """

    async def change_password(
        self, user_id: UUID, password_hash: str, *, but: UUID, now: datetime
    ) -> list[UUID]:
        """Sets a hash and closes the user's open sessions but one, in one transaction.

        Returns:
            The sessions that were closed.
        """

    async def rotate(
        self,
        presented: bytes,
        following: bytes,
        *,
        now: datetime,
        ends: datetime,
        reuse_since: datetime,
        client: Client,
    ) -> Rotated | Reused | None:
        """Exchanges a refresh token for the next one, in one transaction.

        A token that was exchanged already is exchanged once more if that was after `reuse_since`
        and none of the tokens given for it has been exchanged.

        Args:
            presented: Digest of the token that the client sent.
            following: Digest of the token that it gets.
            now: The present.
            ends: When the session ends unless it is refreshed again.
            reuse_since: A token that was exchanged before this time is refused.
            client: Where the session is now.

        Returns:
            Session and user; the session of a token that must not come back; or None if the
            token is unknown, or its session closed or expired.
        """

    async def remove_expired(self, now: datetime, used_before: datetime) -> None:
        """Forgets sessions whose time is over, and tokens that were used before a time."""


class UserStore(Protocol):
    """The accounts of an installation, for its administrators."""

    async def list_users(
        self, *, limit: int, after: tuple[datetime, UUID] | None, email: str
    ) -> list[User]:
        """Users, the oldest first, from behind `after` on; with an email, its user alone."""

    async def user(self, user_id: UUID) -> User | None:
        """A user."""

    async def set_role(
        self, who: UUID | str, role: Role, now: datetime, *, keep_an_admin: bool
    ) -> RoleChange | None:
        """Gives the user of an id, or of a lower-case email, a role, in one transaction.

        With a lower role all of the user's sessions are closed.

        Args:
            who: Id or email.
            role: What they may do from now on.
            now: The present.
            keep_an_admin: Whether to refuse to take the role of the only administrator.

        Returns:
            What changed; None if there is no such user.

        Raises:
            LastAdmin: it is the only administrator.
        """


class SessionStore(Protocol):
    """The sessions that are open, for their owners."""

    async def list_open(
        self, user_id: UUID, now: datetime, *, limit: int, after: tuple[datetime, UUID] | None
    ) -> list[OpenSession]:
        """A user's open sessions, the one used last first, from behind `after` on."""

    async def close(self, user_id: UUID, session_id: UUID, now: datetime) -> bool:
        """Closes a user's session; False if it is not open or not the user's."""

    async def close_all(self, user_id: UUID, *, but: UUID | None, now: datetime) -> list[UUID]:
        """Closes a user's open sessions, all or but one; which these were."""


class ClosedRecords(Protocol):
    """What was closed before its access tokens expire."""

    async def close_session(self, session_id: UUID, now: datetime) -> None:
        """Closes a session; again is no error."""

    async def closed_since(self, time: datetime) -> list[tuple[UUID, datetime]]:
        """The sessions that were closed and the API keys that were revoked since then, and when."""


class SessionState(Protocol):
    """The hot state of sessions, which every service reads."""

    async def is_closed(self, session_id: str) -> bool:
        """Whether the session is known to be closed."""

    async def close(self, session_id: str, *, remember_s: int) -> None:
        """Makes the session's access tokens worthless at once."""


class AttemptCounters(Protocol):
    """Counts of attempts that all replicas share."""

    async def begin(self, counters: Sequence[Counter]) -> float:
        """Counts an attempt in each, all or none; the seconds to wait if one is closed."""

    async def give_back(self, counters: Sequence[Counter]) -> None:
        """Takes an attempt back in each."""

    async def forget(self, counter: Counter) -> None:
        """Forgets all attempts of a count."""


class ApiKeyStore(Protocol):
    """API keys, by the digest of their secret."""

    async def add(self, key: ApiKey, digest: bytes, *, at_most: int) -> bool:
        """Adds a key; False if the user has so many that are good.

        Raises:
            SessionClosed: The account was deleted meanwhile.
        """

    async def list_of(self, user_id: UUID, *, expired_since: datetime) -> list[ApiKey]:
        """A user's keys that are not revoked and have not expired before a time, newest first."""

    async def use(self, digest: bytes, now: datetime) -> tuple[ApiKey, Role] | None:
        """The key of a secret, noted as used, and its owner's role.

        None if there is none, or it is no longer good.
        """

    async def revoke(self, user_id: UUID, api_key_id: UUID, now: datetime) -> bool:
        """Revokes a user's key; False if there is none, or it is revoked."""

    async def remove_ended(self, before: datetime) -> None:
        """Forgets the keys that expired or were revoked before a time."""


class NotedCalls(Protocol):
    """What services noted of calls, each entry at least once."""

    async def read(self) -> tuple[list[str], list[AuditEntry]]:
        """Waits a while for entries; the ids by which to finish them, and those that are sound."""

    async def finish(self, ids: Sequence[str]) -> None:
        """Says that entries are kept."""


class AuditStore(Protocol):
    """The chain of the audit, which only grows."""

    async def append(self, entries: Sequence[AuditEntry]) -> int:
        """Appends entries in order, those that are there already not again; how many."""

    async def head(self) -> Head:
        """Where the chain ends."""

    async def read(
        self, where: AuditFilter, *, beyond: int | None, oldest_first: bool, limit: int
    ) -> list[AuditEvent]:
        """Entries that a filter leaves, from behind a place on, in the order of the chain or back.

        Args:
            where: Which.
            beyond: Place of the last one that was read; None: from the end that is first.
            oldest_first: Whether in the order of the chain.
            limit: Most entries.
        """


class KeyStore(Protocol):
    """The keys that sign access tokens."""

    async def keys(self) -> list[KeyRecord]:
        """All of them, the newest first."""

    async def add(self, fresh: KeyRecord, *, if_none_since: datetime) -> KeyRecord:
        """Adds a key, once among all replicas; the newest key, which may be another's.

        Nothing is added if one was made after `if_none_since`, or one waits to sign.
        """

    async def remove(self, kids: Sequence[str]) -> None:
        """Removes keys; one that is not there is no error."""
