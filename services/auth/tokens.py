"""Access tokens, and the secrets that clients keep: refresh tokens and API keys."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from services.auth.model import Scope
from services.auth.signing import KeyRing
from services.runtime.identity import SCOPE_CLAIM, SERVICE_PREFIX
from services.runtime.roles import ROLE_CLAIM, Role


class TokenIssuer:
    """Signs access tokens.

    Args:
        keys: One of which signs.
        issuer: `iss` claim.
        audience: `aud` claim.
        ttl_s: Seconds that a token is good for.
    """

    def __init__(self, keys: KeyRing, *, issuer: str, audience: str, ttl_s: int) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self.ttl_s = ttl_s

    def for_user(self, user_id: UUID, session_id: UUID, role: Role, now: datetime) -> str:
        """An access token of a user's session."""
        return self._sign(str(user_id), now, {"sid": str(session_id), ROLE_CLAIM: role.word})

    def for_api_key(
        self,
        user_id: UUID,
        api_key_id: UUID,
        scopes: Iterable[Scope],
        role: Role,
        now: datetime,
        *,
        at_most_s: int,
    ) -> tuple[str, int]:
        """An access token that allows some things only, and the seconds it is good for.

        The key stands in the place of a session: once it is revoked, the token is worthless.

        Args:
            user_id: For whom.
            api_key_id: The key that it is given for.
            scopes: What it allows.
            role: What its owner may do at most.
            now: The present.
            at_most_s: Seconds for which the key itself is good.
        """
        ttl_s = min(self.ttl_s, at_most_s)
        claims = {"sid": str(api_key_id), SCOPE_CLAIM: " ".join(scopes), ROLE_CLAIM: role.word}
        return self._sign(str(user_id), now, claims, ttl_s=ttl_s), ttl_s

    def for_service(self, service: str, now: datetime) -> str:
        """An access token of a service."""
        return self._sign(SERVICE_PREFIX + service, now, {})

    def _sign(
        self, subject: str, now: datetime, more: Mapping[str, str], *, ttl_s: int | None = None
    ) -> str:
        issued = int(now.timestamp())
        return self._keys.signing.sign(
            {
                "iss": self._issuer,
                "aud": self._audience,
                "sub": subject,
                "iat": issued,
                "exp": issued + (self.ttl_s if ttl_s is None else ttl_s),
                # Two tokens of the same second differ.
                "jti": secrets.token_urlsafe(12),
                **more,
            }
        )


def new_secret() -> str:
    """256 random bits, for the client alone."""
    return secrets.token_urlsafe(32)


def secret_digest(secret: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()
