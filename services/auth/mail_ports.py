"""The ports of mail. Times are aware and in UTC."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.auth.mail_model import Letter, Mail, PasswordReset, Registration, Wording
from services.auth.model import User


class Mailer(Protocol):
    """Hands mails to whoever delivers them."""

    async def send(self, letter: Letter) -> None:
        """Hands one over; the same one may come twice, and has the same Message-ID then.

        Raises:
            MailUndeliverable: it is refused for good.
            MailUnavailable: it was not taken now.
        """


class Outbox(Protocol):
    """Mails that are to be sent; none is lost."""

    async def add(self, mail: Mail, *, at_most: int) -> bool:
        """Adds a mail; False if so many wait already."""

    async def claim(self, now: datetime, *, until: datetime, limit: int) -> list[Mail]:
        """Takes mails that are due; they are due again at `until` unless something is said."""

    async def issue(
        self, mail: Mail, digest: bytes, *, now: datetime, reset_ends: datetime, ends: datetime
    ) -> Wording | None:
        """Decides what a mail says, and keeps the digest of the token that it is to carry.

        Args:
            mail: Which.
            digest: Of the token, which is kept if the wording asks for something.
            now: The present.
            reset_ends: When the token ends if it resets a password.
            ends: When it ends if it confirms an address.

        Returns:
            What it says; None if there is nothing to say, as to an address without an account.
        """

    async def later(self, mail_id: UUID, due: datetime) -> None:
        """Has a mail due again at a time."""

    async def done(self, mail_id: UUID) -> None:
        """Removes a mail that was sent, or never will be."""


class MailTokens(Protocol):
    """Tokens that were mailed, by their digests."""

    async def owner(self, digest: bytes, now: datetime) -> User | None:
        """Whose password a token may reset; None if none."""

    async def reset_password(
        self, digest: bytes, password_hash: str, *, notice_id: UUID, now: datetime
    ) -> PasswordReset | None:
        """Uses a token up, sets the hash and closes all sessions of its user, in one transaction.

        Makes their other tokens worthless, and adds a mail that tells them. None if the token is
        good no more.
        """

    async def confirm(self, digest: bytes, *, notice_id: UUID, now: datetime) -> User | None:
        """Uses a token up, and makes the account or gives it the address, in one transaction.

        With another address the user's other tokens are worthless, and a mail to the old one is
        added.

        Returns:
            The user as they are now; None if the token is good no more.

        Raises:
            EmailTaken: another account has the address; nothing was changed.
        """

    async def remove_expired(self, now: datetime) -> None:
        """Forgets tokens and registrations whose time is over."""


class RegistrationStore(Protocol):
    """Accounts that are made when their address is confirmed."""

    async def add(self, registration: Registration, mail: Mail, *, at_most: int) -> bool:
        """Adds one and its mail in one transaction; False if so many mails wait already."""

    async def password_hash(self, email: str, now: datetime) -> str | None:
        """The hash of the password of the newest registration with an address."""
