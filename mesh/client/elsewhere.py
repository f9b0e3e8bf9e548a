"""Signing in at an identity provider, with a browser on this machine (RFC 8252)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlsplit

from argus.auth.v1 import sign_in_pb2

from argus_client.tokens import CALL_TIMEOUT_S
from mesh.client.account import Account
from mesh.client.connection import Connection
from mesh.client.names import printable
from mesh.errors import MeshError
from mesh.options import LOOPBACK

PATH = "/callback"
MAX_HEAD = 16_384
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Argus</title>'
    "<p>You can close this page, and go back to the terminal.</p></html>"
)

Answer = dict[str, str]


async def sign_in_elsewhere(
    connection: Connection,
    name: str,
    show: Callable[[str, int], None],
    *,
    reauthenticate: bool = False,
    port: int = 0,
) -> Account:
    """Signs in whom a provider names, and keeps the session.

    Args:
        connection: To the mesh.
        name: The provider; empty if there is only one.
        show: Gets the address that a browser must open, and the port it comes back to.
        reauthenticate: Whether the person shall prove anew who they are.
        port: Where the browser comes back to; 0: a free one.

    Raises:
        MeshError: There is no such provider, or nobody was signed in.
    """
    listed = await connection.elsewhere.ListIdentityProviders(
        sign_in_pb2.ListIdentityProvidersRequest(), timeout=CALL_TIMEOUT_S
    )
    provider = _chosen(list(listed.providers), name)
    async with _listening(port) as (redirect_uri, answers):
        begun = await connection.elsewhere.BeginSignIn(
            sign_in_pb2.BeginSignInRequest(
                provider_id=provider.provider_id,
                redirect_uri=redirect_uri,
                reauthenticate=reauthenticate,
            ),
            timeout=CALL_TIMEOUT_S,
        )
        show(begun.authorization_url, urlsplit(redirect_uri).port or 0)
        try:
            async with asyncio.timeout(begun.expires_in):
                answer = await _answer_to(begun.state, answers)
        except TimeoutError:
            raise MeshError(
                "Nobody signed in in time.", "Run the command again, and open the address."
            ) from None
    code = answer.get("code")
    if not code:
        said = printable(answer.get("error", "it gave no reason"))
        raise MeshError(f"{printable(provider.display_name)} did not sign you in: {said}.")
    return await connection.complete_sign_in(
        sign_in_pb2.CompleteSignInRequest(
            state=begun.state, secret=begun.secret, code=code, iss=answer.get("iss", "")
        )
    )


def _chosen(
    providers: list[sign_in_pb2.IdentityProvider], name: str
) -> sign_in_pb2.IdentityProvider:
    wanted = name.casefold()
    found = [
        one
        for one in providers
        if not wanted or wanted in {one.provider_id.casefold(), one.display_name.casefold()}
    ]
    if len(found) == 1:
        return found[0]
    names = ", ".join(printable(one.provider_id) for one in providers)
    if not names:
        raise MeshError("This mesh has no identity provider.", "Sign in with email and password.")
    problem = f"There is no identity provider `{printable(name)}`." if name else "Which one?"
    raise MeshError(problem, f"Name one of these after --sso: {names}.")


async def _answer_to(state: str, answers: "asyncio.Queue[Answer]") -> Answer:
    """The answer to what was begun here; whatever else this machine's programs send is nothing."""
    while True:
        answer = await answers.get()
        if answer.get("state") == state:
            return answer


@asynccontextmanager
async def _listening(port: int) -> AsyncIterator[tuple[str, "asyncio.Queue[Answer]"]]:
    """Where a browser comes back to, and what it comes back with."""
    answers: asyncio.Queue[Answer] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, asyncio.IncompleteReadError):
            async with asyncio.timeout(10):
                head = await reader.readuntil(b"\r\n\r\n")
                method, target = head.decode("ascii").split(" ", 2)[:2]
                found = method == "GET" and urlsplit(target).path == PATH
                if found:
                    answers.put_nowait(dict(parse_qsl(urlsplit(target).query)))
                writer.write(_response(found=found))
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, LOOPBACK, port, limit=MAX_HEAD)
    async with server:
        yield f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}{PATH}", answers


def _response(*, found: bool) -> bytes:
    body = _PAGE if found else ""
    status = "200 OK" if found else "404 Not Found"
    return (
        f"HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\ncache-control: no-store\r\n"
        "content-security-policy: default-src 'none'\r\nreferrer-policy: no-referrer\r\n"
        f"connection: close\r\n\r\n{body}"
    ).encode()
