"""Mails: why one is sent, what it says, and what becomes of it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.auth.model import User


class MailKind(StrEnum):
    """Why a mail is sent."""

    RESET = "reset"
    """Somebody forgot the password of the account with this address, if there is one."""
    REGISTER = "register"
    """Somebody registered with this address."""
    CHANGE = "change"
    """A user wants to have this address."""
    PASSWORD_SET = "password-set"  # noqa: S105 - a kind of mail
    """The password of this address's account was reset."""
    EMAIL_CHANGED = "email-changed"
    """The account that had this address has another one now."""


class Wording(StrEnum):
    """What a mail says."""

    RESET = "reset"
    CONFIRM_ACCOUNT = "confirm-account"
    CONFIRM_CHANGE = "confirm-change"
    HAS_ACCOUNT = "has-account"
    """Where an account was asked for, and there is one."""
    PASSWORD_SET = "password-set"  # noqa: S105 - a kind of mail
    EMAIL_CHANGED = "email-changed"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that is to be sent."""

    mail_id: UUID
    kind: MailKind
    email: str
    """Lower-case address that it goes to."""
    created_at: datetime
    user_id: UUID | None = None
    """Of whom a `CHANGE` is."""
    registration_id: UUID | None = None
    """Which a `REGISTER` is of."""
    tries: int = 0
    """How often it was tried to send it, this time included."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as its reader gets it."""

    mail_id: UUID
    """The same if it is sent twice."""
    recipient: str
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Registration:
    """An account that is made when its address is confirmed."""

    registration_id: UUID
    email: str
    display_name: str
    password_hash: str = field(repr=False)
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PasswordReset:
    """A password was reset."""

    user: User
    closed: list[UUID]
    """Sessions that were closed."""


class MailUndeliverable(Exception):
    """Nobody can be reached at the address, or nothing there takes this mail; for good."""


class MailUnavailable(Exception):
    """The mail was not handed over; trying again may help."""
