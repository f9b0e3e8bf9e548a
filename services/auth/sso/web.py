"""HTTP to one identity provider: bounded, at its own addresses only, without redirects."""

import json
import ssl
import urllib.request
from collections.abc import AsyncIterator, Mapping
from typing import cast

import httpx2

from services.auth.sso.configuration import Provider, is_loopback

MAX_BYTES = 2**18
"""Of one answer. Documents and tokens have some kilobytes."""

TIMEOUT = httpx2.Timeout(5.0)
"""Of each step; whole exchanges have a bound of their own."""


class ForeignAddress(httpx2.TransportError):
    """The URL is not one of the provider's."""


class AnswerTooLarge(httpx2.TransportError):
    """The provider sends more than it could have to say."""


class ProviderTransport(httpx2.AsyncBaseTransport):
    """Sends requests to a provider's own addresses, and reads no more than `MAX_BYTES` of each.

    Args:
        provider: Whose.
        context: Whom TLS trusts.
    """

    def __init__(self, provider: Provider, context: ssl.SSLContext) -> None:
        self._provider = provider
        self._inner: httpx2.AsyncBaseTransport = httpx2.AsyncHTTPTransport(
            verify=context, trust_env=False, proxy=_proxy(provider.issuer)
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Sends a request."""
        if not self._provider.may_ask(str(request.url)):
            raise ForeignAddress(f"{request.url.host} is not the issuer's host, nor among `hosts`")
        # A small answer could unpack into a large one.
        request.headers["accept-encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise AnswerTooLarge("the answer is packed, which nobody asked for")
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_Bounded(cast("httpx2.AsyncByteStream", response.stream)),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Closes connections."""
        await self._inner.aclose()


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MAX_BYTES
        async for chunk in self._inner:
            left -= len(chunk)
            if left < 0:
                raise AnswerTooLarge(f"the answer is longer than {MAX_BYTES} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


async def get_object(
    provider: Provider, context: ssl.SSLContext, url: str, *, token: str = ""
) -> Mapping[str, object]:
    """A JSON object of the provider's.

    Args:
        provider: Whose.
        context: Whom TLS trusts.
        url: Where it is.
        token: Access token to ask with.

    Raises:
        httpx2.HTTPError: there is no answer, or no good one.
        ValueError, TypeError: it is no JSON object.
    """
    headers = {"accept": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    transport = ProviderTransport(provider, context)
    async with httpx2.AsyncClient(transport=transport, timeout=TIMEOUT, trust_env=False) as client:
        response = await client.get(url, headers=headers)
    if response.status_code != 200:
        raise httpx2.TransportError(f"{url} answers {response.status_code}")
    found: object = json.loads(response.content)
    if not isinstance(found, dict):
        raise TypeError(f"{url} has no JSON object")
    return found


def _proxy(issuer: str) -> str | None:
    """The proxy that the environment names for an issuer; a machine asks itself without."""
    url = httpx2.URL(issuer)
    if is_loopback(url.host) or urllib.request.proxy_bypass(url.host):
        return None
    return urllib.request.getproxies().get(url.scheme)
