"""What can go wrong with accounts and sessions."""

from services.runtime.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidInput,
    NotFound,
    ResourceExhausted,
    Unauthenticated,
)


class EmailTaken(AlreadyExists):
    """Somebody has an account with this address."""

    reason = "EMAIL_TAKEN"


class MailTokenInvalid(InvalidInput):
    """A token was never mailed, was used or has expired, or what it was for has changed."""

    reason = "MAIL_TOKEN_INVALID"


class EmailNotConfirmed(FailedPrecondition):
    """The account is made when the mail to its address is answered."""

    reason = "EMAIL_NOT_CONFIRMED"


class TooManyMails(ResourceExhausted):
    """More mails wait to be sent than may."""

    reason = "OVERLOADED"


class BadCredentials(Unauthenticated):
    """No such account, or the wrong password; the answer does not tell which."""

    reason = "BAD_CREDENTIALS"


class PasswordWrong(InvalidInput):
    """The password that was asked for once more, of somebody who is signed in, is wrong."""

    reason = "PASSWORD_WRONG"


class RefreshTokenInvalid(Unauthenticated):
    """The refresh token was never given out, or its session is over."""

    reason = "REFRESH_TOKEN_INVALID"


class RefreshTokenReused(Unauthenticated):
    """The refresh token was used before, and not just now, so its session is closed."""

    reason = "REFRESH_TOKEN_REUSED"


class TooManyPasswords(ResourceExhausted):
    """More passwords wait to be hashed than may."""

    reason = "OVERLOADED"


class TooManyAttempts(ResourceExhausted):
    """Too many attempts failed here; later ones are looked at again."""

    reason = "TOO_MANY_ATTEMPTS"


class WeakPassword(InvalidInput):
    """The password is too short, or among the first that anybody would try."""

    reason = "WEAK_PASSWORD"


class SessionNotFound(NotFound):
    """The session is not open, or not the caller's."""

    reason = "SESSION_NOT_FOUND"


class UserNotFound(NotFound):
    """There is no such account."""

    reason = "USER_NOT_FOUND"


class LastAdmin(FailedPrecondition):
    """Nobody would be left who may decide what others may."""

    reason = "LAST_ADMIN"


class ApiKeyNotFound(NotFound):
    """There is no such API key, or it is not the caller's."""

    reason = "API_KEY_NOT_FOUND"


class ApiKeyInvalid(Unauthenticated):
    """The API key was never given out, has expired or was revoked."""

    reason = "API_KEY_INVALID"


class TooManyApiKeys(FailedPrecondition):
    """The account has as many API keys as it may have."""

    reason = "TOO_MANY_API_KEYS"


class AccountDeletionNotFound(NotFound):
    """No account's deletion has this id."""

    reason = "ACCOUNT_DELETION_NOT_FOUND"


class DeletionIdTaken(InvalidInput):
    """Another account's deletion has the id that the client drew."""
