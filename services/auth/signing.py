"""The signing keys: Ed25519."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.runtime.identity import ALGORITHM


@dataclass(frozen=True)
class SigningKey:
    """A key pair and its id, the RFC 7638 thumbprint of the public key."""

    private_key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> "SigningKey":
        """Makes a new key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, raw: bytes) -> "SigningKey":
        """Reads the 32 bytes that `to_bytes` wrote."""
        return cls(Ed25519PrivateKey.from_private_bytes(raw))

    def to_bytes(self) -> bytes:
        """The private key's 32 bytes."""
        return self.private_key.private_bytes_raw()

    @property
    def public_key(self) -> Ed25519PublicKey:
        """What verifies its signatures."""
        return self.private_key.public_key()

    @property
    def x(self) -> str:
        """The public key, base64url without padding (RFC 8037)."""
        return _base64url(self.public_key.public_bytes_raw())

    @property
    def kid(self) -> str:
        """The key's id."""
        canonical = json.dumps(
            {"crv": "Ed25519", "kty": "OKP", "x": self.x}, separators=(",", ":"), sort_keys=True
        )
        return _base64url(hashlib.sha256(canonical.encode()).digest())

    def sign(self, claims: Mapping[str, object]) -> str:
        """A JWT with these claims."""
        return jwt.encode(
            dict(claims), self.private_key, algorithm=ALGORITHM, headers={"kid": self.kid}
        )


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key as it is kept."""

    key: SigningKey
    created_at: datetime
    """Since when it is published."""
    signs_from: datetime
    """From when on it signs, until a newer one does."""


class KeyRing:
    """The keys that are published now: one signs, all verify.

    Args:
        keys: At least one key, the newest first; the newest signs.
    """

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        self._public: dict[str, Ed25519PublicKey] = {}
        self.replace(keys, signing=keys[0])

    def replace(self, keys: Sequence[SigningKey], *, signing: SigningKey) -> None:
        """Takes other keys; one of them signs from now on."""
        self.keys = tuple(keys)
        self.signing = signing
        # A key that is there already stays the same object: what it has verified stays verified.
        self._public = {key.kid: self._public.get(key.kid) or key.public_key for key in keys}

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        """The verifying key of that id; None if there is none."""
        return self._public.get(kid)


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
