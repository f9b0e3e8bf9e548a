"""The keys that verify tokens, fetched from auth and kept."""

import asyncio
import base64
import logging
import time

import grpc
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.runtime.errors import Unavailable

REFRESH_AFTER_S = 300.0
ASK_AGAIN_AFTER_S = 2.0
TIMEOUT_S = 2.0

_log = logging.getLogger(__name__)


class KeysUnavailable(Unavailable):
    """No verifying keys could be had yet."""

    reason = "KEYS_UNAVAILABLE"


class PublishedKeys:
    """The keys of `AuthService.GetJwks`.

    Fetched when first needed, every five minutes, and when a token names an
    unknown key (at most every two seconds, so that forged ids cost nothing).
    Known keys stay good while auth is down.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = auth_pb2_grpc.AuthServiceStub(channel)
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._fetched_at = float("-inf")
        self._asked_at = float("-inf")
        self._lock = asyncio.Lock()

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        """The public key of that id; None if auth publishes none.

        Raises:
            KeysUnavailable: if no keys are known and auth does not answer.
        """
        if kid not in self._keys or time.monotonic() - self._fetched_at > REFRESH_AFTER_S:
            await self._fetch()
        if not self._keys:
            raise KeysUnavailable("auth has not published its keys yet", retry_after_s=1)
        return self._keys.get(kid)

    async def probe(self) -> None:
        """Raises if no keys are known and none can be had."""
        if not self._keys:
            await self._fetch()
        if not self._keys:
            raise KeysUnavailable("auth has not published its keys yet", retry_after_s=1)

    async def _fetch(self) -> None:
        async with self._lock:
            if time.monotonic() - self._asked_at < ASK_AGAIN_AFTER_S:
                return
            self._asked_at = time.monotonic()
            try:
                answer = await self._stub.GetJwks(auth_pb2.GetJwksRequest(), timeout=TIMEOUT_S)
            except grpc.aio.AioRpcError as error:
                _log.warning("could not fetch keys: %s", error.details())
                return
            self._keys = {
                jwk.kid: Ed25519PublicKey.from_public_bytes(
                    base64.urlsafe_b64decode(jwk.x + "=" * (-len(jwk.x) % 4))
                )
                for jwk in answer.keys
            }
            self._fetched_at = time.monotonic()
