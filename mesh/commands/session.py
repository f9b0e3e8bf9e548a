"""`argus session`: where an account is signed in."""

import asyncio
from typing import Annotated

import typer
from argus.auth.v1 import auth_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Table

from mesh.client.connection import Connection, connect
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import counted, when
from mesh.errors import MeshError

session = typer.Typer(no_args_is_help=True, help="Where your account is signed in.")

PAGE_SIZE = 100


@session.command("list")
@explained
def list_(server: Server = DEFAULT_SERVER) -> None:
    """List your open sessions, the one used last first."""

    async def run() -> list[auth_pb2.OpenSession]:
        async with connect(server) as connection:
            return await _sessions(connection)

    table = Table(
        "session", "last used", "signed in", "address", "client", "", box=SIMPLE_HEAD,
        pad_edge=False,
    )  # fmt: skip
    for one in asyncio.run(run()):
        table.add_row(
            one.session_id,
            when(one.last_use_time),
            when(one.create_time),
            one.address or "–",
            one.client or "–",
            "this one" if one.current else "",
        )
    Terminal(fold=True).print(table)


@session.command()
@explained
def revoke(
    session_id: Annotated[
        str, typer.Argument(help="Id of the session, or its first characters.")
    ] = "",
    others: Annotated[bool, typer.Option("--others", help="All but this one.")] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Sign out elsewhere: one session, or all others."""
    if bool(session_id) == others:
        raise MeshError("Name a session, or say --others.", "`argus session list` shows them.")

    async def run() -> int:
        async with connect(server) as connection:
            if others:
                answer = await connection.call(
                    connection.auth.RevokeOtherSessions, auth_pb2.RevokeOtherSessionsRequest()
                )
                return answer.revoked_count
            one = _named(await _sessions(connection), session_id)
            await connection.call(
                connection.auth.RevokeSession,
                auth_pb2.RevokeSessionRequest(session_id=one.session_id),
            )
            return 1

    say(f"Revoked {counted(asyncio.run(run()), 'session')}.")


async def _sessions(connection: Connection) -> list[auth_pb2.OpenSession]:
    found: list[auth_pb2.OpenSession] = []
    request = auth_pb2.ListSessionsRequest(page_size=PAGE_SIZE)
    while True:
        page = await connection.call(connection.auth.ListSessions, request)
        found += page.sessions
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


def _named(sessions: list[auth_pb2.OpenSession], begin: str) -> auth_pb2.OpenSession:
    """The session whose id begins like this.

    Raises:
        MeshError: None does, or several do.
    """
    found = [one for one in sessions if one.session_id.startswith(begin.lower())]
    if len(found) != 1:
        many = "Several of your sessions begin" if found else "None of your sessions begins"
        raise MeshError(f"{many} with `{begin}`.", "`argus session list` shows them.")
    return found[0]
