"""What users are allowed in an installation, as access tokens say it."""

from enum import IntEnum

from services.runtime.errors import PermissionDenied

ROLE_CLAIM = "role"
"""The claim of an access token that names its user's role."""


class RoleRequired(PermissionDenied):
    """The user's role does not allow this."""

    reason = "ROLE_REQUIRED"


class Role(IntEnum):
    """Each may do what those before may; the numbers are those of `argus.policy.v1.Role`."""

    VIEWER = 1
    INSPECTOR = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """As tokens, the database and the command line write it."""
        return self.name.lower()


def role_of(claim: object) -> Role:
    """The role that a token's claim names.

    A token without one is from before there were roles, when everybody was what an inspector is. A
    word that is not known allows the least.
    """
    if claim is None:
        return Role.INSPECTOR
    return next((role for role in Role if role.word == claim), Role.VIEWER)


def require_role(role: Role, minimum: int) -> None:
    """Passes if a role is at least `minimum`, by the contract's number; 0: any is.

    Raises:
        RoleRequired: it is not.
    """
    if role < minimum:
        needed = Role(minimum).word
        raise RoleRequired(
            f"this needs the role {needed}, and yours is {role.word}; ask an administrator",
            metadata={"role": needed},
        )
