"""Who somebody is, out of the claims of a provider."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from services.auth.sso.configuration import Provider
from services.auth.sso.errors import SignInFailed, SignInRefused
from services.auth.sso.model import Person, Subject
from services.runtime.roles import Role
from services.runtime.text import is_blank, kept_filename

Claims = Mapping[str, object]

MAX_NAME = 100
MAX_EMAIL = 254
MAX_SUBJECT = 255

# As browsers and the contract's constraint for addresses have it (HTML, "valid e-mail address").
_EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+"
    r"@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
)


def person_of(provider: Provider, claims: Claims) -> Person:
    """The person that checked claims speak of.

    Raises:
        SignInFailed: the claims name nobody.
        SignInRefused: no role is given to them, or their address is in no domain that may come in.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT or "\0" in subject:
        raise SignInFailed(f"{provider.display_name} does not say who you are")
    email = email_of(claims)
    verified = bool(email) and _verified(provider, claims)
    if provider.email_domains and not (
        verified and email.partition("@")[2] in provider.email_domains
    ):
        raise SignInRefused(
            f"only people with a verified email address of {' or '.join(provider.email_domains)} "
            f"come in by {provider.display_name}"
        )
    return Person(
        Subject(provider.issuer, subject),
        email,
        verified,
        _name(claims) or email.partition("@")[0],
        _role(provider, claims),
        _time(claims.get("auth_time")),
    )


def email_of(claims: Claims) -> str:
    """The email address, in lower case; empty if there is none or it is no address."""
    email = claims.get("email")
    if not isinstance(email, str):
        return ""
    email = email.strip().lower()
    return email if len(email) <= MAX_EMAIL and _EMAIL.fullmatch(email) else ""


def claim_at(claims: Claims, path: str) -> object:
    """The claim of a name that may have dots, or else at a path of names; None if there is none."""
    if path in claims:
        return claims[path]
    found: object = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _verified(provider: Provider, claims: Claims) -> bool:
    said = claims.get("email_verified")
    if said is None:
        return provider.assume_emails_verified
    # Some send the word; anything else is no yes.
    return said is True or said == "true"


def _role(provider: Provider, claims: Claims) -> Role | None:
    if not provider.roles_claim:
        return None
    told = claim_at(claims, provider.roles_claim)
    values = [told] if isinstance(told, str) else told if isinstance(told, list) else []
    role = provider.role_of(frozenset(one for one in values if isinstance(one, str)))
    if role is None:
        raise SignInRefused(
            f"{provider.display_name} gives you no role here; ask who looks after accounts there"
        )
    return role


def _name(claims: Claims) -> str:
    for claim in ("name", "preferred_username"):
        name = claims.get(claim)
        if isinstance(name, str):
            kept = _line(name)
            if kept:
                return kept
    return ""


def _line(text: str) -> str:
    """A name on one line, without what would break or reorder what it is written into."""
    kept = kept_filename(text.replace("/", " ").replace("\\", " "))[:MAX_NAME].strip()
    return "" if is_blank(kept) else kept


def _time(claim: object) -> datetime | None:
    if not isinstance(claim, int | float) or isinstance(claim, bool):
        return None
    try:
        return datetime.fromtimestamp(claim, UTC)
    except (OverflowError, ValueError, OSError):
        return None
