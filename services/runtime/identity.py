"""Who calls: access tokens (JWT, EdDSA), verified again in every service."""

import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.runtime.errors import PermissionDenied, Unauthenticated
from services.runtime.roles import ROLE_CLAIM, Role, role_of

ALGORITHM = "EdDSA"
CLOCK_SKEW_S = 30
SERVICE_PREFIX = "service:"
SCOPE_CLAIM = "scope"
"""What a token allows that does not allow all, in words between spaces (RFC 9068)."""
ON_BEHALF_OF = "x-argus-on-behalf-of"
"""Metadata in which a service says which user its call is for. It gives no rights, and is nothing
from a caller that is no service."""
EXPIRED = "the access token has expired; refresh it"
CLOSED = "the session was closed; sign in again"
MAX_KNOWN = 4096
"""Tokens whose checked signatures are remembered; then all are checked anew."""


class TokenInvalid(Unauthenticated):
    """The access token is missing, malformed, forged, expired or closed."""

    reason = "TOKEN_INVALID"


class TokenExpired(Unauthenticated):
    """The access token was good and its time is over."""

    reason = "TOKEN_EXPIRED"


class SessionClosed(Unauthenticated):
    """The session was closed; sign in again."""

    reason = "SESSION_CLOSED"


class ServiceOnly(PermissionDenied):
    """Only services of this mesh may call this."""

    reason = "SERVICE_ONLY"


class UserOnly(PermissionDenied):
    """Only a user may call this."""

    reason = "USER_ONLY"


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified caller: a user in a session, or a service of this mesh."""

    user_id: str
    """UUID of the user; empty for a service."""

    session_id: str
    """UUID of the session, or of the API key in its place; empty for a service."""

    service: str
    """Name of the service; empty for a user."""

    token: str = field(repr=False)
    """The access token itself, to call on with."""

    scopes: frozenset[str] | None = None
    """What the token of an API key allows; None if nothing is kept from the caller."""

    good_until: float = math.inf
    """Seconds since 1970 at which the token is no longer taken."""

    role: Role = Role.INSPECTOR
    """What a user is allowed here; means nothing of a service."""


class Keys(Protocol):
    """Where verifying keys come from."""

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        """The public key of that id; None if there is none."""


class Sessions(Protocol):
    """Which sessions were closed before their tokens expire."""

    async def is_closed(self, session_id: str) -> bool:
        """True if the session was closed."""

    async def closed_among(self, session_ids: Collection[str]) -> set[str]:
        """Those of the sessions that were closed."""


class TokenVerifier:
    """Turns an access token into an identity, or says why not.

    A signature is checked once for each token and key. Each call checks that the key is still
    published, that the token has not expired and that its session is open.

    Args:
        keys: Verifying keys.
        sessions: Which were closed.
        issuer: `iss` that tokens must have.
        audience: `aud` that tokens must have.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        keys: Keys,
        sessions: Sessions,
        *,
        issuer: str,
        audience: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.clock = clock
        """Seconds since 1970."""
        self._keys = keys
        self.sessions = sessions
        """Which sessions were closed."""
        self._issuer = issuer
        self._audience = audience
        self._known: dict[str, _Known] = {}

    async def verify(self, token: str) -> Identity:
        """Verifies signature, issuer, audience, times and session.

        Raises:
            TokenInvalid, TokenExpired, SessionClosed: the caller must sign in again.
            Unavailable: the keys or the sessions cannot be read now.
        """
        known = self._known.get(token)
        kid = known.kid if known else _kid(token)
        key = await self._keys.key(kid)
        if key is None:
            raise TokenInvalid("the access token is signed with an unknown key")
        if known is None or known.key is not key:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            known = self._known[token] = _Known(kid, key, self._claims(token, key))
        claims = known.claims
        good_until = int(claims["exp"]) + CLOCK_SKEW_S
        if good_until <= self.clock():
            # Of two calls with one token, the other may have been here first.
            self._known.pop(token, None)
            raise TokenExpired(EXPIRED)
        subject = str(claims["sub"])
        if subject.startswith(SERVICE_PREFIX):
            name = subject.removeprefix(SERVICE_PREFIX)
            return Identity("", "", name, token, good_until=good_until)
        session_id = str(claims.get("sid", ""))
        if await self.sessions.is_closed(session_id):
            raise SessionClosed(CLOSED)
        scope = claims.get(SCOPE_CLAIM)
        scopes = None if scope is None else frozenset(str(scope).split())
        role = role_of(claims.get(ROLE_CLAIM))
        return Identity(subject, session_id, "", token, scopes, good_until, role)

    def _claims(self, token: str, key: Ed25519PublicKey) -> Mapping[str, Any]:
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                leeway=CLOCK_SKEW_S,
                options={"require": ["exp", "iat", "sub"]},
            )
        except jwt.ExpiredSignatureError:
            raise TokenExpired(EXPIRED) from None
        except jwt.InvalidTokenError:
            raise TokenInvalid("the access token is not valid") from None
        return claims


@dataclass(frozen=True, slots=True)
class _Known:
    """A token whose signature and claims were found good with a key."""

    kid: str
    key: Ed25519PublicKey
    claims: Mapping[str, Any]


def _kid(token: str) -> str:
    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except jwt.InvalidTokenError:
        raise TokenInvalid("the access token is not a JWT") from None
    return kid if isinstance(kid, str) else ""


def bearer_token(metadata: Mapping[str, str]) -> str:
    """The token of the `authorization` header.

    Raises:
        TokenInvalid: if there is none.
    """
    scheme, _, token = metadata.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenInvalid("send an access token: `authorization: Bearer …`")
    return token.strip()


_identity: ContextVar[Identity | None] = ContextVar("argus_identity", default=None)


def enter_identity(identity: Identity) -> None:
    """Makes `identity` the caller for the rest of this task."""
    _identity.set(identity)


def current_identity() -> Identity:
    """The verified caller.

    Raises:
        TokenInvalid: in a public method or in background work.
    """
    identity = _identity.get()
    if identity is None:
        raise TokenInvalid("sign in first")
    return identity


def require_user() -> Identity:
    """The caller, who must be a user."""
    identity = current_identity()
    if not identity.user_id:
        raise UserOnly("only a user may call this")
    return identity


def on_behalf_of(metadata: Iterable[tuple[str, str | bytes]]) -> str:
    """UUID of the user whom the call is for: the caller, or whom a calling service names.

    Empty if a service calls for nobody. For fairness between users, never for rights.

    Raises:
        TokenInvalid: in a public method or in background work.
    """
    identity = current_identity()
    if not identity.service:
        return identity.user_id
    named = next((value for key, value in metadata if key == ON_BEHALF_OF), "")
    try:
        return str(UUID(named)) if isinstance(named, str) and named else ""
    except ValueError:
        return ""
