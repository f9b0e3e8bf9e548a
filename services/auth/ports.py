"""What the use cases need kept."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.auth.model import User


class AccountStore(Protocol):
    """Users, sessions and refresh tokens. Times are aware and in UTC."""

    async def add_user(self, user: User, password_hash: str) -> bool:
        """Adds a user; False if the email is taken."""

    async def user_by_email(self, email: str) -> tuple[User, str] | None:
        """The user of a lower-case email, and the password's hash."""

    async def user(self, user_id: UUID) -> User | None:
        """The user of an id."""

    async def open_session(
        self, session_id: UUID, user_id: UUID, refresh_digest: bytes, now: datetime, ends: datetime
    ) -> None:
        """Adds a session and its first refresh token."""

    async def rotate(
        self, used_digest: bytes, next_digest: bytes, now: datetime, ends: datetime
    ) -> tuple[UUID, UUID] | None:
        """Uses up a refresh token and adds the next one, in one step.

        Returns session and user, or None if the token is unknown or used, or
        its session closed or expired.
        """

    async def session_of_used(self, digest: bytes) -> UUID | None:
        """The session of a refresh token that was used up; None if there is none."""

    async def close_session(self, session_id: UUID, now: datetime) -> None:
        """Closes a session; again is no error."""

    async def remove_expired(self, now: datetime) -> None:
        """Forgets the sessions whose time is over, with their tokens."""


class SessionState(Protocol):
    """The hot state of sessions, which every service reads."""

    async def close(self, session_id: str, *, remember_s: int) -> None:
        """Makes the session's access tokens worthless at once."""
