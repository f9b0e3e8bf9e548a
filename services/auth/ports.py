"""The ports of the use cases."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.auth.model import NewSession, Reused, Rotated, User


class AccountStore(Protocol):
    """Users, sessions and refresh tokens. Times are aware and in UTC."""

    async def add_user(self, user: User, password_hash: str, session: NewSession) -> bool:
        """Adds a user who is signed in, in one transaction; False if the email is taken."""

    async def user_by_email(self, email: str) -> tuple[User, str] | None:
        """The user of a lower-case email, and the password's hash."""

    async def user(self, user_id: UUID) -> User | None:
        """The user of an id."""

    async def open_session(self, session: NewSession) -> None:
        """Adds a session and its first refresh token."""

    async def rotate(
        self,
        presented: bytes,
        following: bytes,
        *,
        now: datetime,
        ends: datetime,
        reuse_since: datetime,
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

        Returns:
            Session and user; the session of a token that must not come back; or None if the
            token is unknown, or its session closed or expired.
        """

    async def close_session(self, session_id: UUID, now: datetime) -> None:
        """Closes a session; again is no error."""

    async def closed_since(self, time: datetime) -> list[tuple[UUID, datetime]]:
        """The sessions that were closed since then, and when."""

    async def remove_expired(self, now: datetime, used_before: datetime) -> None:
        """Forgets sessions whose time is over, and tokens that were used before a time."""


class SessionState(Protocol):
    """The hot state of sessions, which every service reads."""

    async def is_closed(self, session_id: str) -> bool:
        """Whether the session is known to be closed."""

    async def close(self, session_id: str, *, remember_s: int) -> None:
        """Makes the session's access tokens worthless at once."""
