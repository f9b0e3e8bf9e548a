"""`argus session`: where an account is signed in, one's own or, for administrators, another's."""

import asyncio
from typing import Annotated

import typer
from argus.auth.v1 import auth_pb2, user_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Table

from mesh.client.connection import Connection, connect
from mesh.client.paging import pages
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal, say
from mesh.commands.whose import Whose, user_named
from mesh.commands.words import counted, when
from mesh.errors import MeshError

session = typer.Typer(
    no_args_is_help=True,
    help="Where an account is signed in.",
)

PAGE_SIZE = 100


@session.command("list")
@explained
def list_(user: Whose = "", server: Server = DEFAULT_SERVER) -> None:
    """List open sessions, the one used last first."""

    async def run() -> list[auth_pb2.OpenSession]:
        async with connect(server) as connection:
            if user:
                return await _sessions_of(connection, await user_named(connection, user))
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
    others: Annotated[
        bool, typer.Option("--others", help="All but this one; with --user, all.")
    ] = False,
    user: Whose = "",
    server: Server = DEFAULT_SERVER,
) -> None:
    """Sign out elsewhere: one session, or all others."""
    if bool(session_id) == others:
        raise MeshError("Name a session, or say --others.", "`argus session list` shows them.")

    async def run() -> int:
        async with connect(server) as connection:
            if user:
                return await _revoke_of(connection, user, session_id)
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


async def _revoke_of(connection: Connection, email: str, session_id: str) -> int:
    """Closes a session of somebody, or all without an id; how many."""
    owner = await user_named(connection, email)
    if not session_id:
        answer = await connection.call(
            connection.users.RevokeUserSessions,
            user_pb2.RevokeUserSessionsRequest(user_id=owner.user_id),
        )
        return answer.revoked_count
    one = _named(await _sessions_of(connection, owner), session_id)
    await connection.call(
        connection.users.RevokeUserSession,
        user_pb2.RevokeUserSessionRequest(user_id=owner.user_id, session_id=one.session_id),
    )
    return 1


async def _sessions_of(connection: Connection, owner: auth_pb2.User) -> list[auth_pb2.OpenSession]:
    request = user_pb2.ListUserSessionsRequest(user_id=owner.user_id, page_size=PAGE_SIZE)
    found = pages(connection, connection.users.ListUserSessions, request)
    return [one async for page in found for one in page.sessions]


async def _sessions(connection: Connection) -> list[auth_pb2.OpenSession]:
    request = auth_pb2.ListSessionsRequest(page_size=PAGE_SIZE)
    found = pages(connection, connection.auth.ListSessions, request)
    return [one async for page in found for one in page.sessions]


def _named(sessions: list[auth_pb2.OpenSession], begin: str) -> auth_pb2.OpenSession:
    """The session whose id begins like this.

    Raises:
        MeshError: None does, or several do.
    """
    found = [one for one in sessions if one.session_id.startswith(begin.lower())]
    if len(found) != 1:
        many = "Several sessions begin" if found else "No open session begins"
        raise MeshError(f"{many} with `{begin}`.", "`argus session list` shows them.")
    return found[0]
