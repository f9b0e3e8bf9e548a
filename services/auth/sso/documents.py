"""What a provider publishes: its metadata and its keys, remembered for a while."""

import asyncio
import logging
import math
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Generic, TypeVar

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.auth.sso.configuration import Provider
from services.auth.sso.errors import ProviderUnavailable
from services.auth.sso.web import get_object

GOOD_FOR_S = 3600.0
"""After so long it is asked for again; what is remembered is used on while nobody answers."""

STALE_AFTER_S = 86_400.0
"""But no longer than that."""

AGAIN_AFTER_S = 30.0
"""A key that is not known has keys asked for again, at most so often: anybody may send tokens."""

REST_S = 10.0
"""So long a provider that did not answer is left alone if something is remembered."""

MAX_KEYS = 100

SIGNATURES = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
    "EdDSA", "Ed25519",
)  # fmt: skip
"""Algorithms of ID tokens that are taken: those whose verifying key is no secret."""

T = TypeVar("T")
_log = logging.getLogger(__name__)
_Address = Annotated[str, Field(min_length=1, max_length=2048)]


class Metadata(BaseModel):
    """What is needed of a provider's metadata (OpenID Connect Discovery 1.0, section 3)."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    authorization_endpoint: _Address
    token_endpoint: _Address
    jwks_uri: _Address
    userinfo_endpoint: _Address | None = None
    response_types_supported: tuple[str, ...] = ("code",)
    code_challenge_methods_supported: tuple[str, ...] = ("S256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    authorization_response_iss_parameter_supported: bool = False

    @property
    def algorithms(self) -> list[str]:
        """Those that ID tokens may be signed with."""
        return [one for one in SIGNATURES if one in self.id_token_signing_alg_values_supported]


class _Remembered(Generic[T]):
    """Something that a provider publishes, asked for again when it is old."""

    def __init__(self, ask: Callable[[], Awaitable[T]], clock: Callable[[], float]) -> None:
        self._ask = ask
        self._clock = clock
        self._value: T | None = None
        self._asked_at = -math.inf
        self._failed_at = -math.inf
        self._doubted_at = -math.inf
        # Many who sign in at once ask once.
        self._turn = asyncio.Lock()

    async def get(self, *, doubted: bool = False) -> T:
        """What is remembered, asked for again if it is old.

        Args:
            doubted: Whether it seems to be out of date; then it is asked for again, unless that was
                done for the same reason just now.

        Raises:
            ProviderUnavailable: there is nothing that is good enough.
        """
        async with self._turn:
            now = self._clock()
            asks = now - self._asked_at > GOOD_FOR_S
            if doubted and now - self._doubted_at > AGAIN_AFTER_S:
                self._doubted_at, asks = now, True
            if self._value is not None and (not asks or now - self._failed_at <= REST_S):
                return self._value
            try:
                self._value = await self._ask()
            except ProviderUnavailable:
                self._failed_at = now
                if self._value is None or now - self._asked_at > STALE_AFTER_S:
                    self._value = None
                    raise
            else:
                self._asked_at = now
            return self._value


class Documents:
    """A provider's metadata and keys.

    Args:
        provider: Whose.
        context: Whom TLS trusts.
        clock: Seconds that only grow.
    """

    def __init__(
        self, provider: Provider, context: ssl.SSLContext, *, clock: Callable[[], float]
    ) -> None:
        self._provider = provider
        self._context = context
        self._metadata = _Remembered(self._ask_metadata, clock)
        self._keys = _Remembered(self._ask_keys, clock)

    async def metadata(self) -> Metadata:
        """The provider's metadata.

        Raises:
            ProviderUnavailable: it says none, or not as it must.
        """
        return await self._metadata.get()

    async def keys(self, *, anew: bool = False) -> KeySet:
        """The keys that the provider signs with.

        Args:
            anew: Whether those that are remembered lack one.

        Raises:
            ProviderUnavailable: it says none.
        """
        return await self._keys.get(doubted=anew)

    async def _ask_metadata(self) -> Metadata:
        url = self._provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
        document = await self._object(url)
        try:
            found = Metadata.model_validate(document)
        except ValidationError as error:
            fields = ", ".join(str(one["loc"][0]) for one in error.errors(include_input=False))
            raise unavailable(self._provider, f"its metadata lacks {fields}") from None
        self._check(found)
        return found

    def _check(self, found: Metadata) -> None:
        wrong = ""
        if found.issuer != self._provider.issuer:
            wrong = f"its issuer is {found.issuer!r}, not the one that is configured"
        elif "code" not in found.response_types_supported:
            wrong = "it gives no authorization codes"
        elif "S256" not in found.code_challenge_methods_supported:
            wrong = "it does not know PKCE with S256"
        elif not found.algorithms:
            wrong = "it signs with no algorithm that is taken"
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
            url = getattr(found, name)
            if url is not None and not self._provider.may_ask(url):
                wrong = wrong or f"its {name} is not at the issuer's host, nor at one of `hosts`"
        if wrong:
            raise unavailable(self._provider, wrong)

    async def _ask_keys(self) -> KeySet:
        listed = (await self._object((await self.metadata()).jwks_uri)).get("keys")
        if not isinstance(listed, list):
            raise unavailable(self._provider, "it publishes no list of keys")
        keys = []
        for one in listed[:MAX_KEYS]:
            if not isinstance(one, dict) or one.get("use", "sig") != "sig":
                continue
            try:
                keys += KeySet.import_key_set({"keys": [one]}).keys
            except (JoseError, ValueError, TypeError, KeyError):
                # A kind of key that nobody here knows; others may do.
                continue
        if not keys:
            raise unavailable(self._provider, "it publishes no key that is understood")
        return KeySet(keys)

    async def _object(self, url: str) -> Mapping[str, object]:
        try:
            return await get_object(self._provider, self._context, url)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, TypeError) as error:
            raise unavailable(self._provider, f"{url}: {error!r}") from error


def unavailable(provider: Provider, cause: str) -> ProviderUnavailable:
    """The error for callers; the cause goes to the log, for the operator."""
    _log.warning("identity provider %s cannot be used: %s", provider.id, cause)
    return ProviderUnavailable(
        f"{provider.display_name} cannot be reached at the moment; try again later",
        metadata={"provider_id": provider.id},
    )
