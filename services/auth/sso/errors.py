"""What can go wrong with signing in elsewhere."""

from services.runtime.errors import (
    FailedPrecondition,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
)


class ProviderNotFound(NotFound):
    """No identity provider has this name."""

    reason = "IDENTITY_PROVIDER_NOT_FOUND"


class ProviderUnavailable(Unavailable):
    """The identity provider does not answer, or not as OpenID Connect says."""

    reason = "IDENTITY_PROVIDER_UNAVAILABLE"


class SignInFailed(FailedPrecondition):
    """What a sign-in is completed with does not hold; it must be begun again.

    Not UNAUTHENTICATED: of whoever links an identity, the session is fine.
    """

    reason = "SIGN_IN_FAILED"


class SignInRefused(PermissionDenied):
    """This way of signing in is not open to the person; the message says why."""

    reason = "SIGN_IN_REFUSED"


class SignInAgain(FailedPrecondition):
    """The caller must have proved just now who they are, and did not."""

    reason = "SIGN_IN_AGAIN"


class IdentityNotFound(NotFound):
    """The caller's account has no such identity."""


class LastWayIn(FailedPrecondition):
    """Nobody could sign in to the account any more."""


class TooManySignIns(ResourceExhausted):
    """More people are signing in elsewhere than may at once."""


def require_password_sign_in(allowed: bool) -> None:
    """Passes where people sign in with passwords.

    Raises:
        SignInRefused: they do not.
    """
    if not allowed:
        raise SignInRefused("no passwords are taken here; sign in with an identity provider")
