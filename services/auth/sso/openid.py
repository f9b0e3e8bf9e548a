"""OpenID Connect with one provider: authorization code with PKCE, by Authlib."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError

from services.auth.sso.configuration import Provider
from services.auth.sso.documents import Documents, Metadata, unavailable
from services.auth.sso.errors import SignInFailed
from services.auth.sso.id_token import check_id_token
from services.auth.sso.model import Begun
from services.auth.sso.person import claim_at
from services.auth.sso.web import TIMEOUT, ProviderTransport, get_object

EXCHANGE_S = 10.0
"""What all requests of one step may take together."""

_CODE_REFUSED = frozenset({"invalid_grant", "invalid_request", "access_denied"})
_UNUSABLE = (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, TypeError, KeyError)


class OpenIdProvider:
    """A provider, as a client of it sees it.

    Args:
        provider: Which.
        context: Whom TLS trusts.
        clock: Seconds since 1970.
        ticks: Seconds that only grow.
    """

    def __init__(
        self,
        provider: Provider,
        context: ssl.SSLContext,
        *,
        clock: Callable[[], float],
        ticks: Callable[[], float],
    ) -> None:
        self.provider = provider
        self._context = context
        self._clock = clock
        self._documents = Documents(provider, context, clock=ticks)

    async def authorization_url(self, begun: Begun, state: str) -> str:
        """Where a browser goes.

        Raises:
            ProviderUnavailable: the provider's metadata cannot be had.
        """
        async with self._bounded():
            metadata = await self._documents.metadata()
        client = self._client(metadata, begun.redirect_uri)
        more: dict[str, Any] = {"nonce": begun.nonce}
        if begun.reauthenticate:
            more |= {"prompt": "login", "max_age": "0"}
        url: str
        url, _ = client.create_authorization_url(
            metadata.authorization_endpoint, state=state, code_verifier=begun.verifier, **more
        )
        await client.aclose()
        return url

    async def redeem(self, begun: Begun, code: str, issuer: str) -> Mapping[str, object]:
        """The checked claims of whoever signed in.

        Args:
            begun: The sign-in.
            code: What the browser came back with.
            issuer: Who the browser says sent it (RFC 9207); empty if it says nothing.

        Raises:
            SignInFailed: the code, or what the provider gives for it, does not hold.
            ProviderUnavailable: the provider does not answer, or not as it must.
        """
        async with self._bounded():
            metadata = await self._documents.metadata()
            self._check_sender(metadata, issuer)
            answer = await self._exchange(metadata, begun, code)
            access_token = answer.get("access_token")
            if not isinstance(access_token, str):
                raise unavailable(self.provider, "it gives no access token")
            claims = await self._checked(metadata, begun, answer.get("id_token"), access_token)
            return await self._completed(metadata, claims, access_token)

    def _check_sender(self, metadata: Metadata, issuer: str) -> None:
        missing = not issuer and metadata.authorization_response_iss_parameter_supported
        if missing or (issuer and issuer != metadata.issuer):
            raise SignInFailed("the answer came from another identity provider; sign in again")

    async def _exchange(self, metadata: Metadata, begun: Begun, code: str) -> Mapping[str, object]:
        client = self._client(metadata, begun.redirect_uri)
        try:
            answer: Mapping[str, object] = await client.fetch_token(
                metadata.token_endpoint,
                grant_type="authorization_code",
                code=code,
                redirect_uri=begun.redirect_uri,
                code_verifier=begun.verifier,
            )
        except OAuthError as error:
            if error.error in _CODE_REFUSED:
                raise SignInFailed(
                    f"{self.provider.display_name} does not take its code back; sign in again"
                ) from error
            raise unavailable(self.provider, f"it gives no token: {error!r}") from error
        except _UNUSABLE as error:
            raise unavailable(self.provider, f"it gives no token: {error!r}") from error
        finally:
            await client.aclose()
        return answer

    async def _checked(
        self, metadata: Metadata, begun: Begun, token: object, access_token: str
    ) -> Mapping[str, object]:
        if not isinstance(token, str):
            raise unavailable(self.provider, "it gives no ID token")

        async def check(*, anew: bool) -> Mapping[str, object]:
            return check_id_token(
                token,
                await self._documents.keys(anew=anew),
                algorithms=metadata.algorithms,
                issuer=metadata.issuer,
                client_id=self.provider.client_id,
                nonce=begun.nonce,
                access_token=access_token,
                now=self._clock(),
            )

        try:
            try:
                return await check(anew=False)
            except (InvalidKeyIdError, BadSignatureError):
                # The provider may sign with a new key.
                return await check(anew=True)
        except (JoseError, ValueError, TypeError) as error:
            raise SignInFailed(
                f"what {self.provider.display_name} says of you does not hold ({_named(error)}); "
                "sign in again"
            ) from error

    async def _completed(
        self, metadata: Metadata, claims: Mapping[str, object], access_token: str
    ) -> Mapping[str, object]:
        """The claims, with those that the provider keeps for its userinfo endpoint."""
        wanted = ["email", *([self.provider.roles_claim] if self.provider.roles_claim else [])]
        lacks = any(claim_at(claims, name) is None for name in wanted)
        if metadata.userinfo_endpoint is None or not lacks:
            return claims
        try:
            more = await get_object(
                self.provider, self._context, metadata.userinfo_endpoint, token=access_token
            )
        except _UNUSABLE as error:
            raise unavailable(self.provider, f"its userinfo: {error!r}") from error
        if more.get("sub") != claims.get("sub"):
            raise SignInFailed("the identity provider speaks of somebody else; sign in again")
        return {**more, **claims}

    def _client(self, metadata: Metadata, redirect_uri: str) -> AsyncOAuth2Client:
        secret = self.provider.client_secret
        return AsyncOAuth2Client(
            client_id=self.provider.client_id,
            client_secret=secret.get_secret_value() if secret else None,
            token_endpoint_auth_method=_authentication(metadata, secret is not None),
            scope=" ".join(self.provider.scopes),
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            transport=ProviderTransport(self.provider, self._context),
            timeout=TIMEOUT,
            trust_env=False,
        )

    @asynccontextmanager
    async def _bounded(self) -> AsyncIterator[None]:
        """Around all that a provider is asked for one step."""
        try:
            async with asyncio.timeout(EXCHANGE_S):
                yield
        except TimeoutError:
            raise unavailable(self.provider, f"no answer in {EXCHANGE_S:g} s") from None


def _authentication(metadata: Metadata, has_secret: bool) -> str:
    """How the token endpoint learns that it is us."""
    if not has_secret:
        return "none"
    offered = metadata.token_endpoint_auth_methods_supported
    basic = "client_secret_basic"
    return "client_secret_post" if basic not in offered else basic


def _named(error: Exception) -> str:
    """What is wrong, without anything that the token says."""
    return str(getattr(error, "error", "") or type(error).__name__).replace("_", " ")
