"""Which identity providers there are, as the operator writes it (`docs/single-sign-on.md`)."""

import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from services.runtime.roles import Role

RoleWord = Literal["viewer", "inspector", "admin"]
PAGE_PATH = "/sign-in/callback"
"""Where the page takes up a sign-in."""

PROGRAM_PATH = "/callback"
"""Where a program on the person's own machine does."""

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


class ConfigurationError(ValueError):
    """The file cannot be used; says which entry is wrong, and never its value."""


def split_url(url: str) -> SplitResult:
    """The parts of a URL to which a secret may be sent: over TLS, or within this machine.

    Raises:
        ValueError: It is none.
    """
    parts = urlsplit(url)
    if not parts.hostname or parts.username is not None or parts.fragment or parts.port == 0:
        raise ValueError("it must be a URL with a host, without user and fragment")
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname)):
        return parts
    raise ValueError("it must begin with https:// (http:// at a loopback address only)")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, whatever a name server says."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _url(text: str) -> str:
    split_url(text)
    return text


def _issuer(text: str) -> str:
    if split_url(text).query:
        raise ValueError("an issuer has no query")
    return text


class _Table(BaseModel):
    """A table of the file, which has nothing that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Provider(_Table):
    """An identity provider."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    """Name in requests and in the list of sessions."""

    display_name: str = Field(min_length=1, max_length=60)
    """How it is called on screen."""

    issuer: Annotated[str, AfterValidator(_issuer)] = Field(max_length=512)
    """Exactly as its ID tokens say it; its discovery document is below."""

    client_id: str = Field(min_length=1, max_length=256)
    client_secret: SecretStr | None = None
    """None: a public client, which proves itself with PKCE alone."""

    scopes: tuple[str, ...] = ("openid", "email", "profile")
    hosts: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+(:\d{1,5})?$")], ...] = ()
    """Where else than at the issuer's host its endpoints may be, `host` or `host:port`."""

    email_domains: tuple[
        Annotated[str, StringConstraints(to_lower=True, pattern=r"^[^@\s]+$")], ...
    ] = ()
    """Only people whose verified email address is in one of these come in; empty: all."""

    assume_emails_verified: bool = False
    """Whether an address counts as verified of which the provider does not say whether it is."""

    trust_emails: bool = False
    """Whether an account with a person's verified address is theirs; needs `email_domains`. Its
    password, sessions and API keys end then, because nobody proved the address before."""

    create_accounts: bool = True
    """Whether people who have no account get one."""

    roles_claim: str = Field(default="", max_length=256)
    """Claim whose values `roles` maps, or a path to it with dots; empty: roles are given here."""

    roles: Mapping[str, RoleWord] = {}
    default_role: RoleWord | None = None
    """The role of whom `roles` has nothing for; None: they do not come in. Without `roles_claim`
    the role of new accounts, inspector if None."""

    session_hours: int = Field(default=0, ge=0, le=8_784)
    """Hours after which people must sign in again, however often they refresh; 0: no such bound."""

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if "openid" not in self.scopes:
            raise ValueError("scopes lack openid")
        if self.trust_emails and not self.email_domains:
            raise ValueError("trust_emails needs email_domains, those that the provider decides on")
        if bool(self.roles_claim) != bool(self.roles):
            raise ValueError("roles_claim and roles belong together")
        return self

    def may_ask(self, url: str) -> bool:
        """Whether a URL is one of this provider's: at the issuer, or at one of `hosts`."""
        try:
            parts = split_url(url)
        except ValueError:
            return False
        issuer = urlsplit(self.issuer)
        if (parts.scheme, parts.netloc.lower()) == (issuer.scheme, issuer.netloc.lower()):
            return True
        return parts.scheme == "https" and parts.netloc.lower() in self.hosts

    def role_of(self, values: frozenset[str]) -> Role | None:
        """The highest role that values of the claim give; None if none does."""
        given = [Role[word.upper()] for value, word in self.roles.items() if value in values]
        if self.default_role is not None:
            given.append(Role[self.default_role.upper()])
        return max(given, default=None)


class Configuration(_Table):
    """How people may sign in."""

    password_sign_in: bool = True
    """Whether people may register and sign in with a password."""

    redirect_uris: tuple[Annotated[str, AfterValidator(_url)], ...] = ()
    """Where providers send browsers back to: the page's callback at each of its public addresses.
    Loopback addresses need not be here."""

    provider: tuple[Provider, ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        for what in ("id", "issuer"):
            names = [getattr(one, what) for one in self.provider]
            if len(set(names)) < len(names):
                raise ValueError(f"two providers have the same {what}")
        if not self.password_sign_in and not self.provider:
            raise ValueError("without a provider nobody could sign in: password_sign_in")
        return self

    def may_return_to(self, url: str) -> bool:
        """Whether a provider may send a browser here."""
        if url in self.redirect_uris:
            return True
        parts = urlsplit(url)
        try:
            sound = parts.username is None and not parts.query and parts.port != 0
        except ValueError:
            return False
        return (
            sound
            and parts.scheme == "http"
            and parts.hostname in LOOPBACK_HOSTS
            and not parts.fragment
            and parts.path in {PAGE_PATH, PROGRAM_PATH}
        )


def load_configuration(
    file: Path | None, secrets: Mapping[str, SecretStr] | None = None
) -> Configuration:
    """Reads the operator's file.

    Args:
        file: TOML; None: there are no providers.
        secrets: Client secrets by provider, which then need not be in the file.

    Raises:
        ConfigurationError: It cannot be read, is wrong, or has secrets that others can read.
    """
    if file is None:
        return Configuration()
    try:
        found = Configuration.model_validate(tomllib.loads(file.read_text()))
        readable = file.stat().st_mode & 0o077
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from None
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}"
            for one in error.errors(include_input=False, include_url=False)
        )
        raise ConfigurationError(f"{file}: {wrong}") from None
    if readable and any(one.client_secret for one in found.provider):
        raise ConfigurationError(f"{file} has a secret and others can read it: chmod 600 {file}")
    return _with_secrets(found, secrets or {})


def _with_secrets(found: Configuration, secrets: Mapping[str, SecretStr]) -> Configuration:
    unknown = secrets.keys() - {one.id for one in found.provider}
    if unknown:
        raise ConfigurationError(f"a client secret is of no provider: {', '.join(sorted(unknown))}")
    providers = tuple(
        one.model_copy(update={"client_secret": secrets[one.id]}) if one.id in secrets else one
        for one in found.provider
    )
    return found.model_copy(update={"provider": providers})
