"""The keys that verify tokens, fetched from auth and kept."""

import base64
import logging
import time
from collections.abc import Callable

import grpc
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.runtime.errors import Unavailable
from services.runtime.single_flight import SingleFlight

REFRESH_AFTER_S = 300.0
ASK_AGAIN_AFTER_S = 2.0
TIMEOUT_S = 2.0

_log = logging.getLogger(__name__)


class KeysUnavailable(Unavailable):
    """No verifying keys, or no new ones, could be fetched yet."""

    reason = "KEYS_UNAVAILABLE"


class PublishedKeys:
    """The keys of `AuthService.GetJwks`.

    Fetched when first needed, every five minutes, and when a token names an
    unknown key (at most every two seconds, so that forged ids cost nothing).
    Known keys stay good while auth is down: they are refreshed beside the calls,
    and nobody waits for that. Whoever must wait, because the key is not known,
    waits for one fetch together with all others.

    Args:
        channel: To auth.
        clock: Seconds that only grow.
    """

    def __init__(
        self, channel: grpc.aio.Channel, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stub = auth_pb2_grpc.AuthServiceStub(channel)
        self._clock = clock
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._fetched_at = float("-inf")
        self._asked_at = float("-inf")
        self._answered = False
        self._fetching = SingleFlight(self._fetch)

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        """The public key of that id; None if auth publishes none.

        Raises:
            KeysUnavailable: if it is not known and auth does not answer.
        """
        key = self._keys.get(kid)
        if key is not None:
            if self._clock() - self._fetched_at > REFRESH_AFTER_S and self._may_ask():
                self._fetching.start()
            return key
        await self._ask()
        key = self._keys.get(kid)
        if key is None and not self._answered:
            raise KeysUnavailable("auth does not answer with its keys", retry_after_s=1)
        return key

    async def probe(self) -> None:
        """Raises if no keys are known and none can be had."""
        if not self._keys:
            await self._ask()
        if not self._keys:
            raise KeysUnavailable("auth has not published its keys yet", retry_after_s=1)

    def _may_ask(self) -> bool:
        return self._clock() - self._asked_at >= ASK_AGAIN_AFTER_S

    async def _ask(self) -> None:
        """Waits for the fetch under way; begins one unless one ended just now."""
        if self._fetching.under_way or self._may_ask():
            await self._fetching.result()

    async def _fetch(self) -> None:
        try:
            answer = await self._stub.GetJwks(auth_pb2.GetJwksRequest(), timeout=TIMEOUT_S)
            found = {jwk.kid: _public_key(jwk) for jwk in answer.keys}
        except grpc.aio.AioRpcError as error:
            self._answered = False
            _log.warning("could not fetch keys: %s", error.details())
            return
        except ValueError:
            self._answered = False
            _log.exception("auth publishes what are no keys")
            return
        finally:
            # From its end on: a fetch that takes long must not be followed by the next at once.
            self._asked_at = self._clock()
        # A key that is the same stays the same object: what it has verified stays verified.
        self._keys = {
            kid: known if (known := self._keys.get(kid)) == key else key
            for kid, key in found.items()
        }
        self._answered = True
        self._fetched_at = self._clock()


def _public_key(jwk: auth_pb2.Jwk) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(
        base64.urlsafe_b64decode(jwk.x + "=" * (-len(jwk.x) % 4))
    )
