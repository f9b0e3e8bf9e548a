"""What can go wrong with accounts and sessions."""

from services.runtime.errors import AlreadyExists, ResourceExhausted, Unauthenticated


class EmailTaken(AlreadyExists):
    """Somebody has an account with this address."""

    reason = "EMAIL_TAKEN"


class BadCredentials(Unauthenticated):
    """No such account, or the wrong password; the answer does not tell which."""

    reason = "BAD_CREDENTIALS"


class RefreshTokenInvalid(Unauthenticated):
    """The refresh token was never given out, or its session is over."""

    reason = "REFRESH_TOKEN_INVALID"


class RefreshTokenReused(Unauthenticated):
    """The refresh token was used before, and not just now, so its session is closed."""

    reason = "REFRESH_TOKEN_REUSED"


class TooManyPasswords(ResourceExhausted):
    """More passwords wait to be hashed than may."""

    reason = "OVERLOADED"
