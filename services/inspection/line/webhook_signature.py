"""Signatures of the Standard Webhooks specification, symmetric, version 1.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime

SECRET_BYTES = 32
"""The specification takes 24 to 64."""


def new_secret() -> bytes:
    """A secret, drawn at random."""
    return secrets.token_bytes(SECRET_BYTES)


def shown(secret: bytes) -> str:
    """A secret as people and libraries are given it."""
    return "whsec_" + base64.b64encode(secret).decode()


def signed_headers(secret: bytes, message_id: str, body: bytes, now: datetime) -> Mapping[str, str]:
    """The headers that say which message it is, when it was sent, and by whom.

    Args:
        secret: Shared with the receiver.
        message_id: The same at each try.
        body: As it is sent.
        now: The present, aware; receivers refuse what is minutes old.
    """
    stamp = str(int(now.timestamp()))
    signed = b".".join((message_id.encode(), stamp.encode(), body))
    digest = hmac.new(secret, signed, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
