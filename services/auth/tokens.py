"""Access tokens and refresh tokens."""

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

from services.auth.signing import KeyRing
from services.runtime.identity import SERVICE_PREFIX


class TokenIssuer:
    """Signs access tokens.

    Args:
        keys: Whose newest key signs.
        issuer: `iss` claim.
        audience: `aud` claim.
        ttl_s: Seconds that a token is good for.
    """

    def __init__(self, keys: KeyRing, *, issuer: str, audience: str, ttl_s: int) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self.ttl_s = ttl_s

    def for_user(self, user_id: UUID, session_id: UUID, now: datetime) -> str:
        """An access token of a user's session."""
        return self._sign(str(user_id), now, sid=str(session_id))

    def for_service(self, service: str, now: datetime) -> str:
        """An access token of a service."""
        return self._sign(SERVICE_PREFIX + service, now)

    def _sign(self, subject: str, now: datetime, **more: str) -> str:
        issued = int(now.timestamp())
        return self._keys.signing.sign(
            {
                "iss": self._issuer,
                "aud": self._audience,
                "sub": subject,
                "iat": issued,
                "exp": issued + self.ttl_s,
                # Two tokens of the same second differ.
                "jti": secrets.token_urlsafe(12),
                **more,
            }
        )


def new_refresh_token() -> str:
    """256 random bits, for the client alone."""
    return secrets.token_urlsafe(32)


def refresh_digest(token: str) -> bytes:
    """What is kept of a refresh token."""
    return hashlib.sha256(token.encode()).digest()
